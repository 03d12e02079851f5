internal import JSON
internal import Posix

/// Packets: the highest rate without loss, next to `tcpdump -w` on the same traffic in the same run.
///
/// A network namespace of the bench's own is a container's; who sends in it is none of the container's processes, so that
/// packets are measured and not the sender's calls.
struct PacketBenchmarks {
  let bench: Workbench

  private static let near = "at-bench-near"
  private static let far = "at-bench-far"
  private static let port: UInt16 = 4242
  private static let seconds = 2
  /// Of packets a second that are tried, the lowest; each step is half as much again.
  private static let firstRate = 40_000.0
  private static let steps = 7

  private struct Way {
    var name: String
    var address: String
    /// Where the one is who takes the packets.
    var receiver: String
  }

  private static let ways = [
    Way(name: "veth", address: "10.79.0.2", receiver: far), Way(name: "loopback", address: "127.0.0.1", receiver: near),
  ]

  /// What one recording of one flood came to.
  private struct Trial {
    var sent: Double
    var kept: Double
    var seconds: Double
    var isWhole: Bool { kept >= sent }
    var rate: Double { sent / seconds }
  }

  func run() throws {
    say("\nPackets, the highest rate without loss, whole packets kept (record --packets all, tcpdump -w)")
    for program in ["ip", "tcpdump", "nsenter"] {
      guard (try? shell("command -v \(program)")) != nil else { throw Refusal(reason: "\(program) is not installed") }
    }
    removeNamespaces()
    defer { removeNamespaces() }
    try shell(
      """
      ip netns add \(Self.near) && ip netns add \(Self.far) &&
      ip -n \(Self.near) link add v0 type veth peer name v0 netns \(Self.far) &&
      ip -n \(Self.near) address add 10.79.0.1/24 dev v0 && ip -n \(Self.far) address add 10.79.0.2/24 dev v0 &&
      ip -n \(Self.near) link set v0 up && ip -n \(Self.far) link set v0 up && ip -n \(Self.near) link set lo up
      """)
    let container = try LabContainer(number: 77)
    defer { container.remove() }
    try container.start("exec nsenter --net=/run/netns/\(Self.near) sleep 1000")
    try pause(seconds: 1)
    for way in Self.ways {
      for size in [64, 1400] { try compare(way, size: size, container) }
    }
    try idle(container)
  }

  /// One rate after the other, each recorded by one and then the other, until both have lost.
  private func compare(_ way: Way, size: Int, _ container: LabContainer) throws {
    var best = (ours: 0.0, theirs: 0.0)
    var goesOn = (ours: true, theirs: true)
    var rate = Self.firstRate
    var fastest = 0.0
    for _ in 0..<Self.steps where goesOn.ours || goesOn.theirs {
      if goesOn.theirs {
        let trial = try underTcpdump(way, size: size, rate: rate)
        if trial.isWhole { best.theirs = max(best.theirs, trial.rate) }
        goesOn.theirs = trial.isWhole
        fastest = max(fastest, trial.rate)
      }
      if goesOn.ours {
        let trial = try underRecorder(way, size: size, rate: rate, container)
        if trial.isWhole { best.ours = max(best.ours, trial.rate) }
        goesOn.ours = trial.isWhole
        fastest = max(fastest, trial.rate)
      }
      // The sender can no more.
      if fastest < rate * 0.9 { break }
      rate *= 1.5
    }
    let megabytes = { (rate: Double) in decimal(rate * Double(size + 42) / 1e6, 0) }
    report(
      "\(way.name), \(size) bytes: tcpdump -w",
      "\(decimal(best.theirs / 1000, 0)) k packets/s, \(megabytes(best.theirs)) MB/s")
    report(
      "\(way.name), \(size) bytes: aftertrace",
      "\(decimal(best.ours / 1000, 0)) k packets/s, \(megabytes(best.ours)) MB/s")
    let ratio = best.ours / max(best.theirs, 1)
    report("\(way.name), \(size) bytes: of tcpdump's", decimal(ratio, 2), target: 0.9, isMet: ratio >= 0.9)
  }

  private func underTcpdump(_ way: Way, size: Int, rate: Double) throws -> Trial {
    let path = bench.directory + "/peer.pcap"
    let pipe = try Pipe()
    let child = try Watchdog.start(
      ProgramLaunch(
        "/usr/bin/env",
        [
          "nsenter", "--net=/run/netns/" + Self.near, "tcpdump", "-i", "any", "-s", "65535", "-w", path, "-Z", "root",
          "udp port \(Self.port)",
        ], errorOutput: pipe.writing.number))
    let errors = pipe.closeWriting()
    var said: [UInt8] = []
    while !String(decoding: said, as: UTF8.self).contains("listening on") {
      guard try errors.appendAvailable(to: &said) else { throw Refusal(reason: String(decoding: said, as: UTF8.self)) }
    }
    let (sent, seconds) = try flood(way, size: size, rate: rate)
    try pause(milliseconds: 500)
    try child.signal(2)
    said += try errors.readToEnd()
    _ = try Watchdog.wait(for: child)
    try? File.remove(path)
    let lines = String(decoding: said, as: UTF8.self).split(separator: "\n")
    func count(_ what: String) -> Double? {
      lines.first { $0.hasSuffix(what) }?.split(separator: " ").first.flatMap { Double($0) }
    }
    guard let kept = count("captured") else { throw Refusal(reason: "tcpdump did not say what it captured") }
    return Trial(sent: sent, kept: kept, seconds: seconds)
  }

