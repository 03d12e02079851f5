internal import Arguments
internal import CaptureFormat
internal import Events
internal import Packets
internal import Posix
internal import Recording

/// `record`: from the probes to a file, until a signal, the time, the size or the command's end.
func runRecord(_ invocation: Invocation) throws -> Int32 {
  // First of all: every thread that is started later inherits the blocked signals.
  let signals = try SignalSource([
    SignalSource.interrupt, SignalSource.terminate, SignalSource.hangUp, SignalSource.childEnded,
  ])
  let path = invocation.value(of: "output") ?? defaultName()
  var options = RecordingOptions(
    output: path == "-" ? nil : path, toolVersion: program.version,
    commandLine: (["record"] + (invocation.trailing.map { ["--", $0[0]] } ?? [])).joined(separator: " "))
  options.containers = invocation.values(of: "container")
  options.command = invocation.trailing
  options.filter = try invocation.value(of: "filter").map { try FilterWish.compile($0) }
  options.duration = invocation.duration(of: "for")
  if let size = invocation.size(of: "max-size") { options.sizeLimit = size }
  if let size = invocation.size(of: "ring-size") { options.ringSize = powerOfTwo(atLeast: size) }
  options.payload = payloadLimits(invocation)
  if let durations = invocation.value(of: "durations").flatMap(CallDurations.init(rawValue:)) {
    options.durations = durations
  }
  options.forced = forcedLosses()
  options.packets = try packetOptions(invocation)
  if let command = options.command, command.isEmpty {
    throw CommandFailure("record: no command after `--`", status: 64)
  }

  let file = try openOutput(path)
  do throws(RecordingError) {
    let recorder = try Recorder(options, output: file)
    let summary = try recorder.run(signals: signals) {
      giveUpPrivileges()
      complain("recording to \(path): probes are live")
    }
    report(summary, path)
    if summary.writeError != nil { return 2 }
    return summary.commandStatus.map { ExitStatus(waitStatus: $0).shellCode } ?? 0
  } catch {
    if path != "-" { removeIfEmpty(path) }
    throw CommandFailure(error.description, remedy: error.remedy)
  }
}

/// What the tests of losses ask for.
func forcedLosses() -> ForcedLosses {
  var forced = ForcedLosses()
  forced.losesDefinitions = environmentVariable("AFTERTRACE_TEST_LOSE_DEFINITIONS") != nil
  forced.tableCapacity = environmentVariable("AFTERTRACE_TEST_TABLE_CAPACITY").flatMap { Int($0) }
  forced.leftOutProbes = environmentVariable("AFTERTRACE_TEST_WITHOUT_PROBE").map { [$0] } ?? []
  return forced
}

private func packetOptions(_ invocation: Invocation) throws -> PacketOptions {
  var options = PacketOptions(
    mode: invocation.choice(of: "packets").flatMap(PacketOptions.Mode.init(rawValue:)) ?? .headers,
    filter: invocation.value(of: "packet-filter"))
  if let length = invocation.size(of: "packet-snaplen") {
    options.snapLength = Int(min(length, UInt64(PacketOptions.snapLimit)))
  }
  guard let filter = options.filter else { return options }
  do throws(PacketError) { try PacketSource.check(filter: filter) } catch {
    throw CommandFailure(
      "--packet-filter \(filter): \(error)", remedy: "see pcap-filter(7); such as `tcp port 443 or udp port 53`",
      status: 64)
  }
  return options
}

private func payloadLimits(_ invocation: Invocation) -> PayloadLimits {
  if invocation.isSet("no-payload") { return .off }
  var limits = PayloadLimits()
  if let length = invocation.size(of: "snaplen") {
    limits.files = UInt32(min(length, UInt64(PayloadLimits.greatest)))
    limits.sockets = limits.files
    // A length that was asked for is not less where more is kept by itself.
    limits.output = max(limits.output, limits.files)
  }
  limits.masksSecrets = !invocation.isSet("no-mask")
  return limits
}

/// What loaded the probes is not needed any longer. A recorder that keeps it records all the same, and says so.
func giveUpPrivileges() {
  do throws(SystemError) {
    try Privileges.restrict(to: .liveRecorder)
  } catch {
    complain("capabilities are kept: \(error)")
  }
}

private func openOutput(_ path: String) throws -> FileDescriptor {
  do throws(SystemError) {
    return try path == "-" ? .duplicate(of: StandardStream.output.rawValue) : .createForAppending(path)
  } catch {
    throw CommandFailure(
      "\(error)", remedy: error.isExisting ? "captures are never overwritten: choose another name with -o" : nil)
  }
}

/// A recording that never began leaves no file behind.
private func removeIfEmpty(_ path: String) {
  guard let file = try? FileDescriptor.open(path, flags: 0), (try? file.length()) == 0 else { return }
  try? File.remove(path)
}

private func report(_ summary: RecordingSummary, _ path: String) {
  let lost = summary.lostCount == 0 ? "nothing lost" : "\(countText(summary.lostCount)) lost"
  complain(
    "\(countText(summary.eventCount)) events, \(lost), \(sizeText(summary.bytesWritten)) in \(path): \(summary.reason)")
  if let error = summary.writeError {
    complain(
      CommandFailure(
        path == "-" ? "standard output: \(error)" : "\(path): \(error)",
        remedy: path == "-"
          ? nil : "what was written is readable: `aftertrace info \(path)`; make room and record again"))
  }
}

/// `host-20261124-204107.pcapng`
private func defaultName() -> String {
  "\(hostName)-\(CalendarTime(WallTime(nanoseconds: Clock.real)).fileStamp).pcapng"
}

/// The kernel's rings are powers of two, of a page at least.
func powerOfTwo(atLeast size: UInt64) -> Int {
  var result = 4096
  while result < min(size, 1 << 30) { result *= 2 }
  return result
}
