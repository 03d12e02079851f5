internal import Posix
internal import Synchronization

/// Some measurements of one thing: the median is what is judged, the range says how far to trust it.
struct Spread {
  private let sorted: [Double]

  init(_ values: [Double]) { sorted = values.sorted() }

  var median: Double {
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// `1.04 [0.98-1.11]`
  func text(digits: Int) -> String {
    guard let first = sorted.first, let last = sorted.last else { return "-" }
    return "\(decimal(median, digits)) [\(decimal(first, digits))-\(decimal(last, digits))]"
  }
}

/// A number with a fixed count of digits after the point.
func decimal(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite else { return "-" }
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value.magnitude * Double(scale)).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard digits > 0 else { return sign + "\(scaled)" }
  let fraction = String(scaled % scale)
  return sign + "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// One line of the table: what was measured, what it gave, and what it should have been.
func report(_ name: String, _ figure: String, target: Double? = nil, isMet: Bool = true) {
  var line = name.padded(to: 58) + figure
  if let target {
    line = line.padded(to: 88) + "target \(decimal(target, 2)): \(isMet ? "met" : "MISSED")"
    Tally.count(name, isMet: isMet)
  }
  say(line)
}

/// How many targets there were, and which were missed.
enum Tally {
  private static let state = Mutex((met: 0, missed: [String]()))

  fileprivate static func count(_ name: String, isMet: Bool) {
    state.withLock { if isMet { $0.met += 1 } else { $0.missed.append(name.trimmed) } }
  }

  /// `12 of 13 targets met; missed: …`
  static var text: String {
    state.withLock { tally in
      let missed = tally.missed.isEmpty ? "" : "; missed: " + tally.missed.joined(separator: ", ")
      return "\(tally.met) of \(tally.met + tally.missed.count) targets met" + missed
    }
  }
}

/// As ``report(_:_:target:isMet:)``, of measurements that should not be above `limit`.
func report(_ name: String, _ spread: Spread, digits: Int = 2, unit: String = "", atMost limit: Double? = nil) {
  report(name, spread.text(digits: digits) + unit, target: limit, isMet: spread.median <= limit ?? .infinity)
}

/// Writes a line at once: who waits for minutes wants to see it.
func say(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { try? write(UnsafeRawBufferPointer($0), to: 1) }
}
