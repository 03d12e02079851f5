/// Reads a duration such as `30s`, `250ms`, `1h30m` or `1.5s`; nil when it is none or does not fit 64 bits of nanoseconds.
///
/// A number without a unit is refused: nobody should have to know whether `--for 5` means seconds.
public func parseDuration(_ text: some StringProtocol) -> Duration? {
  let units: [(String, Int64)] = [
    ("ns", 1), ("us", 1000), ("µs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
    ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
  ]
  var rest = text[...]
  var total: Int64 = 0
  guard !rest.isEmpty else { return nil }
  while !rest.isEmpty {
    let number = rest.prefix { isDigit($0) || $0 == "." }
    rest = rest.dropFirst(number.count)
    let unit = rest.prefix { !isDigit($0) && $0 != "." }
    rest = rest.dropFirst(unit.count)
    guard let scale = units.first(where: { $0.0 == unit })?.1, let part = multiply(number, by: scale) else {
      return nil
    }
    let (sum, overflows) = total.addingReportingOverflow(part)
    if overflows { return nil }
    total = sum
  }
  return .nanoseconds(total)
}

/// Reads a size in bytes such as `4096`, `64MiB`, `64M` (the same) or `64MB` (64 million); nil when it is none or too large.
public func parseSize(_ text: some StringProtocol) -> UInt64? {
  let number = text.prefix(while: isDigit)
  guard let count = UInt64(number), let scale = scales[text.dropFirst(number.count).lowercased()] else { return nil }
  let (bytes, overflows) = count.multipliedReportingOverflow(by: scale)
  return overflows ? nil : bytes
}

private let scales: [String: UInt64] = [
  "": 1, "b": 1,
  "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20, "g": 1 << 30, "gib": 1 << 30, "t": 1 << 40,
  "tib": 1 << 40,
  "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
]

/// `Character.isNumber` would take "٣" and "½" too.
func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

/// A decimal such as `1.25` times `scale`, exactly; digits finer than one unit are refused.
private func multiply(_ number: some StringProtocol, by scale: Int64) -> Int64? {
  let parts = number.split(separator: ".", omittingEmptySubsequences: false)
  guard let whole = parts.first.flatMap({ Int64($0) }), parts.count <= 2 else { return nil }
  let (product, overflows) = whole.multipliedReportingOverflow(by: scale)
  if overflows { return nil }
  guard parts.count == 2 else { return product }
  var fraction: Int64 = 0
  var unit = scale
  guard !parts[1].isEmpty else { return nil }
  for digit in parts[1] {
    guard unit % 10 == 0, let value = digit.wholeNumberValue else { return nil }
    unit /= 10
    fraction += Int64(value) * unit
  }
  let (sum, carries) = product.addingReportingOverflow(fraction)
  return carries ? nil : sum
}
