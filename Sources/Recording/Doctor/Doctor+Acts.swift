internal import CaptureFormat
internal import Events
internal import Posix
internal import Reconstruction

extension Doctor {
  /// Has the acts done and recorded, and looks which of them the capture tells of.
  mutating func lookAtActs(isLoadable: Bool, _ signals: borrowing SignalSource) {
    guard isLoadable else {
      for act in DoctorActs.table { note("act", act.name, .untried, "the probes do not load") }
      return
    }
    do {
      let (events, isComplete, reason) = try record(signals)
      for act in DoctorActs.table {
        let missing = act.kinds.filter { events[$0] == nil }
        let lines = act.kinds.flatMap { events[$0] ?? [] }
        let names = act.kinds.map { $0.name ?? "kind \($0.rawValue)" }.joined(separator: ", ")
        if missing.isEmpty, act.fragment.map({ part in lines.contains { $0.contains(part) } }) ?? true {
          note("act", act.name, .ok, "told as \(names)")
        } else if let needs = act.needs {
          note("act", act.name, .limited, "not told as \(names)", remedy: "the act needs \(needs)")
        } else {
          note(
            "act", act.name, .limited,
            missing.isEmpty ? "told as \(names), and not with what it was about" : "not told as \(names)",
            remedy: "report it, with what `aftertrace doctor --json` prints")
        }
      }
      if isComplete {
        note("act", "all", .ok, "nothing was lost")
      } else {
        note(
          "act", "all", .limited, "the recording is not complete: \(reason)", remedy: "try again on a quieter machine")
      }
    } catch {
      let error = error as? RecordingError ?? RecordingError(error)
      note("act", "all", .failed, error.description, remedy: error.remedy)
    }
  }

  private mutating func record(
    _ signals: borrowing SignalSource
  ) throws -> (events: [EventKind: [String]], isComplete: Bool, reason: String) {
    let file = try FileDescriptor.inMemory([])
    let mountPoint = (try? CgroupHierarchy.detect())?.mountPoint ?? "/sys/fs/cgroup"
    var options = RecordingOptions(output: nil, toolVersion: options.toolVersion, commandLine: "doctor")
    options.command = ["/proc/self/exe", DoctorActs.flag, mountPoint]
    options.duration = .seconds(30)
    options.payload = .off
    options.forced = self.options.forced
    if let size = self.options.ringSize { options.ringSize = size }
    let recorder = try Recorder(options, output: try .duplicate(of: file.number))
    let kernel = OwnMemory.kernelMaps
    note(
      "rings", "kernel memory", .ok,
      "\(recorder.ringBytes >> 10) KiB of rings, \(kernel >> 10) KiB with the probes' maps")
    let summary = try recorder.run(signals: signals) {}
    let capture = try Capture(path: "/proc/self/fd/\(file.number)")
    var events: [EventKind: [String]] = [:]
    for boot in capture.boots {
      let text = EventText(boot.catalogue)
      var merge = capture.events(in: boot.directory)
      while let event = try merge.next() {
        var line: [UInt8] = []
        text.appendLine(event, to: &line)
        events[event.kind, default: []].append(String(decoding: line, as: UTF8.self))
      }
    }
    return (events, summary.isComplete, summary.reason)
  }
}
