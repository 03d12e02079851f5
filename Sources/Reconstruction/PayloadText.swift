internal import Bytes
public import CaptureFormat
internal import Events

/// What was transferred, as text that is safe for a terminal.
public enum PayloadText {
  /// As a C string in quotes: `"GET / HTTP/1.1\r\n"`. Text stays text; what is no text is `\x00`.
  ///
  /// - Parameter limit: Bytes shown; where there are more an ellipsis follows.
  /// - Parameter total: Bytes that were transferred, where fewer were kept.
  public static func append(_ bytes: [UInt8], limit: Int = .max, total: UInt64? = nil, to line: inout [UInt8]) {
    let shown = bytes.prefix(limit)
    line.append(UInt8(ascii: "\""))
    if shown.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      line.append(contentsOf: shown)
    } else if let text = String(validating: shown, as: UTF8.self) {
      for scalar in text.unicodeScalars { append(scalar, to: &line) }
    } else {
      for byte in shown {
        if byte < 0x7f { append(Unicode.Scalar(byte), to: &line) } else { appendEscape(UInt32(byte), to: &line) }
      }
    }
    line.append(UInt8(ascii: "\""))
    if bytes.count > limit || total.map({ $0 > UInt64(bytes.count) }) == true { line.append(text: "…") }
  }

  private static func append(_ scalar: Unicode.Scalar, to line: inout [UInt8]) {
    switch scalar {
    case "\n": line.append(text: "\\n")
    case "\r": line.append(text: "\\r")
    case "\t": line.append(text: "\\t")
    case "\"": line.append(text: "\\\"")
    case "\\": line.append(text: "\\\\")
    case _ where EventText.isControl(scalar): appendEscape(scalar.value, to: &line)
    default: line.append(contentsOf: String(scalar).utf8)
    }
  }

  private static func appendEscape(_ value: UInt32, to line: inout [UInt8]) {
    let digits = String(value, radix: 16)
    line.append(text: value < 0x100 ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{" + digits + "}")
  }

  /// `5 of 1,448 bytes`, `12 bytes`; nil where nothing is known of a payload.
  public static func amount(_ event: EventBlock) -> String? {
    guard let total = event.value(.payloadLength).map({ UInt64(bitPattern: $0) }) else { return nil }
    let kept = UInt64(event.bytes(.payload)?.count ?? 0)
    return kept == total ? "\(countText(total)) bytes" : "\(countText(kept)) of \(countText(total)) bytes"
  }
}
