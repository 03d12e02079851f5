extension CaptureFile {
  /// Opens every section of a file, in file order: more than one where captures were merged.
  ///
  /// Sections that are whole pcapng and none of ours are left out. A file that grows does so at its last section.
  ///
  /// - Throws: What ``init(path:)`` throws.
  public static func sections(path: String) throws(CaptureError) -> [CaptureFile] {
    try sections(in: CaptureSource.open(path), path: path)
  }

  /// The same of a file that is in memory.
  public static func sections(bytes: [UInt8], path: String) throws(CaptureError) -> [CaptureFile] {
    try sections(in: CaptureSource(bytes), path: path)
  }

  private static func sections(in source: CaptureSource, path: String) throws(CaptureError) -> [CaptureFile] {
    let starts = try footedStarts(in: source, path: path)
    var sections: [CaptureFile] = []
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : nil
      var next: UInt64? = start
      while let begin = next {
        let file = try CaptureFile(
          source, path: path, section: UInt32(clamping: sections.count), start: begin, end: end)
        if !file.isForeign { sections.append(file) }
        next = file.nextSection
      }
    }
    if sections.isEmpty { throw .notACapture(path: path) }
    return sections
  }

  /// Where sections begin, as the footers tell from the file's end to its front: each says how long its section is.
  ///
  /// Before a section that has no footer there may be more: a walk finds them. The first start is 0.
  static func footedStarts(in source: CaptureSource, path: String) throws(CaptureError) -> [UInt64] {
    var end = try source.length()
    if end == 0 { throw .empty(path: path) }
    var starts: [UInt64] = []
    while end >= UInt64(Trailer.length) {
      let offset = end - UInt64(Trailer.length)
      guard let trailer = Trailer(try source.read(at: offset, count: Trailer.length)), trailer.offset < offset,
        isSectionHeader(try source.read(at: offset - trailer.offset, count: 12))
      else { break }
      end = offset - trailer.offset
      starts.append(end)
    }
    return [0] + starts.reversed()
  }
}
