internal import Bytes
internal import Events

extension CaptureFile {
  /// Opens the file by the footer at its end.
  ///
  /// - Returns: False when there is none, or it is damaged: then the blocks are to be walked.
  func readFooter() throws(CaptureError) -> Bool {
    guard length >= UInt64(Trailer.length) else { return false }
    let offset = length - UInt64(Trailer.length)
    guard let trailer = Trailer(try read(at: offset, count: Trailer.length), at: offset) else { return false }
    do throws(CaptureError) {
      let root = try readRoot(trailer)
      var entries: [BlockEntry] = []
      for page in root.pages {
        let block = try readBlock(page)
        do throws(ByteError) {
          if let table = try TableReader(block, .directory) { entries += try BlockEntry.rows(table) }
        } catch { throw CaptureError(error, at: page.offset) }
      }
      for entry in entries {
        // Blocks are in file order and do not overlap: anything else is not what a writer wrote.
        guard entry.offset < offset, UInt64(entry.length) <= offset - entry.offset else {
          throw .invalid(offset: trailer.rootOffset, what: "offset of a block", value: entry.offset)
        }
        if entry.type == .events { directory.append(entry) } else { tables.append(entry) }
      }
      completeness = root.completeness
    } catch {
      if case .system = error { throw error }
      problems.append(
        CaptureProblem(offset: trailer.rootOffset, length: UInt64(trailer.rootLength), message: "footer: \(error)"))
      directory = []
      tables = []
      return false
    }
    walked = length
    lastTrailer = offset
    for entry in tables { describe(entry) }
    return true
  }

  /// Takes in a footer that a walk has come to: what it lists is known already.
  func takeInFooter(_ trailer: Trailer) throws(CaptureError) {
    // Each footer counts from the beginning: those of the one before are out of date.
    let before = lastTrailer
    tables.removeAll { $0.type == .counts && $0.offset < before }
    lastTrailer = trailer.offset
    do { completeness = try readRoot(trailer).completeness } catch {
      if case .system = error { throw error }
      problems.append(
        CaptureProblem(offset: trailer.rootOffset, length: UInt64(trailer.rootLength), message: "footer: \(error)"))
    }
  }

  private func readRoot(_ trailer: Trailer) throws(CaptureError) -> (completeness: Completeness, pages: [BlockEntry]) {
    guard trailer.rootOffset < trailer.offset, trailer.rootLength <= BlockLayout.blockLimit else {
      throw .invalid(offset: trailer.offset, what: "offset of the footer", value: trailer.rootOffset)
    }
    let bytes = try read(at: trailer.rootOffset, count: Int(trailer.rootLength))
    let block = try Block(bytes, at: trailer.rootOffset)
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
    } catch { throw CaptureError(error, at: trailer.rootOffset) }
  }
}
