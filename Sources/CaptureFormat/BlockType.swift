/// What a block of ours holds. Its pcapng type is 0xAF7E0000 | number. Numbers are never reused.
public struct BlockType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let provenance = BlockType(rawValue: 1)
  public static let catalogue = BlockType(rawValue: 2)
  public static let events = BlockType(rawValue: 3)
  public static let processes = BlockType(rawValue: 4)
  public static let containers = BlockType(rawValue: 5)
  public static let state = BlockType(rawValue: 6)
  public static let losses = BlockType(rawValue: 7)
  public static let anchors = BlockType(rawValue: 8)
  public static let trigger = BlockType(rawValue: 9)
  public static let directoryPage = BlockType(rawValue: 17)
  public static let counts = BlockType(rawValue: 18)
  public static let footerRoot = BlockType(rawValue: 19)
  public static let trailer = BlockType(rawValue: 20)
  /// Tells of the packets that follow it as blocks of pcapng's own.
  public static let packets = BlockType(rawValue: 21)
  // Reserved: their numbers are taken, nothing writes them yet.
  public static let blob = BlockType(rawValue: 10)
  public static let artifact = BlockType(rawValue: 11)
  public static let checkpoint = BlockType(rawValue: 12)
  public static let findings = BlockType(rawValue: 13)
  public static let notes = BlockType(rawValue: 14)
  public static let stack = BlockType(rawValue: 15)
  public static let symbols = BlockType(rawValue: 16)

  /// The upper half of every pcapng block type of ours: the local-use bit and a prefix nobody else was seen to use.
  static let prefix: UInt32 = 0xAF7E_0000
  var pcapngType: UInt32 { Self.prefix | UInt32(rawValue) }
  /// Nil for a type of somebody else's.
  public init?(pcapngType: UInt32) {
    guard pcapngType & 0xFFFF_0000 == Self.prefix else { return nil }
    self.init(rawValue: UInt16(truncatingIfNeeded: pcapngType))
  }
}

/// What a table in a block holds. Numbers are never reused.
struct TableID: RawRepresentable, Hashable, Sendable {
  var rawValue: UInt16
  static let events = TableID(rawValue: 1)
  static let strings = TableID(rawValue: 2)
  static let processes = TableID(rawValue: 3)
  static let files = TableID(rawValue: 4)
  static let shapes = TableID(rawValue: 5)
  static let containers = TableID(rawValue: 6)
  static let losses = TableID(rawValue: 7)
  static let anchors = TableID(rawValue: 8)
  static let directory = TableID(rawValue: 9)
  static let counts = TableID(rawValue: 10)
  static let kinds = TableID(rawValue: 11)
  static let columns = TableID(rawValue: 12)
  static let calls = TableID(rawValue: 13)
  static let causes = TableID(rawValue: 14)
  static let properties = TableID(rawValue: 15)
  static let state = TableID(rawValue: 16)
  static let pages = TableID(rawValue: 17)
  static let root = TableID(rawValue: 18)
  static let descriptors = TableID(rawValue: 19)
  static let triggers = TableID(rawValue: 20)
  static let packets = TableID(rawValue: 21)
  static let interfaces = TableID(rawValue: 22)
}
