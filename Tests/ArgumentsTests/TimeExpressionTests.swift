internal import Arguments
internal import Testing

@Suite struct TimeExpressionTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0, true),
      ("2026-01-31T14:02:05Z", 1_769_868_125_000_000_000, true),
      ("2026-01-31T14:02:05.25Z", 1_769_868_125_250_000_000, true),
      ("2026-01-31 15:02:05+01:00", 1_769_868_125_000_000_000, true),
      ("2026-01-31T08:32:05-0530", 1_769_868_125_000_000_000, true),
      ("2026-01-31T14:02", 1_769_868_120_000_000_000, false),
      ("2024-02-29", 1_709_164_800_000_000_000, false),
      ("2100-03-01", 4_107_542_400_000_000_000, false),
    ] as [(String, Int64, Bool)])
  func `an ISO date is an instant`(text: String, nanoseconds: Int64, hasZone: Bool) {
    #expect(TimeExpression(text) == .instant(nanosecondsSince1970: nanoseconds, hasZone: hasZone))
  }

  @Test(arguments: [
    ("14:02", TimeExpression.timeOfDay(nanoseconds: 50_520_000_000_000)),
    ("00:00:00.5", .timeOfDay(nanoseconds: 500_000_000)),
    ("-30s", .beforeEnd(.seconds(30))),
    ("+1m30s", .afterStart(.seconds(90))),
    ("trigger", .trigger(offset: .zero)),
    ("trigger-10s", .trigger(offset: .seconds(-10))),
    ("trigger+1m", .trigger(offset: .seconds(60))),
  ])
  func `the short forms are relative to the capture`(text: String, expected: TimeExpression) {
    #expect(TimeExpression(text) == expected)
  }

  @Test(arguments: [
    "", "-", "30s", "now", "25:00", "14:60", "1:2", "14:02:61", "14:02:", "14:02:05.", "14", "trigger10s", "trigger-",
    "2026-13-01", "2026-02-30", "2026-00-10", "2023-02-29", "26-01-31", "2026-01-31T", "2026-01-31X14:02",
    "2026-01-31T14:02:05+1", "2026-01-31T14:02:05Zulu", "0001-01-01", "99999-01-01", "٢٠٢٦-01-31",
  ])
  func `what is no time is refused`(text: String) {
    #expect(TimeExpression(text) == nil)
  }
}