  private func underRecorder(_ way: Way, size: Int, rate: Double, _ container: LabContainer) throws -> Trial {
    let path = bench.directory + "/packets.pcapng"
    try? File.remove(path)
    let recorder = try BackgroundRecorder([
      bench.aftertrace, "record", "-o", path, "--max-size", "8G", "--container", container.id, "--packets", "all",
      "--packet-filter", "udp port \(Self.port)",
    ])
    // Until the namespace is looked at.
    try pause(milliseconds: 500)
    let (sent, seconds) = try flood(way, size: size, rate: rate)
    try pause(milliseconds: 500)
    _ = try recorder.stop()
    let kept = try bench.info(path).facts["packets"]?.integer ?? 0
    try? File.remove(path)
    return Trial(sent: sent, kept: Double(kept), seconds: seconds)
  }

  /// Sends at a rate, where somebody takes it.
  private func flood(_ way: Way, size: Int, rate: Double) throws -> (sent: Double, seconds: Double) {
    let sink = try Watchdog.start(
      ProgramLaunch(
        "/usr/bin/env",
        ["nsenter", "--net=/run/netns/" + way.receiver, bench.own, "--sink", way.address, "\(Self.port)"]))
    defer {
      try? sink.signal(9)
      _ = try? Watchdog.wait(for: sink)
    }
    try pause(milliseconds: 200)
    let result = try ProgramLaunch(
      "/usr/bin/env",
      [
        "nsenter", "--net=/run/netns/" + Self.near, bench.own, "--blast", way.address, "\(Self.port)", "\(size)",
        "\(Int(rate))", "\(Self.seconds)",
      ]
    ).run()
    let numbers = result.text.split(separator: " ").compactMap { Double($0.filter { $0 != "\n" }) }
    guard numbers.count == 2, numbers[0] > 0 else { throw Refusal(reason: "nothing was sent: \(result.text)") }
    return (numbers[0], numbers[1])
  }

  /// What a recorder costs whose container is silent, with packets and without.
  private func idle(_ container: LabContainer) throws {
    var shares: [Double] = []
    for mode in ["off", "headers"] {
      let path = bench.directory + "/idle.pcapng"
      try? File.remove(path)
      let recorder = try BackgroundRecorder([
        bench.aftertrace, "record", "-o", path, "--container", container.id, "--packets", mode,
      ])
      try pause(seconds: 1)
      let before = try recorder.processorNanoseconds
      try pause(seconds: 8)
      shares.append((try recorder.processorNanoseconds - before) / 8e9 * 100)
      _ = try recorder.stop()
    }
    report(
      "a container without traffic: CPU with packets, without",
      "\(decimal(shares[1], 2)) %, \(decimal(shares[0], 2)) %",
      target: 0.25, isMet: shares[1] - shares[0] <= 0.25)
  }

  @discardableResult
  private func shell(_ script: String) throws -> String {
    let result = try ProgramLaunch("/bin/sh", ["-c", script]).run(mergingErrors: true)
    guard result.end == .exited(0) else { throw Refusal(reason: result.text) }
    return result.text
  }

  private func removeNamespaces() {
    for name in [Self.near, Self.far] { _ = try? shell("ip netns delete \(name) 2>/dev/null") }
  }
}

/// Sends datagrams, as many a second as it is told, or as it can.
enum Blaster {
  /// `--blast ADDRESS PORT BYTES RATE SECONDS`: prints how many were sent, and in how many seconds.
  static func run(to address: String, port: UInt16, size: Int, rate: Int, seconds: Int) throws {
    let socket = try UDPSocket(to: address, port: port)
    let datagram = [UInt8](repeating: UInt8(ascii: "x"), count: size)
    let start = Clock.monotonic
    let end = start + UInt64(seconds) * 1_000_000_000
    var sent = 0
    let pause = try WakeUp()
    try datagram.withUnsafeBytes { bytes in
      while true {
        let now = Clock.monotonic
        if now >= end { break }
        // What is due by now; a pause where there is nothing.
        let due = Int(Double(now - start) * Double(rate) / 1e9)
        if due <= sent {
          pause.wait(milliseconds: 1)
          continue
        }
        for _ in 0..<min(due - sent, 64) {
          try socket.descriptor.write(bytes)
          sent += 1
        }
      }
    }
    say("\(sent) \(Double(Clock.monotonic - start) / 1e9)")
  }

  /// `--sink ADDRESS PORT`: a port that takes what comes and reads nothing, so that nobody answers that it is closed.
  static func sink(at address: String, port: UInt16) throws {
    let socket = try UDPSocket(at: address, port: port)
    while true { try WakeUp().wait(milliseconds: 60_000) }
    _ = socket
  }
}
