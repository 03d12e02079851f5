/// The text of one of a cgroup's files, read without making strings of it.
struct KernelText {
  let bytes: UnsafeRawBufferPointer

  /// The number that it begins with; nil for `max` and for anything else.
  var leadingNumber: UInt64? { number(at: 0) }

  /// The second word of a line of two numbers.
  var secondNumber: UInt64? {
    guard let blank = bytes.firstIndex(of: UInt8(ascii: " ")) else { return nil }
    return number(at: blank + 1)
  }

  /// The number of the line that begins with `key`, which ends in a blank.
  func number(ofLine key: StaticString) -> UInt64? {
    var start = 0
    while start < bytes.count {
      if isFound(key, at: start) { return number(at: start + key.utf8CodeUnitCount) }
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      start = end + 1
    }
    return nil
  }

  /// The sum of the numbers that follow `mark`, wherever it stands; nil where it does not.
  func sum(after mark: StaticString) -> UInt64? {
    var total: UInt64?
    var start = 0
    while start + mark.utf8CodeUnitCount <= bytes.count {
      if isFound(mark, at: start), let number = number(at: start + mark.utf8CodeUnitCount) {
        total = (total ?? 0) &+ number
        start += mark.utf8CodeUnitCount
      } else {
        start += 1
      }
    }
    return total
  }

  /// The total of the line of a pressure file that begins with `kind`, in microseconds.
  func pressure(_ kind: StaticString) -> UInt64? {
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if isFound(kind, at: start) {
        return KernelText(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end])).sum(after: " total=")
      }
      start = end + 1
    }
    return nil
  }

  private func isFound(_ text: StaticString, at start: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard start + count <= bytes.count else { return false }
    for place in 0..<count where bytes[start + place] != text.utf8Start[place] { return false }
    return true
  }

  private func number(at start: Int) -> UInt64? {
    var place = start
    var value: UInt64 = 0
    while place < bytes.count, bytes[place] >= 0x30, bytes[place] <= 0x39 {
      let (product, isOver) = value.multipliedReportingOverflow(by: 10)
      let (sum, isOverToo) = product.addingReportingOverflow(UInt64(bytes[place] - 0x30))
      if isOver || isOverToo { return nil }
      value = sum
      place += 1
    }
    return place == start ? nil : value
  }
}
