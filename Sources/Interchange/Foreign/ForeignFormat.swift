public import CaptureFormat
public import Posix

/// What came of a file of another tool.
public struct ConversionSummary: Hashable, Sendable {
  /// Of all kinds, as they stand in the file.
  public var eventCount: UInt64 = 0
  /// Rows of the capture, and packets.
  public var rowCount: UInt64 = 0
  /// Of no process, synthetic, or told by others.
  public var leftOut: UInt64 = 0
  /// Of types that this version does not know.
  public var unknownEvents: UInt64 = 0
  public var sectionCount = 0
  /// What is wrong with the file: the first places, in its order.
  public var problems: [String] = []
  public var problemCount = 0

  static let problemLimit = 64

  mutating func note(_ problem: @autoclosure () -> String) {
    problemCount += 1
    if problems.count < Self.problemLimit { problems.append(problem()) }
  }
}

/// Files of other tools that become captures, plain or packed, recognised by what is in them.
public enum ForeignFormat: Sendable, CaseIterable {
  /// Of sysdig, Falco and Stratoshark.
  case scap
  /// What strace printed.
  case strace
  /// pcap and pcapng without events.
  case packets

  /// Gives bytes from where the last call ended; 0 is the end.
  public typealias Fill = (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int

  /// Gives bytes that are in memory.
  public static func filler(of bytes: [UInt8]) -> Fill {
    var place = 0
    return { buffer in
      let count = min(buffer.count, bytes.count - place)
      bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place..<(place + count)])) }
      place += count
      return count
    }
  }

  /// Whether a file that begins so may be of another tool: a capture that a recorder wrote is known by its third block.
  ///
  /// - Parameter head: The file's first bytes, 64 are enough.
  public static func mayBegin(with head: UnsafeRawBufferPointer) -> Bool {
    guard head.count >= 8, head.loadUnaligned(as: UInt32.self) == PacketBlock.section else { return true }
    var place = 0
    while place + 4 <= head.count {
      if BlockType(pcapngType: head.loadUnaligned(fromByteOffset: place, as: UInt32.self)) != nil { return false }
      guard place + 8 <= head.count else { return true }
      let length = Int(head.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
      guard length >= 12 else { return true }
      place += length
    }
    return true
  }

  /// Nil for captures of ours, and for what none of them is.
  ///
  /// - Parameter fill: Gives the file's bytes from its beginning.
  public static func recognized(in fill: @escaping Fill) throws(SystemError) -> ForeignFormat? {
    let source = try PackedSource(fill)
    _ = try source.require(StraceConverter.sampleLength)
    let head = source.available
    if ScapConverter.recognizes(head) { return .scap }
    if PacketFileConverter.recognizes(head) { return .packets }
    if StraceConverter.recognizes(head) { return .strace }
    return nil
  }

  /// Makes a capture of a file, in one pass and in memory that does not grow with it.
  ///
  /// - Parameters:
  ///   - catalogue: What the capture says of its numbers; nil is all that this version knows.
  ///   - progress: Told how many bytes of the file were read, now and then.
  /// - Throws: ``SystemError`` of reading or writing. Damage is passed over, and told.
  public func convert(
    reading fill: @escaping Fill, toolVersion: String, catalogue: Catalogue? = nil,
    writingTo sink: @escaping CaptureWriter.Sink, progress: ((UInt64) -> Void)? = nil
  ) throws(SystemError) -> ConversionSummary {
    switch self {
    case .scap:
      let converter = try ScapConverter(
        toolVersion: toolVersion, catalogue: catalogue, reading: fill, writingTo: sink)
      converter.progress = progress
      return try converter.run()
    case .strace:
      let converter = try StraceConverter(
        toolVersion: toolVersion, catalogue: catalogue, reading: fill, writingTo: sink)
      converter.progress = progress
      return try converter.run()
    case .packets:
      let converter = try PacketFileConverter(
        toolVersion: toolVersion, catalogue: catalogue, reading: fill, writingTo: sink)
      converter.progress = progress
      return try converter.run()
    }
  }
}
