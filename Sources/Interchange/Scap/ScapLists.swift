internal import Bytes
internal import CaptureFormat

/// What a .scap file says of the machine.
struct ScapMachine {
  var cpuCount: UInt32
  var memory: UInt64
  var hostName: [UInt8]
  /// Wall time of the boot in nanoseconds; 0 is unknown.
  var bootTime: UInt64

  init(_ body: UnsafeRawBufferPointer) throws(ByteError) {
    let bytes = body.bytes
    var reader = ByteReader(bytes)
    cpuCount = try reader.read(UInt32.self)
    memory = try reader.read(UInt64.self)
    _ = try reader.read(UInt64.self)
    hostName = Array(try reader.readBytes(128).array.prefix { $0 != 0 })
    bootTime = (try? reader.read(UInt64.self)) ?? 0
  }
}

/// One thread of a list of processes.
struct ScapThreadEntry {
  var tid: Int64 = 0
  var pid: Int64 = 0
  var parent: Int64 = 0
  var session: Int64?
  var comm: [UInt8] = []
  var exe: [UInt8] = []
  var executablePath: [UInt8] = []
  var arguments: [UInt8] = []
  var directory: [UInt8] = []
  var userID: UInt32 = 0
  var groupID: UInt32 = 0
  var threadInNamespace: Int64?
  var pidInNamespace: Int64?
  var cgroups: [UInt8] = []
  var terminal: UInt32?

  /// Reads the entries of a list; those before damage are given to `body`.
  ///
  /// - Parameter version: 1 to 9. From 9 on an entry says how long it is, and what comes last may be missing.
  static func read(
    _ block: UnsafeRawBufferPointer, version: Int, _ body: (ScapThreadEntry) -> Void
  ) throws(ByteError) {
    let bytes = block.bytes
    var reader = ByteReader(bytes)
    while reader.remaining >= 4 {
      var entry = ScapThreadEntry()
      let start = reader.offset
      let length = version >= 9 ? Int(try reader.read(UInt32.self)) : 0
      if version >= 9, length == 0 { return }
      try entry.read(&reader, version)
      if version >= 9 {
        let end = start + length
        guard reader.offset <= end, end - start <= bytes.byteCount - start else {
          throw .invalid(at: start, what: "length of a process", value: UInt64(length))
        }
        // The files of two years lack the two numbers in the middle: 29 bytes are left then.
        let rest = end - reader.offset
        if rest > 29, rest >= 12 {
          try reader.skip(8)
          entry.terminal = try reader.read(UInt32.self)
        }
        try reader.skip(end - reader.offset)
      }
      body(entry)
    }
  }

  @_lifetime(reader: copy reader)
  private mutating func read(_ reader: inout ByteReader, _ version: Int) throws(ByteError) {
    tid = try reader.read(Int64.self)
    pid = try reader.read(Int64.self)
    parent = try reader.read(Int64.self)
    if version >= 6 { session = try reader.read(Int64.self) }
    if version >= 8 { try reader.skip(8) }
    comm = try Self.string(&reader)
    exe = try Self.string(&reader)
    if version >= 7 { executablePath = try Self.string(&reader) }
    arguments = try Self.string(&reader)
    directory = try Self.string(&reader)
    // Limit of descriptors, flags.
    try reader.skip(8 + 4)
    userID = try reader.read(UInt32.self)
    groupID = try reader.read(UInt32.self)
    if version >= 2 { try reader.skip(4 * 3 + 8 * 2) }
    // The environment is never looked at.
    if version >= 3 { try reader.skip(Int(try reader.read(UInt16.self))) }
    if version >= 4 {
      threadInNamespace = try reader.read(Int64.self)
      pidInNamespace = try reader.read(Int64.self)
      cgroups = try Self.string(&reader)
    }
    if version >= 5 { try reader.skip(Int(try reader.read(UInt16.self))) }
  }

  @_lifetime(reader: copy reader)
  private static func string(_ reader: inout ByteReader) throws(ByteError) -> [UInt8] {
    let length = Int(try reader.read(UInt16.self))
    return try reader.readBytes(length).array
  }
}

/// A user or a group of the host.
struct ScapAccount {
  var isGroup = false
  var name = AccountName(id: 0, name: [])

