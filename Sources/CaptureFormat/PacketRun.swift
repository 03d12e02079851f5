internal import Bytes
public import Events
internal import LZ4

/// An interface of a network namespace, by the number that the recorder gave it.
public struct PacketInterface: Hashable, Sendable {
  public var number: UInt32
  /// In its network namespace, as `ip link` shows them.
  public var index: UInt32
  public var name: String
  /// Inode of the network namespace.
  public var namespace: UInt64

  public init(number: UInt32, index: UInt32, name: String, namespace: UInt64) {
    self.number = number
    self.index = index
    self.name = name
    self.namespace = namespace
  }
}

/// Which way a packet went, as its interface saw it. The numbers are pcapng's.
public enum PacketDirection: UInt8, Sendable {
  case unknown = 0
  case inbound = 1
  case outbound = 2
}

/// What is told of a packet beside its bytes.
public struct PacketHead: Hashable, Sendable {
  public var time: BootTime
  /// Nanoseconds since 1970, by the kernel's clock when it was taken.
  public var wallTime: Int64
  public var interface: UInt32
  public var direction: PacketDirection
  /// On the wire, and of it kept.
  public var length: UInt32
  public var capturedLength: UInt32
  /// Whose it is; nil where that is not known.
  public var process: ProcessKey?
  /// Its place in the run's comments.
  public var comment: UInt16 = 0

  public init(
    time: BootTime, wallTime: Int64, interface: UInt32, direction: PacketDirection, length: UInt32,
    capturedLength: UInt32
  ) {
    self.time = time
    self.wallTime = wallTime
    self.interface = interface
    self.direction = direction
    self.length = length
    self.capturedLength = capturedLength
  }
}

/// The packets that a block tells of, as they wait in memory: the file has each in an Enhanced Packet Block.
public struct PacketRun: Sendable {
  var heads: [PacketHead]
  /// What Wireshark shows of each: `container=web-1 pid=712 process=nginx`.
  var comments: [[UInt8]]
  var interfaces: [PacketInterface]
  /// The packets' bytes one after the other, one LZ4 block where that saves memory.
  private var stored: [UInt8]
  private var length: Int
  private var isCompressed: Bool

  init(heads: [PacketHead], comments: [[UInt8]], interfaces: [PacketInterface], bytes: [UInt8]) {
    self.heads = heads
    self.comments = comments
    self.interfaces = interfaces
    length = bytes.count
    let compressed = bytes.withUnsafeBytes { bytes -> [UInt8]? in
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      defer { room.deallocate() }
      guard let count = LZ4.compress(bytes, into: room) else { return nil }
      return Array(UnsafeRawBufferPointer(rebasing: room[..<count]))
    }
    isCompressed = compressed != nil
    stored = compressed ?? bytes
  }

  var memoryInBytes: Int {
    stored.capacity + heads.capacity * MemoryLayout<PacketHead>.stride + comments.reduce(0) { $0 + $1.capacity + 32 }
      + interfaces.count * 64 + 160
  }

  /// Of all its blocks in a file.
  var lengthInFile: Int {
    heads.reduce(0) {
      $0 + PacketFrame.length(captured: Int($1.capturedLength), comment: comments[Int($1.comment)].count)
    }
  }

  /// The packets' bytes one after the other.
  func bytes() -> [UInt8] {
    guard isCompressed else { return stored }
    return LZ4.decompress(stored.span.bytes, count: length) ?? []
  }
}

/// Gathers packets of one container until they are a block.
public final class PacketBlockBuilder {
  public let container: ContainerKey
  private var heads: [PacketHead] = []
  private var bytes: [UInt8] = []
  private var comments: [[UInt8]: UInt16] = [:]
  private var commentList: [[UInt8]] = []
  private var interfaces: [UInt32: PacketInterface] = [:]
  private var sequence: UInt64 = 0
  private let assembler: BlockAssembler

  /// What is gathered is a block when it is this long.
  private static let lengthLimit = 192 * 1024
  private static let countLimit = 4096
  private static let commentLimit = 255

  public init(container: ContainerKey, assembler: BlockAssembler) {
    self.container = container
    self.assembler = assembler
  }

  public var isEmpty: Bool { heads.isEmpty }
  public var packetCount: Int { heads.count }
  public var isFull: Bool { bytes.count >= Self.lengthLimit || heads.count >= Self.countLimit }
  public var firstTime: BootTime? { heads.first?.time }
  public var memoryInBytes: Int {
    bytes.capacity + heads.capacity * MemoryLayout<PacketHead>.stride + commentList.count * 128 + interfaces.count * 96
  }

  /// - Parameters:
  ///   - head: Its captured length is that of `packet`.
  ///   - comment: What Wireshark is to show; without control characters.
  public func append(
    _ head: PacketHead, _ packet: UnsafeRawBufferPointer, interface: PacketInterface, comment: [UInt8]
  ) {
    var head = head
    let comment = Array(comment.prefix(Self.commentLimit))
    if let known = comments[comment] {
      head.comment = known
    } else {
      head.comment = UInt16(commentList.count)
      comments[comment] = head.comment
      commentList.append(comment)
    }
    interfaces[interface.number] = interface
    heads.append(head)
    bytes.append(contentsOf: packet)
  }

  /// The block that tells of what was gathered, with the packets that are to follow it.
  public func seal() -> SealedBlock {
    let run = PacketRun(
      heads: heads, comments: commentList, interfaces: interfaces.values.sorted { $0.number < $1.number }, bytes: bytes)
    var description = BlockDescription(type: .packets, container: container, lane: .packets)
    description.firstTime = heads.map(\.time).min() ?? BootTime(nanoseconds: 0)
    description.lastTime = heads.map(\.time).max() ?? BootTime(nanoseconds: 0)
    description.firstSequence = sequence
    let block = run.seal(description, with: assembler, bytes)
    sequence += UInt64(heads.count)
    heads = []
    bytes = []
    comments = [:]
    commentList = []
    interfaces = [:]
    return block
  }
}
