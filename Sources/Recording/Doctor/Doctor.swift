internal import BPF
public import Posix

/// Looks whether recording works on this machine, and says what would help where it does not.
///
/// It loads each probe by itself, has a child process do known acts, and looks whether the pipeline as it is tells of them.
public struct Doctor {
  let options: DoctorOptions
  var findings: [DoctorFinding] = []

  public init(_ options: DoctorOptions) { self.options = options }

  /// Everything that was looked at, in the order of the table.
  ///
  /// - Parameter progress: Is told what is being done next.
  /// - Complexity: Some seconds: a probe is verified by the kernel each time it is loaded.
  public mutating func examine(signals: borrowing SignalSource, progress: (String) -> Void) -> [DoctorFinding] {
    let isPermitted = lookAtPrivileges()
    lookAtKernel()
    lookAtCgroups()
    progress("probes")
    let isLoadable = lookAtProbes(isPermitted: isPermitted)
    progress("acts")
    lookAtActs(isLoadable: isLoadable, signals)
    lookAtRuntimes()
    lookAtClock()
    lookAtDisk()
    lookAtRecorders()
    return findings
  }

  mutating func note(
    _ area: String, _ name: String, _ state: DoctorFinding.State, _ text: String, remedy: String? = nil
  ) {
    findings.append(DoctorFinding(area, name, state, text, remedy: remedy))
  }

  // MARK: Probes

  /// - Returns: Whether those load without which nothing is recorded.
  private mutating func lookAtProbes(isPermitted: Bool) -> Bool {
    guard let programs = try? ProbeSession.programs() else {
      note("probe", "all", .failed, "the probes in this program cannot be read", remedy: "install it again")
      return false
    }
    let order = DoctorProbe.table.map(\.program)
    let all = (programs + ["list_processes"]).sorted {
      (order.firstIndex(of: $0) ?? order.count, $0) < (order.firstIndex(of: $1) ?? order.count, $1)
    }
    var isUsable = true
    for program in all {
      let probe = DoctorProbe.of(program)
      let name = "\(program) (\(probe.hook))"
      guard isPermitted else {
        note("probe", name, .untried, "\(probe.tells): not without privilege")
        continue
      }
      do {
        let instructions = try program == "list_processes" ? loadLister() : ProbeSession.tryAlone(program)
        note("probe", name, .ok, "\(probe.tells); \(instructions) instructions verified")
      } catch {
        let isEssential = ProbeSession.essential.contains(program) || program == "list_processes"
        if isEssential { isUsable = false }
        note(
          "probe", name, isEssential ? .failed : .limited, "\(probe.tells): \(error)",
          remedy: (error as? BPFError)?.remedy
            ?? (isEssential ? "a kernel of version 5.8 or newer, with BTF" : "the others record without it"))
      }
    }
    return isPermitted && isUsable
  }

  private func loadLister() throws -> UInt32 {
    let lister = try ProcessLister(hierarchy: 0)
    _ = try lister.rows()
    return try lister.verifiedInstructions()
  }
}
