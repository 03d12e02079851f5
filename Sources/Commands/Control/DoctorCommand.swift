internal import Arguments
internal import Configuration
internal import JSON
internal import Posix
internal import Reconstruction
internal import Recording

let doctorCommand = CommandDescription(
  "doctor", group: "Record", summary: "whether recording works here, and what would help",
  discussion: """
    Loads each probe by itself, has a child process do known acts (open, connect, fork, mount …, all undone), and looks \
    whether they come out of the pipeline as they should. Says what this kernel, its privileges, cgroups, container engines, \
    clock and disk allow, each with a remedy. Takes some seconds. Without root it says what is missing.

    The exit status is 0 when recording works in full, 1 when it works and something will be missing, 2 when it does not \
    work.
    """,
  flags: [
    Flag("directory", value: .init("DIR", .file), summary: "where captures are to go, in place of what is configured"),
    Flag("all", summary: "print also what is well, probe by probe and act by act"),
    Flag("json", summary: "print one JSON object a line"),
  ],
  examples: [.init("aftertrace doctor", "See whether this host can be recorded")])

/// `doctor`: looks, prints, and answers as its exit status whether recording will work.
func runDoctor(_ invocation: Invocation) throws -> Int32 {
  let signals = try SignalSource([
    SignalSource.interrupt, SignalSource.terminate, SignalSource.hangUp, SignalSource.childEnded,
  ])
  let configured = configuredDirectory()
  var options = DoctorOptions(
    directory: invocation.value(of: "directory") ?? configured.directory, toolVersion: program.version)
  options.forced = forcedLosses()
  var doctor = Doctor(options)
  let showsProgress = !invocation.isSet("json") && StandardStream.error.isTerminal
  var findings = doctor.examine(signals: signals) { if showsProgress { complain("looking at \($0)") } }
  if let problem = configured.problem { findings.insert(problem, at: 0) }
  let report = DoctorText(findings)
  let output = Output()
  if invocation.isSet("json") {
    for line in report.objects { try output.line(line) }
  } else {
    for line in report.lines(showsAll: invocation.isSet("all")) { try output.line(line) }
  }
  try output.flush()
  return report.exitStatus
}

private func configuredDirectory() -> (directory: String, problem: DoctorFinding?) {
  do throws(InvalidConfiguration) {
    return (try ConfigurationFiles(named: nil).load().configuration.captures.directory, nil)
  } catch {
    return (
      WatchConfiguration().captures.directory,
      DoctorFinding(
        "recorder", "configuration", .limited, error.problems.first?.message ?? "not readable",
        remedy: "`aftertrace watch --check` says more")
    )
  }
}

/// The findings as a person reads them, and as a program does; docs/json.md has the fields.
struct DoctorText {
  private let findings: [DoctorFinding]
  init(_ findings: [DoctorFinding]) { self.findings = findings }

  var exitStatus: Int32 {
    if findings.contains(where: { $0.state == .failed }) { return 2 }
    return findings.contains { $0.state == .limited } ? 1 : 0
  }

  private var verdict: String {
    switch exitStatus {
    case 0: "recording works"
    case 1: "recording works, and something will be missing"
    default: "recording does not work here; captures can be read"
    }
  }

  /// - Parameter showsAll: Also the probes and acts that are well; else they are a line together.
  func lines(showsAll: Bool) -> [String] {
    var table = TextTable(["AREA", "WHAT", "STATE", ""])
    for finding in findings where showsAll || !isSummed(finding) { table.append(row(finding)) }
    if !showsAll {
      for area in ["probe", "act"] {
        let well = findings.count { $0.area == area && $0.state == .ok }
        let all = findings.count { $0.area == area }
        if well > 0 {
          table.append([area, "\(well) of \(all)", "ok", area == "probe" ? "loaded, each by itself" : "done and told"])
        }
        let untried = findings.count { $0.area == area && $0.state == .untried }
        if untried > 0 { table.append([area, "\(untried) of \(all)", "untried", ""]) }
      }
    }
    var lines = table.lines
    let remedies = findings.filter { $0.remedy != nil && $0.state != .untried }
    if !remedies.isEmpty { lines.append("") }
    for finding in remedies {
      lines.append(Self.printable("  \(finding.area), \(finding.name): \(finding.remedy ?? "")"))
    }
    return lines + ["", verdict]
  }

  private func isSummed(_ finding: DoctorFinding) -> Bool {
    (finding.area == "probe" || finding.area == "act") && (finding.state == .ok || finding.state == .untried)
  }

  private func row(_ finding: DoctorFinding) -> [String] {
    [finding.area, Self.printable(finding.name), finding.state.rawValue, Self.printable(finding.text)]
  }

  var objects: [String] {
    var lines = findings.map { finding in
      var json = JSONText()
      json.beginObject()
      json.set("area", finding.area)
      json.set("name", finding.name)
      json.set("state", finding.state.rawValue)
      json.set("text", finding.text)
      json.set("help", ifPresent: finding.remedy)
      json.endObject()
      return String(decoding: json.bytes, as: UTF8.self)
    }
    var json = JSONText()
    json.beginObject()
    json.set("area", "verdict")
    json.set("name", "recording")
    json.set("state", exitStatus == 0 ? "ok" : exitStatus == 1 ? "limited" : "failed")
    json.set("text", verdict)
    json.endObject()
    lines.append(String(decoding: json.bytes, as: UTF8.self))
    return lines
  }

  /// Names of files and what the kernel says may hold anything.
  private static func printable(_ text: String) -> String { EventText.printable(Array(text.utf8)) }
}
