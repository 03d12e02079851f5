internal import Bytes
internal import Events

/// A trigger as an entry of the systemd journal, a block that Wireshark shows as a frame of its own.
///
/// ```
///  0  u32  9: systemd Journal Export Block
///  4  u32  total length
///  8       the entry: `FIELD=value` lines, in the Journal Export Format, padded with zeros to 4
///  …  u32  total length again
/// ```
///
/// It is for those who look at packets. The block of triggers is what our own readers read.
struct JournalBlock {
  let bytes: [UInt8]

  init(_ trigger: TriggerRow, at time: WallTime) {
    var fields = ["__REALTIME_TIMESTAMP=\(max(time.nanoseconds, 0) / 1000)"]
    fields.append("__MONOTONIC_TIMESTAMP=\(trigger.time.nanoseconds / 1000)")
    fields.append("PRIORITY=4")
    fields.append("SYSLOG_IDENTIFIER=aftertrace")
    fields.append("MESSAGE=trigger fired: \(Self.line(trigger.title)) (\(Self.line(trigger.source)))")
    if let rule = trigger.rule { fields.append("AFTERTRACE_RULE=\(Self.line(rule))") }
    if let priority = trigger.priority { fields.append("AFTERTRACE_PRIORITY=\(Self.line(priority))") }
    if let reason = trigger.reason { fields.append("AFTERTRACE_REASON=\(Self.line(reason))") }
    var entry = Array((fields.joined(separator: "\n") + "\n").utf8)
    while entry.count % 4 != 0 { entry.append(0) }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Self.type)
    bytes.append(littleEndian: UInt32(entry.count + 12))
    bytes += entry
    bytes.append(littleEndian: UInt32(entry.count + 12))
    self.bytes = bytes
  }

  static let type: UInt32 = 9

  /// A value is text on one line, without what a terminal would obey.
  private static func line(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix(512).map { $0.value < 32 || (127..<160).contains($0.value) ? " " : $0 }))
  }
}
