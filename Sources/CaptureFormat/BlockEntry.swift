public import Events

/// One block as the directory lists it: enough to know whether it must be read.
public struct BlockEntry: Hashable, Sendable {
  public var type: BlockType
  /// Where its pcapng frame begins.
  public var offset: UInt64
  /// Of the whole frame.
  public var length: UInt32
  public var container: ContainerKey
  /// Nil for a block that belongs to no lane.
  public var lane: Lane?
  public var firstTime: BootTime
  public var lastTime: BootTime
  public var rowCount: UInt32
  /// Of the first row, contiguous within its stream.
  public var firstSequence: UInt64
  /// See docs/capture-format.md: survives recompression and redaction. 32 bytes.
  public var digest: [UInt8]
  public var kinds: KindSet
  /// Which section of the file it stands in; 0 is the first. Not stored: a reader adds it.
  public var section: UInt32 = 0

  public var stream: StreamKey? { lane.map { StreamKey(container: container, lane: $0) } }
}

/// Which kinds of event may be in a block: bit (kind mod 128).
public struct KindSet: Hashable, Sendable {
  public var low: UInt64 = 0
  public var high: UInt64 = 0
  public init() {}
  @inline(__always) public mutating func insert(_ kind: EventKind) {
    let bit: UInt64 = 1 << UInt64(kind.rawValue & 63)
    if kind.rawValue & 64 == 0 { low |= bit } else { high |= bit }
  }
  /// False: it is certainly not there.
  public func mayContain(_ kind: EventKind) -> Bool {
    (kind.rawValue & 64 == 0 ? low : high) & (1 << UInt64(kind.rawValue & 63)) != 0
  }
}

extension KindSet {
  /// False: none of these kinds is there.
  public func mayContain(anyOf mask: KindMask) -> Bool {
    let folded = mask.folded
    return low & folded.low != 0 || high & folded.high != 0
  }
}

/// Kinds of events that are looked for. One that a newer version wrote is always in it.
public struct KindMask: Hashable, Sendable {
  private var words: SIMD4<UInt64> = .zero

  public init() {}
  public static var all: KindMask {
    var mask = KindMask()
    mask.words = SIMD4(repeating: .max)
    return mask
  }

  public mutating func insert(_ kind: EventKind) {
    if kind.rawValue < 256 { words[Int(kind.rawValue >> 6)] |= 1 << UInt64(kind.rawValue & 63) }
  }

  @inline(__always) func contains(_ kind: Int64) -> Bool {
    UInt64(bitPattern: kind) >= 256 || words[Int(truncatingIfNeeded: kind) >> 6] & 1 << UInt64(kind & 63) != 0
  }

  public func contains(_ kind: EventKind) -> Bool { contains(Int64(kind.rawValue)) }

  public mutating func formUnion(_ other: KindMask) { words |= other.words }

  /// As a directory has them: a kind by the last seven bits of its number.
  var folded: KindSet {
    var set = KindSet()
    set.low = words[0] | words[2]
    set.high = words[1] | words[3]
    return set
  }
}

/// A finished block, not yet at a place in a file.
public struct SealedBlock: Sendable {
  /// The whole pcapng frame.
  public var bytes: [UInt8]
  /// With offset 0.
  public var entry: BlockEntry
  /// Of event blocks: how many rows fell into each second since boot.
  public var secondCounts: [(second: UInt64, count: UInt32)]
  /// Of a block of packets: what follows it.
  public var packets: PacketRun?

  /// Everything that is written of it, roughly; exactly where no packets follow.
  public var lengthInFile: Int { bytes.count + (packets?.lengthInFile ?? 0) }
  /// Everything that it takes while it waits.
  public var memoryInBytes: Int { bytes.capacity + (packets?.memoryInBytes ?? 0) }
}