  /// `u32 length` from version 2 on, `u8 type` (0 user, 1 group), then `u32 uid, u32 gid`, name, home and shell, or
  /// `u32 gid` and name; texts with a u16 length.
  static func read(
    _ block: UnsafeRawBufferPointer, isSized: Bool, _ body: (ScapAccount) -> Void
  ) throws(ByteError) {
    let bytes = block.bytes
    var reader = ByteReader(bytes)
    while reader.remaining >= 7 {
      let start = reader.offset
      let length = isSized ? Int(try reader.read(UInt32.self)) : 0
      if isSized, length == 0 { return }
      var account = ScapAccount()
      account.isGroup = try reader.read(UInt8.self) == 1
      account.name.id = try reader.read(UInt32.self)
      if !account.isGroup { try reader.skip(4) }
      account.name.name = try reader.readBytes(Int(try reader.read(UInt16.self))).array
      if !account.isGroup { for _ in 0..<2 { try reader.skip(Int(try reader.read(UInt16.self))) } }
      if isSized {
        let end = start + length
        guard reader.offset <= end else {
          throw .invalid(at: start, what: "length of a user", value: UInt64(length))
        }
        try reader.skip(end - reader.offset)
      }
      body(account)
    }
  }
}

/// What a descriptor is, by the numbers of .scap files.
enum ScapDescriptorType {
  static let file: UInt8 = 1
  static let directory: UInt8 = 2
  static let ipv4: UInt8 = 3
  static let ipv6: UInt8 = 4
  static let ipv4Server: UInt8 = 5
  static let ipv6Server: UInt8 = 6
  static let fifo: UInt8 = 7
  static let unix: UInt8 = 8
  static let event: UInt8 = 9
  static let unsupported: UInt8 = 10
  static let netlink: UInt8 = 15
  static let fileV2: UInt8 = 16
}

/// One open descriptor of a list.
struct ScapDescriptorEntry {
  var descriptor: Int64 = 0
  var inode: UInt64 = 0
  var type: UInt8 = 0
  var flags: UInt32?
  var device: UInt32 = 0
  var name: [UInt8] = []
  /// Addresses in network order, ports in host order.
  var source: [UInt8] = []
  var sourcePort: UInt16 = 0
  var destination: [UInt8] = []
  var destinationPort: UInt16 = 0
  var networkProtocol: UInt8 = 0

  /// - Parameter isSized: Entries say how long they are.
  /// - Returns: Whose the descriptors are.
  static func read(
    _ block: UnsafeRawBufferPointer, isSized: Bool, _ body: (_ tid: Int64, ScapDescriptorEntry) -> Void
  ) throws(ByteError) {
    let bytes = block.bytes
    var reader = ByteReader(bytes)
    let tid = try reader.read(Int64.self)
    while reader.remaining >= 17 {
      let start = reader.offset
      let length = isSized ? Int(try reader.read(UInt32.self)) : 0
      if isSized, length == 0 { return }
      var entry = ScapDescriptorEntry()
      let isKnown = try entry.read(&reader, end: isSized ? start + length : nil)
      if isSized {
        let end = start + length
        guard reader.offset <= end else {
          throw .invalid(at: start, what: "length of a descriptor", value: UInt64(length))
        }
        try reader.skip(end - reader.offset)
      } else if !isKnown {
        throw .invalid(at: start, what: "type of a descriptor", value: UInt64(entry.type))
      }
      body(tid, entry)
    }
  }

  /// - Returns: False for a type that this version does not know.
  @_lifetime(reader: copy reader)
  private mutating func read(_ reader: inout ByteReader, end: Int?) throws(ByteError) -> Bool {
    descriptor = try reader.read(Int64.self)
    inode = try reader.read(UInt64.self)
    type = try reader.read(UInt8.self)
    switch type {
    case ScapDescriptorType.ipv4, ScapDescriptorType.ipv6:
      let width = type == ScapDescriptorType.ipv4 ? 4 : 16
      source = try reader.readBytes(width).array
      destination = try reader.readBytes(width).array
      sourcePort = try reader.read(UInt16.self)
      destinationPort = try reader.read(UInt16.self)
      networkProtocol = try reader.read(UInt8.self)
    case ScapDescriptorType.ipv4Server, ScapDescriptorType.ipv6Server:
      source = try reader.readBytes(type == ScapDescriptorType.ipv4Server ? 4 : 16).array
      sourcePort = try reader.read(UInt16.self)
      networkProtocol = try reader.read(UInt8.self)
    case ScapDescriptorType.unix:
      try reader.skip(16)
      try readName(&reader)
    case ScapDescriptorType.fileV2:
      flags = try reader.read(UInt32.self)
      try readName(&reader)
      if let end, end - reader.offset >= 4 { device = try reader.read(UInt32.self) }
    case 0: break
    case 1...21: try readName(&reader)
    default: return false
    }
    return true
  }

  @_lifetime(reader: copy reader)
  private mutating func readName(_ reader: inout ByteReader) throws(ByteError) {
    let length = Int(try reader.read(UInt16.self))
    name = try reader.readBytes(length).array
  }
}
