internal import Events
internal import Posix

/// A line in a file that says when a recorder last ran: the next one of the same boot knows what it could not see.
///
///     aftertrace-run 1 BOOT-ID NANOSECONDS-SINCE-BOOT
///
/// Written once a second and never made durable: what a crash of the machine takes away was of another boot.
struct RunNote {
  private let path: String
  private let bootID: String

  init?(_ path: String?) {
    guard let path, let bootID = Self.currentBoot() else { return nil }
    self.path = path
    self.bootID = bootID
  }

  init(path: String, bootID: String) {
    self.path = path
    self.bootID = bootID
  }

  /// When the last recorder of this boot was seen to run; nil where none was, or the file says something else.
  func lastRun(before now: BootTime) -> BootTime? {
    guard let bytes = try? FileDescriptor.contents(of: path, limit: 256) else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count == 4, words[0] == "aftertrace-run", words[1] == "1", words[2] == bootID,
      let time = UInt64(words[3]), time <= now.nanoseconds
    else { return nil }
    return BootTime(nanoseconds: time)
  }

  func write(_ now: BootTime) {
    // In place, of one length: half a line is no line to whoever reads it.
    let digits = String(now.nanoseconds)
    let time = String(repeating: "0", count: max(20 - digits.count, 0)) + digits
    try? FileDescriptor.write(Array("aftertrace-run 1 \(bootID) \(time)\n".utf8), to: path)
  }

  static func currentBoot() -> String? {
    guard let bytes = try? FileDescriptor.contents(of: "/proc/sys/kernel/random/boot_id", limit: 64) else { return nil }
    let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }
}
