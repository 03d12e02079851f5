public import Events

/// A process as an event block's own dictionary describes it: enough to print its events without any other block.
public struct BlockProcess: Hashable, Sendable {
  public var key: ProcessKey
  public var comm: [UInt8]
  /// Nil is unknown.
  public var executable: [UInt8]?
  public var namespacePID: UInt32?
  public init(key: ProcessKey, comm: [UInt8] = [], executable: [UInt8]? = nil, namespacePID: UInt32? = nil) {
    self.key = key
    self.comm = comm
    self.executable = executable
    self.namespacePID = namespacePID
  }

  /// Of an event that is a container's and no process's: pid 0, without a name.
  public static let none = BlockProcess(key: ProcessKey(pid: 0, start: BootTime(nanoseconds: 0)))
  public var isNone: Bool { self == Self.none }
}

/// A file as an event block's own dictionary describes it.
public struct BlockFile: Hashable, Sendable {
  public var id: FileID
  public var inode: UInt64
  /// major << 20 | minor.
  public var device: UInt32
  public var type: FileType
  /// S_IF* and permissions.
  public var mode: UInt16
  /// Nil is unknown: the definition was lost or came too late. Never another file's.
  public var path: [UInt8]?
  public var localAddress: SocketAddress?
  public var remoteAddress: SocketAddress?
  public var socketCookie: UInt64?
  public var networkNamespace: UInt32?
  public var socketType: UInt16?
  public var networkProtocol: UInt16?
  public var openFlags: UInt32?
  public var peerInode: UInt64?

  public init(
    id: FileID, inode: UInt64, device: UInt32, type: FileType, mode: UInt16, path: [UInt8]? = nil,
    localAddress: SocketAddress? = nil, remoteAddress: SocketAddress? = nil, socketCookie: UInt64? = nil,
    networkNamespace: UInt32? = nil, socketType: UInt16? = nil, networkProtocol: UInt16? = nil,
    openFlags: UInt32? = nil, peerInode: UInt64? = nil
  ) {
    self.id = id
    self.inode = inode
    self.device = device
    self.type = type
    self.mode = mode
    self.path = path
    self.localAddress = localAddress
    self.remoteAddress = remoteAddress
    self.socketCookie = socketCookie
    self.networkNamespace = networkNamespace
    self.socketType = socketType
    self.networkProtocol = networkProtocol
    self.openFlags = openFlags
    self.peerInode = peerInode
  }
}

/// What kind of thing a descriptor is; the numbers are those of the kernel records.
public struct FileType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let none = FileType(rawValue: 0)
  public static let regular = FileType(rawValue: 1)
  public static let directory = FileType(rawValue: 2)
  public static let character = FileType(rawValue: 3)
  public static let block = FileType(rawValue: 4)
  public static let pipe = FileType(rawValue: 5)
  public static let socket = FileType(rawValue: 6)
  public static let symlink = FileType(rawValue: 7)
  public static let anonymous = FileType(rawValue: 8)
}

/// The address of a socket.
public enum SocketAddress: Hashable, Sendable {
  /// Four bytes in network order; port in host order.
  case ipv4(address: [UInt8], port: UInt16)
  /// Sixteen bytes in network order.
  case ipv6(address: [UInt8], port: UInt16)
  /// A path; an abstract name begins with NUL; empty is unnamed.
  case unix(path: [UInt8])
  /// A family that this version does not take apart.
  case other(family: UInt16, bytes: [UInt8])

  /// As it stands in the file: u16 family, u16 port, then the address; little-endian.
  public var encoded: [UInt8] {
    func head(_ family: UInt16, _ port: UInt16) -> [UInt8] {
      [UInt8(truncatingIfNeeded: family), UInt8(family >> 8), UInt8(truncatingIfNeeded: port), UInt8(port >> 8)]
    }
    return switch self {
    case .ipv4(let address, let port): head(Self.ipv4Family, port) + address
    case .ipv6(let address, let port): head(Self.ipv6Family, port) + address
    case .unix(let path): head(Self.unixFamily, 0) + path
    case .other(let family, let bytes): head(family, 0) + bytes
    }
  }

  /// Nil when `bytes` is too short to be one.
  public init?(encoded bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    let family = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
    let port = UInt16(bytes[2]) | UInt16(bytes[3]) << 8
    let rest = Array(bytes.dropFirst(4))
    switch (family, rest.count) {
    case (Self.ipv4Family, 4): self = .ipv4(address: rest, port: port)
    case (Self.ipv6Family, 16): self = .ipv6(address: rest, port: port)
    case (Self.unixFamily, _): self = .unix(path: rest)
    default: self = .other(family: family, bytes: rest)
    }
  }
}
