import Events
import Testing

@Suite struct SizeTextTests {
  @Test(
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1 << 20, "1 MiB"), (123_456_789, "117.7 MiB"),
      (3 << 30, "3 GiB"), (1 << 50, "1 PiB"), (.max, "15.9 EiB"),
    ] as [(UInt64, String)])
  func `a size is told in the largest unit that it fills`(_ bytes: UInt64, _ text: String) {
    #expect(sizeText(bytes) == text)
  }
}
