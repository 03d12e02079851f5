internal import Bytes
internal import Events
internal import Glibc

extension CaptureFile {
  static let sectionType: UInt32 = 0x0A0D_0D0A
  /// A foreign block may be longer than ours; this long it is taken for damage.
  private static let foreignLimit: UInt64 = 1 << 26

  /// pcapng begins with a section header: type, length, then the byte order mark.
  func checkSectionHeader() throws(CaptureError) {
    let bytes = try read(at: start, count: 12)
    let span = bytes.span.bytes
    guard span.integer(at: 0, as: UInt32.self) == Self.sectionType else {
      throw .notPcapng(path: path, firstBytes: Array(bytes.prefix(8)))
    }
    guard let mark = span.integer(at: 8, as: UInt32.self) else {
      throw .truncated(offset: start, needed: 28, available: UInt64(bytes.count))
    }
    if mark == 0x4D3C_2B1A { throw .bigEndian(path: path) }
    guard mark == 0x1A2B_3C4D else { throw .notPcapng(path: path, firstBytes: bytes) }
  }

  /// Takes in the blocks from where the last walk ended: their headers only, save those that describe the capture.
  ///
  /// Ends at a block that is not whole yet.
  func walk() throws(CaptureError) {
    partialTail = 0
    while walked < end {
      let head = try read(at: walked, count: BlockHeader.lengthInFrame)
      let span = head.span.bytes
      let left = end - walked
      guard let type = span.integer(at: 0, as: UInt32.self), let total = span.integer(at: 4, as: UInt32.self) else {
        partialTail = left
        return
      }
      switch BlockType(pcapngType: type) {
      case .trailer?:
        guard left >= UInt64(Trailer.length) else {
          partialTail = left
          return
        }
        if let trailer = Trailer(Array(head.prefix(Trailer.length))), trailer.offset == walked - start {
          try takeInFooter(trailer)
          walked += UInt64(Trailer.length)
        } else {
          try resynchronize(.invalid(offset: walked, what: "trailer of length", value: UInt64(total)))
        }
      case .some:
        // A longer header of a newer version: read all of it.
        var whole = head
        if let headerLength = span.integer(at: 26, as: UInt16.self), Int(headerLength) > BlockLayout.headerLength {
          whole = try read(at: walked, count: BlockLayout.frameStart + Int(headerLength))
        }
        do throws(CaptureError) {
          let header = try BlockHeader(whole.span.bytes, at: walked)
          guard UInt64(header.totalLength) <= left else {
            partialTail = left
            return
          }
          try checkSecondLength(total)
          try takeIn(header.entry(at: walked))
          walked += UInt64(header.totalLength)
        } catch {
          if case .truncated = error {
            partialTail = left
            return
          }
          if case .system = error { throw error }
          try resynchronize(error)
        }
      case nil:
        // Another's type before our magic: its type is damaged.
        if head.count >= BlockLayout.frameStart + BlockLayout.magic.count,
          Array(head[BlockLayout.frameStart...].prefix(BlockLayout.magic.count)) == BlockLayout.magic
        {
          try resynchronize(.invalid(offset: walked, what: "block type", value: UInt64(type)))
          continue
        }
        let isSound = total >= 12 && total % 4 == 0 && UInt64(total) <= Self.foreignLimit
        guard isSound else {
          try resynchronize(.invalid(offset: walked + 4, what: "block length", value: UInt64(total)))
          continue
        }
        guard UInt64(total) <= left else {
          partialTail = left
          return
        }
        if type == Self.sectionType, walked > start {
          guard Self.isSectionHeader(Array(head.prefix(12))) else {
            try resynchronize(.invalid(offset: walked + 4, what: "section header of length", value: UInt64(total)))
            continue
          }
          nextSection = walked
          end = walked
          isClosed = true
          return
        }
        do throws(CaptureError) {
          try checkSecondLength(total)
          walked += UInt64(total)
        } catch { try resynchronize(error) }
      }
    }
  }

  /// A block whose end was cut off, with a further section put after it, reaches into that.
  private func checkSecondLength(_ total: UInt32) throws(CaptureError) {
    let offset = walked + UInt64(total) - 4
    let bytes = try read(at: offset, count: 4)
    let found = bytes.span.bytes.integer(at: 0, as: UInt32.self)
    guard found == total else {
      throw .invalid(offset: offset, what: "second block length", value: UInt64(found ?? 0))
    }
  }

  /// Files a block that was found, and reads it when it describes the capture.
  ///
  /// - Throws: What is wrong with it: it may be one that was cut off, and not end where it says.
  private func takeIn(_ entry: BlockEntry) throws(CaptureError) {
    var entry = entry
    entry.section = section
    entry.container = entry.container.inSection(section)
    completeness = nil
    switch entry.type {
    case .events: directory.append(entry)
    case .directoryPage, .footerRoot: break
    default:
      try describe(entry)
      tables.append(entry)
    }
  }

  /// Provenance and catalogue are read as soon as they are seen.
  func describe(_ entry: BlockEntry) throws(CaptureError) {
    guard entry.type == .provenance || entry.type == .catalogue else { return }
    let block = try readBlock(entry)
    do throws(ByteError) {
      try provenance.take(from: block)
      try catalogue.take(from: block)
    } catch { throw CaptureError(error, at: entry.offset) }
  }

