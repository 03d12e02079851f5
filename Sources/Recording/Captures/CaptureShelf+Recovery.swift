internal import CaptureFormat
internal import Posix

extension CaptureShelf {
  /// Finishes a partial file that a crash left: up to its last whole block, with a footer that says so.
  func recover(_ name: String) {
    let path = directory.path(of: name)
    var final = String(path.dropLast(ShelfDirectory.partialSuffix.count))
    do {
      guard try FileStatus(ofLink: path).isRegular else {
        return report(ShelfReport(.warning, "\(path): not a file: left as it is"))
      }
      let interrupted = try InterruptedCapture(path: path)
      let file = try FileDescriptor.openForAppending(path)
      if !interrupted.isFinished {
        try file.truncate(to: interrupted.soundLength)
        let number = file.number
        try interrupted.writeFooter(
          to: { (bytes) throws(SystemError) in try Posix.write(bytes, to: number) },
          reason: "the recorder was interrupted")
      }
      try file.synchronize()
      while File.exists(final) { final = directory.path(of: unusedName(like: name)) }
      try File.renameExclusively(path, to: final)
      try directory.synchronize()
      report(ShelfReport(.information, "\(final): finished: its recorder was interrupted"))
    } catch let error as CaptureError {
      if case .system(let error) = error { return leave(path, error) }
      setAside(path, error)
    } catch let error as SystemError {
      leave(path, error)
    } catch {
      report(ShelfReport(.failure, "\(path): \(error)"))
    }
  }

  /// The disk is full, or broken: nothing is lost by leaving the file for the next start.
  private func leave(_ path: String, _ error: SystemError) {
    report(
      ShelfReport(
        .failure, "\(path): cannot be finished: \(error)",
        remedy: "it is readable as it is: `aftertrace info \(path)`; the next start tries again"))
  }

  private func setAside(_ path: String, _ error: CaptureError) {
    let base = String(path.dropLast(ShelfDirectory.partialSuffix.count)) + ShelfDirectory.damagedSuffix
    var aside = base
    var number = 2
    while File.exists(aside) {
      aside = "\(base)-\(number)"
      number += 1
    }
    do {
      try File.renameExclusively(path, to: aside)
      try directory.synchronize()
      report(
        ShelfReport(
          .warning, "\(path): unreadable after a crash: \(error)",
          remedy: "it was set aside as \(aside), for you to look at"))
    } catch {
      report(ShelfReport(.failure, "\(path): unreadable after a crash, and cannot be set aside: \(error)"))
    }
  }
}
