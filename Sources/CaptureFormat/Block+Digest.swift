internal import Bytes
internal import Digests
internal import Events

extension Block {
  /// The digest of what was recorded, computed anew: the same after recompression, and after a column was taken out.
  ///
  /// - Parameter head: The frame's bytes up to the end of the header's digested part.
  func computedDigest(head: [UInt8]) throws(ByteError) -> [UInt8] {
    let sha = SHA256()
    var input: [UInt8] = []
    for table in tables {
      input.append(littleEndian: table.id.rawValue)
      input.append(littleEndian: UInt16(table.columns.count))
      input.append(littleEndian: UInt32(table.rowCount))
      input.append(littleEndian: UInt32(0))
    }
    for column in tables.flatMap(\.columns) {
      input.append(littleEndian: column.id.rawValue)
      input.append(column.encoding)
      input.append(column.presence)
      input.append(littleEndian: UInt32(column.valueCount))
      input.append(littleEndian: UInt32(column.encodedLength))
      if let bytes = try encodedBytes(column) {
        sha.update(column.salt)
        sha.update(bytes)
        input += sha.finish()
      } else {
        input += storedBytes(column)
      }
    }
    sha.update(Array(head.prefix(4)))
    sha.update(Array(head[BlockLayout.frameStart..<(BlockLayout.frameStart + BlockLayout.digestedLength)]))
    sha.update(input)
    return sha.finish()
  }
}

extension CaptureFile {
  /// Whether a block holds what its digest was made of; the directory's digest is compared too.
  public func verify(_ entry: BlockEntry) throws(CaptureError) -> Bool {
    let bytes = try read(at: entry.offset, count: Int(min(entry.length, UInt32(BlockLayout.blockLimit))))
    let block = try Block(bytes, at: entry.offset)
    do {
      return try block.computedDigest(head: bytes) == block.header.digest && block.header.digest == entry.digest
    } catch { throw CaptureError(error, at: entry.offset) }
  }
}