  /// Notes damage at `walked`, and goes to the next block of ours, by the magic that each begins with, or to a section.
  private func resynchronize(_ error: CaptureError) throws(CaptureError) {
    let damage = walked
    var position = damage + 1
    while position < end {
      let window = try read(at: position, count: Int(min(UInt64(BlockLayout.blockLimit), end - position)))
      if window.count < BlockLayout.magic.count { break }
      var block = window.firstIndex(of: BlockLayout.magic, from: 0)
      var header = window.firstIndex(of: Self.sectionPattern, from: 0)
      while let place = [block, header].compactMap({ $0 }).min() {
        let frame: UInt64
        let isSound: Bool
        if place == header {
          frame = position + UInt64(place)
          isSound = Self.isSectionHeader(try read(at: frame, count: 12))
          header = window.firstIndex(of: Self.sectionPattern, from: place + 1)
        } else {
          frame = position + UInt64(place) - UInt64(BlockLayout.frameStart)
          isSound = frame > damage ? try isBlock(at: frame) : false
          block = window.firstIndex(of: BlockLayout.magic, from: place + 1)
        }
        guard isSound else { continue }
        walked = frame
        problems.append(CaptureProblem(offset: damage, length: frame - damage, message: "\(error)"))
        return
      }
      position += UInt64(window.count - BlockLayout.magic.count + 1)
    }
    walked = end
    problems.append(CaptureProblem(offset: damage, length: end - damage, message: "\(error)"))
  }

  private func isBlock(at offset: UInt64) throws(CaptureError) -> Bool {
    let head = try read(at: offset, count: BlockHeader.lengthInFrame)
    if (try? BlockHeader(head.span.bytes, at: offset)) != nil { return true }
    return Trailer(Array(head.prefix(Trailer.length))) != nil
  }

  private static let sectionPattern: [UInt8] = [0x0A, 0x0D, 0x0D, 0x0A]

  /// - Parameter bytes: Twelve of them: type, length, byte order mark.
  static func isSectionHeader(_ bytes: [UInt8]) -> Bool {
    let span = bytes.span.bytes
    guard span.integer(at: 0, as: UInt32.self) == sectionType, span.integer(at: 8, as: UInt32.self) == 0x1A2B_3C4D,
      let length = span.integer(at: 4, as: UInt32.self)
    else { return false }
    return length >= 28 && length % 4 == 0 && length <= BlockLayout.blockLimit
  }
}

extension [UInt8] {
  /// Where `pattern` is, at `start` or after it. The corresponding C function is `memchr`, for the pattern's first byte.
  fileprivate func firstIndex(of pattern: [UInt8], from start: Int) -> Int? {
    withUnsafeBytes { bytes in
      var place = start
      while place <= bytes.count - pattern.count, let base = bytes.baseAddress {
        guard let found = memchr(base + place, Int32(pattern[0]), bytes.count - pattern.count + 1 - place) else {
          return nil
        }
        place = UnsafeRawPointer(found) - base
        if UnsafeRawBufferPointer(rebasing: bytes[place..<place + pattern.count]).elementsEqual(pattern) {
          return place
        }
        place += 1
      }
      return nil
    }
  }
}

extension Provenance {
  mutating func take(from block: Block) throws(ByteError) {
    guard let table = try TableReader(block, .properties) else { return }
    var keys = try table.bytes(.key)
    var values = try table.bytes(.value)
    for row in 0..<table.rowCount {
      properties.append(Property(key: keys.string(row) ?? "", value: values.string(row) ?? ""))
    }
  }
}

extension Catalogue {
  mutating func take(from block: Block) throws(ByteError) {
    if let table = try TableReader(block, .kinds) { kinds += try Self.kinds(table) }
    if let table = try TableReader(block, .causes) { causes += try Self.kinds(table) }
    if let table = try TableReader(block, .columns) {
      var numbers = try table.integers(.number)
      var names = try table.bytes(.name)
      var types = try table.integers(.valueType)
      var units = try table.bytes(.unit)
      var summaries = try table.bytes(.summary)
      for row in 0..<table.rowCount {
        columns.append(
          ColumnDescription(
            column: ColumnID(rawValue: numbers.exactly(row) ?? 0), name: names.string(row) ?? "",
            valueTypeNumber: types.exactly(row) ?? 0, unit: units.string(row) ?? "",
            summary: summaries.string(row) ?? ""))
      }
    }
    if let table = try TableReader(block, .calls) {
      var abis = try table.integers(.abi)
      var numbers = try table.integers(.number)
      var names = try table.bytes(.name)
      for row in 0..<table.rowCount {
        calls.append(
          Call(abi: abis.exactly(row) ?? 0, number: numbers.exactly(row) ?? 0, name: names.string(row) ?? ""))
      }
    }
  }

  private static func kinds(_ table: TableReader) throws(ByteError) -> [Kind] {
    var numbers = try table.integers(.number)
    var names = try table.bytes(.name)
    var summaries = try table.bytes(.summary)
    return (0..<table.rowCount).map { row in
      Kind(number: numbers.exactly(row) ?? 0, name: names.string(row) ?? "", summary: summaries.string(row) ?? "")
    }
  }
}
