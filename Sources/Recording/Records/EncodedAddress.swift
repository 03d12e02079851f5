internal import CaptureFormat

/// An Internet address as a block holds it: what ``SocketAddress/encoded`` says of it, and no array to make for each event.
struct EncodedAddress: BitwiseCopyable {
  /// u16 family, u16 port, the address; what is not used is 0.
  private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
  private let count: Int
  let port: UInt16

  /// - Parameter storage: Sixteen bytes in network order; an IPv4 address is in the first four.
  /// - Returns: Nil for families that have no ports, and for port 0, which nobody has.
  init?<Storage: BitwiseCopyable>(family: UInt16, port: UInt16, storage: Storage) {
    guard port != 0 else { return nil }
    self.init(family: family, port: port)
    Swift.withUnsafeBytes(of: storage) { fill($0) }
  }

  /// A `struct sockaddr` as a program passed it; nil where it is of another family, or too short for its own.
  init?(passed bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 8 else { return nil }
    let family = UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self))
    let isLong = family == SocketAddress.ipv6Family
    guard !isLong || bytes.count >= 24 else { return nil }
    self.init(family: family, port: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    fill(UnsafeRawBufferPointer(rebasing: bytes[(isLong ? 8 : 4)...]))
  }

  private init?(family: UInt16, port: UInt16) {
    switch family {
    case SocketAddress.ipv4Family: count = 8
    case SocketAddress.ipv6Family: count = 20
    default: return nil
    }
    self.port = port
    words.0 = (UInt64(family) | UInt64(port) << 16).littleEndian
  }

  private mutating func fill(_ address: UnsafeRawBufferPointer) {
    let length = count - 4
    Swift.withUnsafeMutableBytes(of: &words) { words in
      UnsafeMutableRawBufferPointer(rebasing: words[4..<4 + length]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: address.prefix(length)))
    }
  }

  func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Swift.withUnsafeBytes(of: words) { body(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
  }
}
