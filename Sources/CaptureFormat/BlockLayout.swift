/// The frame of a block of ours, and the header that every one of them has but the trailer.
///
/// ```
///   0  u32  pcapng block type, 0xAF7E0000 | number
///   4  u32  total length, of everything from the type to the second length word; a multiple of 4
///   8  16   magic
///  24  u16  version of the block's layout, 1
///  26  u16  header length H, counted from the magic: 160; what is longer is passed over
///  28  u32  compatible feature bits: a reader may ignore what it does not know
///  32  u32  must-understand feature bits: a reader must leave the block alone
///  36  u32  container key, scoped to the section
///  40  u8   lane; 255 is none
///  41  u8   0
///  42  u16  number of tables
///  44  u32  rows of the first table
///  48  u64  first time (boot clock, ns)
///  56  u64  last time
///  64  u64  sequence of the first row in its stream
///  72  16   kinds present: bit (kind mod 128)
///       ---- up to here digested; from here on how it is stored
///  88  24   nonce, for encrypted blocks; 0
/// 112  u16  codec of everything after the directory: 0 none, 1 one LZ4 block
/// 114  u16  key id; 0 is not encrypted
/// 116  u32  length of the directory
/// 120  u32  stored length of the data
/// 124  u32  length of the data before that codec
/// 128  32   block digest
/// 160  u32  CRC-32C of directory and data as stored
/// 164  u32  CRC-32C of bytes 0 ..< 8 + H - 4
/// 168       directory, data, padding to 4, u32 total length
/// ```
enum BlockLayout {
  static let magic: [UInt8] = [
    0xA7, 0x3E, 0x51, 0x0C, 0x96, 0x1D, 0x4B, 0x72, 0x8F, 0xE4, 0x2A, 0x90, 0x5B, 0xC8, 0x33, 0xD6,
  ]
  static let version: UInt16 = 1
  static let headerLength = 160
  /// Type and length before the body.
  static let frameStart = 8
  /// What may stand in one block in all: the limit of a live pipe into tshark.
  static let blockLimit = 262_144
  /// Encoded bytes in one block: leaves room for frame, header and directory.
  static let rawLimit = 240 * 1024
  /// Fewer rows than a hostile block could claim for free.
  static let rowLimit = 65_536
  /// Below this the columns are compressed together: on their own they are too short.
  static let smallBlock = 8192
  static let noLane: UInt8 = 255
  static let digestedLength = 80
  static let knownMustUnderstand: UInt32 = 0

  // Offsets from the magic.
  static let versionOffset = 16
  static let headerLengthOffset = 18
  static let mustUnderstandOffset = 24
  static let containerOffset = 28
  static let laneOffset = 32
  static let tableCountOffset = 34
  static let rowCountOffset = 36
  static let firstTimeOffset = 40
  static let lastTimeOffset = 48
  static let firstSequenceOffset = 56
  static let kindsOffset = 64
  static let codecOffset = 104
  static let keyOffset = 106
  static let directoryLengthOffset = 108
  static let storedLengthOffset = 112
  static let dataLengthOffset = 116
  static let digestOffset = 120

  /// What begins a directory: length of a table entry, length of a column entry.
  static let directoryHead = 4
}
