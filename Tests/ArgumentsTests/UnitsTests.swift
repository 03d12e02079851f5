internal import Arguments
internal import Testing

@Suite struct UnitsTests {
  @Test(arguments: [
    ("30s", Duration.seconds(30)), ("5m", .seconds(300)), ("1h", .seconds(3600)), ("250ms", .milliseconds(250)),
    ("1h30m", .seconds(5400)), ("1.5s", .milliseconds(1500)), ("2d", .seconds(172_800)), ("7ns", .nanoseconds(7)),
    ("0s", .zero),
  ])
  func `a duration is numbers with units`(text: String, duration: Duration) {
    #expect(parseDuration(text) == duration)
  }

  @Test(arguments: ["", "30", "s", "-5s", "5 s", "1.s", ".5s", "1.5ns", "1..5s", "5x", "99999999999d", "٣s", "1h30"])
  func `a duration without a unit, or of no sense, is refused`(text: String) {
    #expect(parseDuration(text) == nil)
  }

  @Test(arguments: [
    ("4096", 4096 as UInt64), ("64MiB", 64 << 20), ("64M", 64 << 20), ("64mib", 64 << 20), ("64MB", 64_000_000),
    ("1GiB", 1 << 30), ("0", 0), ("2TiB", 2 << 40),
  ])
  func `a size is a number with or without a unit`(text: String, bytes: UInt64) {
    #expect(parseSize(text) == bytes)
  }

  @Test(arguments: ["", "MiB", "-1", "1.5GiB", "64 MiB", "64XB", "99999999999999999999", "18446744073709551615KiB"])
  func `a size that is none or does not fit is refused`(text: String) {
    #expect(parseSize(text) == nil)
  }
}
