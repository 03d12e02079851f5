/// How a column's values became bytes, before compression. Numbers are never reused.
///
/// ```
/// constant  8 bytes: the value of every row
/// planes    for each 512 values (the last chunk is shorter):
///             u8 width w (0...8) | i64 base | w planes: byte 0 of every (value - base), then byte 1 of every ...
/// deltas    for each 512 values:
///             i64 first value | for each 64 of the other values: u8 bit width w | their zigzag differences,
///             w bits each, lowest bit first, padded to a whole byte
/// bytes     a variable-length number for each value: its length | the values, one after another
/// ```
/// With presence `bitmap` the encoded bytes begin with one bit a row, lowest first: whether the row has a value.
enum ColumnEncoding: UInt8 {
  case constant = 0
  case planes = 1
  case deltas = 2
  case bytes = 3

  static let chunkLength = 512
  static let groupLength = 64
}

/// Which rows of a table have a value in a column.
enum ColumnPresence: UInt8 {
  case all = 0
  /// Those whose shape lists the column. One byte a row says the shape, where a null map for each argument would
  /// take a bit a row and argument; and rows of few shapes compress to nothing.
  case byShape = 1
  case bitmap = 2
}

/// How a column's (or a block's) encoded bytes are stored.
enum StorageCodec: UInt8 {
  case none = 0
  case lz4 = 1
  /// The bytes were taken out: what is stored is their digest.
  case tombstone = 255
}
