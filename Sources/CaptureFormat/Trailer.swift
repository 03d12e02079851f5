internal import Bytes
internal import Digests

/// The last block of a footer: small and of fixed length, so that a reader finds the footer from the end of the file.
///
/// ```
///  0  u32  pcapng block type, 0xAF7E0014
///  4  u32  60
///  8  16   magic
/// 24  u16  version, 1
/// 26  u16  44: length from the magic to the checksum
/// 28  u32  length of the footer root
/// 32  u64  offset of the footer root, from the section's first byte
/// 40  u64  offset of this block, from the section's first byte
/// 48  u32  0
/// 52  u32  CRC-32C of bytes 0 ..< 52
/// 56  u32  60
/// ```
struct Trailer: Equatable {
  var rootOffset: UInt64
  var rootLength: UInt32
  var offset: UInt64

  static let length = 60

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: BlockType.trailer.pcapngType)
    bytes.append(littleEndian: UInt32(Self.length))
    bytes.append(contentsOf: BlockLayout.magic)
    bytes.append(littleEndian: BlockLayout.version)
    bytes.append(littleEndian: UInt16(44))
    bytes.append(littleEndian: rootLength)
    bytes.append(littleEndian: rootOffset)
    bytes.append(littleEndian: offset)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: bytes.withUnsafeBytes { CRC32C.checksum($0) })
    bytes.append(littleEndian: UInt32(Self.length))
    return bytes
  }

  init(rootOffset: UInt64, rootLength: UInt32, offset: UInt64) {
    self.rootOffset = rootOffset
    self.rootLength = rootLength
    self.offset = offset
  }

  /// Nil when `bytes` is not a trailer.
  init?(_ bytes: [UInt8]) {
    let span = bytes.span.bytes
    guard bytes.count == Self.length, let rootLength = span.integer(at: 28, as: UInt32.self),
      let rootOffset = span.integer(at: 32, as: UInt64.self), let offset = span.integer(at: 40, as: UInt64.self)
    else { return nil }
    self.init(rootOffset: rootOffset, rootLength: rootLength, offset: offset)
    guard self.bytes == bytes else { return nil }
  }
}
