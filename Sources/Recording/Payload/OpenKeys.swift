/// Private keys that a program reads or writes in pieces: whose bytes go on in its next call on the same file.
///
/// Little is kept: of a file the last bytes, where they may begin a key, or that its key has not ended. What is never
/// ended, or too long for a key, is given up.
struct OpenKeys {
  private struct Entry {
    var file: UInt64
    /// May be the beginning of the line that begins a key; empty inside of one.
    var tail: [UInt8] = []
    /// Bytes that the key may still have.
    var left: UInt64 = 0
    /// Of a key: its last bytes, which may begin the line that ends it.
    var ending: [UInt8] = []
  }

  private var entries: [Entry] = []
  var count: Int { entries.count }
  static let limit = 64
  /// Of the longest key that is believed, with its armour.
  static let longest: UInt64 = 65_536
  /// Of the line that begins one.
  private static let longestLine = 64

  /// What is to be hidden of the bytes that a call transferred through a file, beside what they say by themselves.
  ///
  /// - Parameters:
  ///   - file: The file and the direction.
  ///   - length: Bytes transferred, of which `bytes` are the first.
  ///   - secrets: What is hidden of them anyway.
  /// - Returns: A range at the beginning, empty when nothing goes on here.
  /// - Complexity: O(1) where no key is open and the last bytes begin none.
  mutating func take(_ bytes: UnsafeRawBufferPointer, length: UInt64, through file: UInt64, secrets: [Range<Int>])
    -> Range<Int>
  {
    var hidden = 0..<0
    var tail: [UInt8] = []
    if !entries.isEmpty, let index = entries.firstIndex(where: { $0.file == file }) {
      var entry = entries.remove(at: index)
      if entry.tail.isEmpty {
        let joined = entry.ending + bytes
        let end = joined.withUnsafeBytes { SecretMask.keyEnd(in: $0, from: 0) }
        hidden = 0..<max((end ?? joined.count) - entry.ending.count, 0)
        if end == nil, entry.left > length {
          entry.left -= length
          entry.ending = length == UInt64(bytes.count) ? joined.suffix(8) : []
          entries.append(entry)
          return hidden
        }
      } else {
        tail = entry.tail
        let joined = tail + bytes
        let key = joined.withUnsafeBytes { SecretMask.openKey(in: $0, from: 0) }
        if let key, key.start >= tail.count {
          // It begins in this piece, by what the one before ended in.
          let start = max(key.start - tail.count, 0)
          hidden = start..<((key.end ?? joined.count) - tail.count)
          if key.end == nil {
            open(file, left: Self.longest, after: bytes, isCut: length != UInt64(bytes.count))
            return hidden
          }
        }
      }
    }
    note(bytes, after: tail, length: length, through: file, isOpen: secrets.last?.upperBound == bytes.count)
    return hidden
  }

  /// Keeps what the next piece needs.
  private mutating func note(
    _ bytes: UnsafeRawBufferPointer, after tail: [UInt8], length: UInt64, through file: UInt64, isOpen: Bool
  ) {
    // What was cut is not followed by the next call's bytes, but a key that is open is open all the same.
    if isOpen, let start = SecretMask.lastKey(in: bytes), SecretMask.keyEnd(in: bytes, from: start) == nil {
      let left = Self.longest - min(length, Self.longest - 1)
      return open(file, left: left, after: bytes, isCut: length != UInt64(bytes.count))
    }
    guard length == UInt64(bytes.count), !tail.isEmpty || Self.mayBegin(bytes) else { return }
    let joined = Array((tail + bytes).suffix(Self.longestLine))
    guard let start = SecretMask.unfinishedLine(in: joined) else { return }
    entries.append(Entry(file: file, tail: Array(joined[start...])))
    if entries.count > Self.limit { entries.removeFirst() }
  }

  /// Whether the last line has a dash, and is short.
  private static func mayBegin(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard MarkSearch.contains(UInt8(ascii: "-"), inLast: longestLine, of: bytes) else { return false }
    var position = bytes.count
    let first = max(0, position - longestLine)
    var hasDash = false
    while position > first {
      position -= 1
      if bytes[position] == 10 || bytes[position] == 13 { break }
      if bytes[position] == UInt8(ascii: "-") { hasDash = true }
    }
    return hasDash
  }

  private mutating func open(_ file: UInt64, left: UInt64, after bytes: UnsafeRawBufferPointer, isCut: Bool) {
    entries.append(Entry(file: file, left: left, ending: isCut ? [] : Array(bytes.suffix(8))))
    if entries.count > Self.limit { entries.removeFirst() }
  }
}

extension SecretMask {
  private static let begin: StaticString = "-----begin "
  private static let ends: [StaticString] = ["private key-----", "private key block-----"]

  /// Where the line stands that ends a key, from `start` on; nil where there is none.
  static func keyEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var position = start
    while position + 9 <= bytes.count {
      if bytes[position] == UInt8(ascii: "-"), endsIn("-----end ", bytes, position + 9) { return position }
      position += 1
    }
    return nil
  }

  /// The first key from `start` on: where its content begins, and the line that ends it, if it is here.
  static func openKey(in bytes: UnsafeRawBufferPointer, from start: Int) -> (start: Int, end: Int?)? {
    let length = begin.utf8CodeUnitCount
    var position = start
    while position + length <= bytes.count {
      if bytes[position] == UInt8(ascii: "-"), endsIn(begin, bytes, position + length) {
        var line = position + length
        while line < bytes.count, bytes[line] != 10, bytes[line] != 13 { line += 1 }
        if ends.contains(where: { endsIn($0, bytes, line) }) { return (line, keyEnd(in: bytes, from: line)) }
        position = line
      } else {
        position += 1
      }
    }
    return nil
  }

  /// Where the content of the last key begins.
  static func lastKey(in bytes: UnsafeRawBufferPointer) -> Int? {
    var found: Int?
    var start = 0
    while let key = openKey(in: bytes, from: start) {
      found = key.start
      start = key.start
    }
    return found
  }

  /// Where the bytes end in what may become the line that begins a key.
  static func unfinishedLine(in bytes: some RandomAccessCollection<UInt8>) -> Int? {
    let bytes = Array(bytes)
    let wanted = begin
    for start in bytes.indices
    where bytes[start] == UInt8(ascii: "-") && (start == 0 || bytes[start - 1] != bytes[start]) {
      let rest = bytes[start...]
      if rest.contains(10) || rest.contains(13) { continue }
      let isBegin = zip(rest, 0..<wanted.utf8CodeUnitCount).allSatisfy { byte, offset in
        small(byte) == wanted.utf8Start[offset]
      }
      if isBegin { return start }
    }
    return nil
  }
}
