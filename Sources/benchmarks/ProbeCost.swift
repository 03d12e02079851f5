internal import BPF
internal import Glibc
internal import ProbeRecords
internal import Probes

/// What our probe adds to a system call, against the least that any probe of its kind adds.
///
/// One process on one CPU reads and writes single bytes; the variants take turns, and each shows its lower quartile of
/// CPU time, because the machine's other work only ever adds.
struct ProbeCost {
  private static let callsPerBatch = 100_000
  private static let ringSize = 1 << 24
  private let source = Glibc.open("/dev/zero", O_RDONLY | O_CLOEXEC)
  private let sink = Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)

  func run(rounds: Int = 12) throws {
    var variants: [Variant] = [Variant(name: "untraced")]
    variants.append(try bare("bare_reject", name: "bare probe that rejects", watched: false))
    variants.append(try recorder(name: "recorder, unwatched", verdict: AT_VERDICT_DEFAULT))
    variants.append(try recorder(name: "recorder, ignored cgroup", verdict: AT_VERDICT_IGNORE))
    variants.append(try bare("bare_record", name: "bare probe that fills a ring", watched: true))
    variants.append(try recorder(name: "recorder, watched", verdict: AT_VERDICT_RECORD))
    variants.append(
      try recorder(name: "recorder before 6.2, watched", verdict: AT_VERDICT_RECORD, program: .recorder_by_call))
    for _ in 0..<rounds {
      for variant in variants { try measure(variant) }
    }
    let base = variants[0].nanoseconds
    for variant in variants {
      print(
        "\(variant.name.padded(to: 32))\(Int(variant.nanoseconds)) ns a call, \(Int(variant.nanoseconds - base)) added")
    }
    func ratio(_ one: Int, _ other: Int) -> String {
      let hundredths = Int((variants[one].nanoseconds - base) / (variants[other].nanoseconds - base) * 100)
      return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
    print("unwatched against a bare rejecting probe: \(ratio(2, 1)) (target 1.15)")
    print("watched against a bare probe that fills a ring: \(ratio(5, 4)) (target 1.30)")
  }

  private func measure(_ variant: Variant) throws {
    try variant.attach()
    defer { variant.detach() }
    _ = batch(1000)
    var total = 0.0
    for _ in 0..<4 {
      variant.emptyRing()
      total += batch(Self.callsPerBatch)
    }
    variant.samples.append(total / 4)
  }

  /// CPU time of a call, in nanoseconds.
  private func batch(_ calls: Int) -> Double {
    var byte: UInt8 = 0
    let start = processorTime()
    for _ in 0..<calls / 2 {
      _ = read(source, &byte, 1)
      _ = write(sink, &byte, 1)
    }
    return Double(processorTime() - start) / Double(calls)
  }

  private func processorTime() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  private func bare(_ program: String, name: String, watched: Bool) throws -> Variant {
    let object = try ObjectFile(ProbeObject.bare.bytes, name: "bare").load()
    if watched { try object.map("bare_verdicts").set(ownCgroup(), to: AT_VERDICT_RECORD.rawValue) }
    let ring = try RingReader(object.map("bare_ring"))
    return Variant(name: name, program: program, object: object, ring: watched ? consume ring : nil)
  }

  private func recorder(name: String, verdict: at_verdict, program: ProbeObject = .recorder) throws -> Variant {
    let file = try ObjectFile(program.bytes, name: program.name)
    for scratch in ["scratch_events", "scratch_definitions"] {
      try file.setCapacity(of: scratch, to: UInt32(Processors.possible()))
    }
    let object = try file.load()
    let activity = try KernelMap.ring(name: "bench_activity", capacity: 1 << 20)
    let detail = try KernelMap.ring(name: "bench_detail", capacity: Self.ringSize)
    try object.map("ring_activity").set(0, to: activity)
    try object.map("ring_detail").set(0, to: detail)
    var configuration = at_configuration()
    var status = stat()
    stat("/proc/self/ns/mnt", &status)
    configuration.host_mount_namespace = UInt32(status.st_ino)
    try object.map(".data.configuration").set(UInt32(0), to: configuration)
    var recipe = at_recipe()
    recipe.form = UInt8(AT_FORM_TRANSFER.rawValue)
    recipe.lane = UInt8(AT_LANE_DETAIL.rawValue)
    recipe.descriptor = 1
    recipe.count = 3
    #if arch(arm64)
      let transfers: [UInt32] = [63, 64].map { UInt32(AT_ABI_ARM64.rawValue) * UInt32(AT_CALLS_PER_ABI) + $0 }
    #else
      let transfers: [UInt32] = [0, 1]
    #endif
    for number in transfers { try object.map("recipes").set(number, to: recipe) }
    if verdict != AT_VERDICT_DEFAULT { try object.map("verdicts").set(ownCgroup(), to: verdict.rawValue) }
    let isWatched = verdict == AT_VERDICT_RECORD
    let ring = try RingReader(detail)
    return Variant(name: name, program: "on_sys_exit", object: object, ring: isWatched ? consume ring : nil)
  }

  /// The id of this process's cgroup in the v2 hierarchy: its directory's inode.
  private func ownCgroup() throws -> UInt64 {
    var text = [UInt8](repeating: 0, count: 8192)
    let file = Glibc.open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC)
    let length = max(read(file, &text, text.count), 0)
    close(file)
    for line in String(decoding: text[..<length], as: UTF8.self).split(separator: "\n") where line.hasPrefix("0::") {
      for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
        var status = stat()
        let path = root + line.dropFirst(3)
        if access("\(root)/cgroup.controllers", F_OK) == 0, stat(path, &status) == 0 { return UInt64(status.st_ino) }
      }
    }
    throw BPFError.absent(what: "v2 cgroup", name: "/proc/self/cgroup")
  }
}

/// One way of tracing, with what was measured so far.
private final class Variant {
  let name: String
  var samples: [Double] = []
  private let program: String?
  private let object: LoadedObject?
  private var ring: RingReader?
  private var attachment: Attachment?

  init(name: String) {
    self.name = name
    program = nil
    object = nil
    ring = nil
  }

  init(name: String, program: String, object: consuming LoadedObject, ring: consuming RingReader?) {
    self.name = name
    self.program = program
    self.object = consume object
    self.ring = consume ring
  }

  var nanoseconds: Double { samples.sorted()[samples.count / 4] }

  func attach() throws {
    if let program { attachment = try object?.attach(program) }
  }

  func detach() { attachment = nil }

  func emptyRing() {
    while ring?.front() != nil { ring?.advance() }
    ring?.commit()
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 1)) }
}
