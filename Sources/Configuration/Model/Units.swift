extension Duration {
  /// As a file would say it: `10m`, `1h30m`, `250ms`.
  public var configured: String {
    let (seconds, attoseconds) = components
    let nanoseconds = attoseconds / 1_000_000_000
    var text = ""
    var rest = seconds
    for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] as [(String, Int64)] where rest >= length {
      text += "\(rest / length)\(unit)"
      rest %= length
    }
    if nanoseconds % 1_000_000 != 0 {
      text += "\(nanoseconds)ns"
    } else if nanoseconds > 0 {
      text += "\(nanoseconds / 1_000_000)ms"
    }
    return text.isEmpty ? "0s" : text
  }
}

/// A size as a file would say it: `128MiB`, or bytes where no unit fits exactly.
func configuredSize(_ bytes: UInt64) -> String {
  for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] as [(String, UInt64)]
  where bytes > 0 && bytes & ((1 << shift) - 1) == 0 {
    return "\(bytes >> shift)\(unit)"
  }
  return "\(bytes)"
}

/// `5%`, `0.5%`
func configuredShare(_ perMille: Int) -> String {
  perMille % 10 == 0 ? "\(perMille / 10)%" : "\(perMille / 10).\(perMille % 10)%"
}

/// `5%` or `0.5%` as thousandths; nil for anything else.
func parseShare(_ text: String) -> Int? {
  guard text.hasSuffix("%") else { return nil }
  let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
  guard let first = parts.first, let whole = UInt16(first), parts.count <= 2 else { return nil }
  guard parts.count == 2 else { return Int(whole) * 10 }
  guard parts[1].count == 1, let tenth = UInt8(parts[1]) else { return nil }
  return Int(whole) * 10 + Int(tenth)
}
