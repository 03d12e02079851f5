internal import Bytes
internal import CaptureFormat
internal import Events
internal import LZ4

/// Processes of one container that are dead, and what living ones ran before an exec: rows, packed as bytes.
///
/// A busy host starts and ends hundreds of thousands of processes within a window; as rows in memory each would take most
/// of a kilobyte. Chunks of some thirty are compressed together, for they are alike, and take a tenth.
struct ProcessArchive {
  /// A process as it was until a moment.
  struct Image: Equatable {
    var row: ProcessRow
    /// When it ended, or ran something else.
    var until: BootTime
    /// It lived on with another program.
    var isSuperseded: Bool
  }

  private struct Chunk {
    var bytes: [UInt8]
    var rawLength: Int
    var isCompressed: Bool
    var lastEnd: BootTime
  }

  private var chunks: [Chunk] = []
  private var open: [UInt8] = []
  private var openLastEnd = BootTime(nanoseconds: 0)
  private static let chunkLength = 4096

  var memoryInBytes: Int { chunks.reduce(open.capacity) { $0 + $1.bytes.capacity + 96 } }

  mutating func append(_ process: RecordedProcess, until: BootTime, isSuperseded: Bool) {
    Self.encode(process, until: until, isSuperseded: isSuperseded, to: &open)
    openLastEnd = max(openLastEnd, until)
    if open.count >= Self.chunkLength { close() }
  }

  private mutating func close() {
    let raw = open
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: raw.count, alignment: 16)
    defer { room.deallocate() }
    if let length = raw.withUnsafeBytes({ LZ4.compress($0, into: room) }) {
      let bytes = Array(UnsafeRawBufferPointer(rebasing: room[..<length]))
      chunks.append(Chunk(bytes: bytes, rawLength: raw.count, isCompressed: true, lastEnd: openLastEnd))
    } else {
      chunks.append(Chunk(bytes: raw, rawLength: raw.count, isCompressed: false, lastEnd: openLastEnd))
    }
    open = []
    openLastEnd = BootTime(nanoseconds: 0)
  }

  /// Drops what ended before `time`, a chunk at a time.
  mutating func forget(before time: BootTime) {
    if let kept = chunks.firstIndex(where: { $0.lastEnd >= time }) {
      chunks.removeFirst(kept)
    } else {
      chunks = []
    }
    if !open.isEmpty, openLastEnd < time {
      open = []
      openLastEnd = BootTime(nanoseconds: 0)
    }
  }

  /// What was there at `time` or later, oldest end first within its chunk.
  func images(since time: BootTime) -> [Image] {
    var images: [Image] = []
    for chunk in chunks where chunk.lastEnd >= time {
      guard chunk.isCompressed else {
        Self.decode(chunk.bytes, since: time, into: &images)
        continue
      }
      if let raw = LZ4.decompress(chunk.bytes.span.bytes, count: chunk.rawLength) {
        Self.decode(raw, since: time, into: &images)
      }
    }
    Self.decode(open, since: time, into: &images)
    return images
  }

  // MARK: Bytes

  private static func encode(
    _ process: RecordedProcess, until: BootTime, isSuperseded: Bool, to bytes: inout [UInt8]
  ) {
    let numbers: [UInt64?] = [
      UInt64(process.key.pid), process.key.start.nanoseconds, until.nanoseconds, isSuperseded ? 1 : 0,
      UInt64(process.container.rawValue), process.parent.map { UInt64($0.pid) }, process.parent?.start.nanoseconds,
      process.end?.nanoseconds, process.exitCode.map(UInt64.init), process.userID.map(UInt64.init),
      process.groupID.map(UInt64.init), process.namespacePID.map(UInt64.init), process.session.map(UInt64.init),
      process.execTime?.nanoseconds, UInt64(process.flags.rawValue) | UInt64(process.marks.rawValue) << 32,
      process.eventCount,
    ]
    let strings: [[UInt8]?] = [
      process.comm, process.executable, process.arguments.isEmpty ? nil : ByteList(process.arguments).bytes,
      process.workingDirectory, process.terminalName, process.death?.archived,
    ]
    var presence: UInt32 = 0
    for (bit, value) in numbers.enumerated() where value != nil { presence |= 1 << UInt32(bit) }
    for (bit, value) in strings.enumerated() where value != nil { presence |= 1 << UInt32(16 + bit) }
    bytes.append(littleEndian: presence)
    for case let number? in numbers { bytes.append(littleEndian: number) }
    for case let string? in strings {
      bytes.append(littleEndian: UInt16(clamping: string.count))
      bytes.append(contentsOf: string.prefix(Int(UInt16.max)))
    }
  }

  private static func decode(_ bytes: [UInt8], since time: BootTime, into images: inout [Image]) {
    var position = 0
    func take<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Value {
      defer { position += MemoryLayout<Value>.size }
      return bytes.withUnsafeBytes {
        Value(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Value.self))
      }
    }
    while position < bytes.count {
      let presence = take(UInt32.self)
      var numbers = [UInt64?](repeating: nil, count: 16)
      for bit in 0..<16 where presence >> UInt32(bit) & 1 == 1 { numbers[bit] = take(UInt64.self) }
      var strings = [[UInt8]?](repeating: nil, count: 6)
      for bit in 0..<6 where presence >> UInt32(16 + bit) & 1 == 1 {
        let length = Int(take(UInt16.self))
        strings[bit] = Array(bytes[position..<(position + length)])
        position += length
      }
      let until = BootTime(nanoseconds: numbers[2] ?? 0)
      guard until >= time else { continue }
      images.append(image(numbers, strings, until: until))
    }
  }

  private static func image(_ numbers: [UInt64?], _ strings: [[UInt8]?], until: BootTime) -> Image {
    func small(_ index: Int) -> UInt32? { numbers[index].map { UInt32(truncatingIfNeeded: $0) } }
    func time(_ index: Int) -> BootTime? { numbers[index].map(BootTime.init(nanoseconds:)) }
    var process = RecordedProcess(
      key: ProcessKey(pid: small(0) ?? 0, start: time(1) ?? BootTime(nanoseconds: 0)),
      container: ContainerKey(rawValue: small(4) ?? 0), comm: strings[0] ?? [], executable: strings[1])
    process.parent = small(5).map { ProcessKey(pid: $0, start: time(6) ?? BootTime(nanoseconds: 0)) }
    process.end = time(7)
    process.exitCode = small(8)
    process.userID = small(9)
    process.groupID = small(10)
    process.namespacePID = small(11)
    process.session = small(12)
    process.execTime = time(13)
    process.flags = EventFlags(rawValue: small(14) ?? 0)
    process.marks = ProcessFlags(rawValue: UInt32(truncatingIfNeeded: (numbers[14] ?? 0) >> 32))
    process.eventCount = numbers[15] ?? 0
    process.workingDirectory = strings[3]
    process.terminalName = strings[4]
    process.death = strings[5].flatMap { ProcessDeath(archived: $0) }
    var row = process.row
    row.arguments = strings[2].map(ByteList.init(nulTerminated:))
    return Image(row: row, until: until, isSuperseded: numbers[3] == 1)
  }
}
