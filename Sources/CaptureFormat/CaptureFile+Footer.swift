internal import Bytes
internal import Events

extension CaptureFile {
  /// Opens the file by the footer at its end.
  ///
  /// - Returns: False when there is none, or it is damaged: then the blocks are to be walked.
  func readFooter() throws(CaptureError) -> Bool {
    guard length >= UInt64(Trailer.length) else { return false }
    let offset = end - UInt64(Trailer.length)
    guard let trailer = Trailer(try read(at: offset, count: Trailer.length)), trailer.offset == offset - start else {
      return false
    }
    do throws(CaptureError) {
      let root = try readRoot(trailer)
      var entries: [BlockEntry] = []
      for page in try placed(root.pages, before: trailer) {
        let block = try readBlock(page)
        do throws(ByteError) {
          if let table = try TableReader(block, .directory, section: section) { entries += try BlockEntry.rows(table) }
        } catch { throw CaptureError(error, at: page.offset) }
      }
      for entry in try placed(entries, before: trailer) {
        if entry.type == .events { directory.append(entry) } else { tables.append(entry) }
      }
      completeness = root.completeness
    } catch {
      try note(error, ofFooter: trailer)
      directory = []
      tables = []
      return false
    }
    walked = end
    lastTrailer = offset
    for entry in tables {
      do { try describe(entry) } catch { try note(error, at: entry) }
    }
    return true
  }

  /// Takes in a footer that a walk has come to: what it lists is known already.
  func takeInFooter(_ trailer: Trailer) throws(CaptureError) {
    // Each footer counts from the beginning: those of the one before are out of date.
    let before = lastTrailer
    tables.removeAll { $0.type == .counts && $0.offset < before }
    lastTrailer = start + trailer.offset
    do { completeness = try readRoot(trailer).completeness } catch { try note(error, ofFooter: trailer) }
  }

  private func note(_ error: CaptureError, ofFooter trailer: Trailer) throws(CaptureError) {
    if case .system = error { throw error }
    problems.append(
      CaptureProblem(
        offset: start &+ trailer.rootOffset, length: UInt64(trailer.rootLength), message: "footer: \(error)"))
  }

  /// Entries as a footer lists them, which counts from its section's first byte, at their places in the file.
  private func placed(_ entries: [BlockEntry], before trailer: Trailer) throws(CaptureError) -> [BlockEntry] {
    var entries = entries
    for index in entries.indices {
      let offset = entries[index].offset
      // A block that ends after the footer is not what a writer wrote.
      guard offset < trailer.offset, UInt64(entries[index].length) <= trailer.offset - offset else {
        throw .invalid(offset: start + trailer.rootOffset, what: "offset of a block", value: offset)
      }
      entries[index].offset = start + offset
      entries[index].section = section
    }
    return entries
  }

  private func readRoot(_ trailer: Trailer) throws(CaptureError) -> (completeness: Completeness, pages: [BlockEntry]) {
    guard trailer.rootOffset < trailer.offset, trailer.rootLength <= BlockLayout.blockLimit else {
      throw .invalid(offset: start + trailer.offset, what: "offset of the footer", value: trailer.rootOffset)
    }
    let offset = start + trailer.rootOffset
    let bytes = try read(at: offset, count: Int(trailer.rootLength))
    let block = try Block(bytes, at: offset)
    do throws(ByteError) {
      guard let root = try TableReader(block, .root), root.rowCount == 1 else {
        throw .invalid(at: 0, what: "rows of the footer's root", value: 0)
      }
      var firsts = try root.integers(.firstTime)
      var lasts = try root.integers(.lastTime)
      var flags = try root.integers(.flags)
      var reasons = try root.bytes(.reason)
      let completeness = Completeness(
        from: firsts.time(0) ?? BootTime(nanoseconds: 0), to: lasts.time(0) ?? BootTime(nanoseconds: 0),
        isComplete: (flags[0] ?? 0) & 1 != 0, reason: reasons.string(0) ?? "")
      let pages = try TableReader(block, .pages).map { table throws(ByteError) in try BlockEntry.rows(table) } ?? []
      return (completeness, pages)
    } catch { throw CaptureError(error, at: offset) }
  }
}
