internal import CaptureFormat

/// Flags that .scap files number in their own way, as Linux numbers them on x86-64.
enum ScapFlags {
  private static let open: [(scap: Int64, linux: Int64)] = [
    (1 << 2, 0o100), (1 << 3, 0o2000), (1 << 4, 0o10000), (1 << 5, 0o200), (1 << 6, 0o4000), (1 << 7, 0o4_010_000),
    (1 << 8, 0o1000), (1 << 9, 0o40000), (1 << 10, 0o200000), (1 << 11, 0o100000), (1 << 12, 0o2_000_000),
    (1 << 13, 0o20_200_000),
  ]
  static let closeOnExec: Int64 = 0o2_000_000
  static let directory: Int64 = 0o200000

  /// O_*: whether it reads, writes or both is a number in Linux and two bits there.
  static func linuxOpen(_ flags: Int64) -> Int64 {
    var result: Int64 = flags & 3 == 3 ? 2 : flags & 3 == 2 ? 1 : 0
    for (scap, linux) in open where flags & scap != 0 { result |= linux }
    return result
  }

  static func scapOpen(_ flags: Int64) -> Int64 {
    var result: Int64 = flags & 3 == 2 ? 3 : flags & 3 == 1 ? 2 : 1
    for (scap, linux) in open where flags & linux == linux { result |= scap }
    return result
  }

  private static let clone: [(scap: Int64, linux: Int64)] = [
    (1 << 0, 0x400), (1 << 1, 0x200), (1 << 2, 0x8000_0000), (1 << 3, 0x0800_0000), (1 << 4, 0x4000_0000),
    (1 << 5, 0x0002_0000), (1 << 6, 0x2000_0000), (1 << 7, 0x0400_0000), (1 << 8, 0x8000), (1 << 9, 0x0010_0000),
    (1 << 10, 0x2000), (1 << 11, 0x800), (1 << 12, 0x0004_0000), (1 << 13, 0x0001_0000), (1 << 14, 0x0080_0000),
    (1 << 15, 0x100), (1 << 20, 0x1000_0000), (1 << 23, 0x0020_0000), (1 << 24, 0x0100_0000), (1 << 25, 0x0008_0000),
    (1 << 27, 0x4000), (1 << 28, 0x0200_0000),
  ]
  static let cloneFiles: Int64 = 0x400
  static let cloneThread: Int64 = 0x0001_0000

  /// CLONE_*, also of unshare and setns.
  static func linuxClone(_ flags: Int64) -> Int64 {
    clone.reduce(0) { flags & $1.scap != 0 ? $0 | $1.linux : $0 }
  }

  static func scapClone(_ flags: Int64) -> Int64 {
    clone.reduce(0) { flags & $1.linux != 0 ? $0 | $1.scap : $0 }
  }

  /// PROT_*: from the fourth bit on they differ.
  static func linuxProtection(_ flags: Int64) -> Int64 {
    (flags & 15) | (flags & 16 != 0 ? 0x0100_0000 : 0) | (flags & 32 != 0 ? 0x0200_0000 : 0)
  }

  private static let mapping: [(scap: Int64, linux: Int64)] = [
    (1 << 0, 1), (1 << 1, 2), (1 << 2, 0x10), (1 << 3, 0x20), (1 << 4, 0x40), (1 << 6, 0x4000), (1 << 7, 0x8000),
    (1 << 8, 0x10000), (1 << 9, 0x100), (1 << 10, 0x800), (1 << 11, 0x1000), (1 << 14, 0x2000),
  ]
  /// MAP_*.
  static func linuxMapping(_ flags: Int64) -> Int64 {
    mapping.reduce(0) { flags & $1.scap != 0 ? $0 | $1.linux : $0 }
  }

  static func scapMapping(_ flags: Int64) -> Int64 {
    mapping.reduce(0) { flags & $1.linux != 0 ? $0 | $1.scap : $0 }
  }

  /// The two commands of fcntl that make a descriptor.
  static func isDuplicating(command: Int64) -> Bool { command == 1 || command == 26 }
}

extension SocketAddress {
  /// As .scap files have one address.
  var scapAddress: [UInt8] {
    switch self {
    case .ipv4(let bytes, let port): [2] + bytes + Self.little(port)
    case .ipv6(let bytes, let port): [10] + bytes + Self.little(port)
    case .unix(let path): [1] + path + [0]
    default: []
    }
  }

  /// As they have two; nil where neither is known, or is one of the internet. An unknown one is zero.
  static func scapTuple(source: SocketAddress?, destination: SocketAddress?) -> [UInt8]? {
    let width = [source, destination].contains { if case .ipv6? = $0 { true } else { false } } ? 16 : 4
    guard source?.inet != nil || destination?.inet != nil else { return nil }
    func end(_ address: SocketAddress?) -> [UInt8] {
      let (bytes, port) = address?.inet(width) ?? ([UInt8](repeating: 0, count: width), 0)
      return bytes + little(port)
    }
    return [width == 4 ? 2 : 10] + end(source) + end(destination)
  }

  private static func little(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(value >> 8)] }

  private var inet: ([UInt8], UInt16)? {
    switch self {
    case .ipv4(let bytes, let port), .ipv6(let bytes, let port): (bytes, port)
    default: nil
    }
  }

  /// As an address of that width: an IPv4 one among IPv6 ones is mapped.
  private func inet(_ width: Int) -> ([UInt8], UInt16)? {
    guard let (bytes, port) = inet else { return nil }
    if bytes.count == width { return (bytes, port) }
    return width == 16 ? ([UInt8](repeating: 0, count: 10) + [255, 255] + bytes, port) : nil
  }
}

/// What a .scap file holds of two sockets' addresses.
struct ScapTuple {
  var source: Address
  var destination: Address

  enum Address: Equatable {
    case inet([UInt8], UInt16)
    case unix([UInt8])
    case none
  }

  /// `family u8`, then: IPv4 4 + 2 + 4 + 2, IPv6 16 + 2 + 16 + 2, Unix source 8, peer 8, path.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let family = bytes.first else { return nil }
    func inet(_ width: Int, at place: Int) -> Address {
      .inet(
        Array(bytes[place..<(place + width)]),
        UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: place + width, as: UInt16.self)))
    }
    switch family {
    case 2 where bytes.count >= 13:
      source = inet(4, at: 1)
      destination = inet(4, at: 7)
    case 10 where bytes.count >= 37:
      source = inet(16, at: 1)
      destination = inet(16, at: 19)
    case 1 where bytes.count >= 17:
      source = .none
      destination = .unix(Self.path(bytes[17...]))
    default: return nil
    }
  }

  /// One address: `family u8`, then IPv4 4 + 2, IPv6 16 + 2, or a Unix path.
  static func address(_ bytes: UnsafeRawBufferPointer) -> Address {
    switch (bytes.first, bytes.count) {
    case (2, 7...): .inet(Array(bytes[1..<5]), bytes.loadUnaligned(fromByteOffset: 5, as: UInt16.self))
    case (10, 19...): .inet(Array(bytes[1..<17]), bytes.loadUnaligned(fromByteOffset: 17, as: UInt16.self))
    case (1, _): .unix(path(bytes[1...]))
    default: .none
    }
  }

  /// An abstract name begins with NUL.
  private static func path(_ bytes: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
    if bytes.first == 0 {
      let name = bytes.dropFirst().prefix { $0 != 0 }
      return name.isEmpty ? [] : [0] + Array(name)
    }
    return Array(bytes.prefix { $0 != 0 })
  }
}
