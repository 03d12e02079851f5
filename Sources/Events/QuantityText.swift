/// `1m32.5s`, `420ms`, `35µs`
public func durationText(_ nanoseconds: UInt64) -> String {
  switch nanoseconds {
  case ..<1000: "\(nanoseconds)ns"
  case ..<1_000_000: "\(nanoseconds / 1000)µs"
  case ..<1_000_000_000: "\(nanoseconds / 1_000_000)ms"
  case ..<60_000_000_000: "\(nanoseconds / 1_000_000_000).\(nanoseconds / 100_000_000 % 10)s"
  case ..<3_600_000_000_000: "\(nanoseconds / 60_000_000_000)m\(nanoseconds / 1_000_000_000 % 60)s"
  default: "\(nanoseconds / 3_600_000_000_000)h\(nanoseconds / 60_000_000_000 % 60)m"
  }
}

/// `12 345 678`
public func countText(_ count: UInt64) -> String {
  let digits = Array(String(count))
  var text = ""
  for (place, digit) in digits.enumerated() {
    if place > 0, (digits.count - place) % 3 == 0 { text.append(" ") }
    text.append(digit)
  }
  return text
}

/// `64 MiB`, `1.5 GiB`: whole where it is whole.
public func sizeText(_ bytes: UInt64) -> String {
  let unit = [("EiB", UInt64(60)), ("PiB", 50), ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)].first {
    bytes >> $0.1 > 0
  }
  guard let (name, shift) = unit else { return "\(bytes) B" }
  let (whole, rest) = (bytes >> shift, bytes & (1 << shift - 1))
  // Of the rest a few bits are enough: of the largest units ten times it would not fit.
  let tenth = ((rest >> (shift - 10)) * 10) >> 10
  return rest == 0 ? "\(whole) \(name)" : "\(whole).\(tenth) \(name)"
}
