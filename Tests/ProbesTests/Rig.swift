import BPF
import Glibc
import Posix
import ProbeRecords
import Probes

/// The live probes on this machine's kernel, recording one subtree of processes into rings that a test reads.
struct Rig: ~Copyable {
  let object: LoadedObject
  private let attachments: Attachments
  private var lifecycle: RingReader
  private var urgent: RingReader
  private var others: Rings
  private var configuration: at_configuration

  /// Why these tests cannot run here; nil when they can.
  static let obstacle: String? = {
    if geteuid() != 0 { return "not root" }
    if access(ObjectFile.typeInformationPath, R_OK) != 0 { return "no \(ObjectFile.typeInformationPath)" }
    #if !arch(x86_64)
      return "the tests' recipes are for x86-64"
    #else
      return nil
    #endif
  }()

  /// - Parameter scratchCount: CPUs that have scratch space; all when nil.
  init(
    program: ProbeObject = .recorder, ringSize: Int = 1 << 22, testing: UInt32 = 0, scratchCount: UInt32? = nil
  ) throws {
    let file = try ObjectFile(program.bytes, name: program.name)
    let processors = try Processors.possible()
    let rings = try Processors.ringCount()
    for lane in ["ring_activity", "ring_detail"] { try file.setCapacity(of: lane, to: UInt32(rings)) }
    for scratch in ["scratch_events", "scratch_definitions"] {
      try file.setCapacity(of: scratch, to: scratchCount ?? UInt32(processors))
    }
    try file.setCapacity(of: "ring_lifecycle", to: UInt32(ringSize))
    try file.setConstant("ring_mask", to: UInt32(rings - 1))
    let loaded = try file.load()
    let first = try RingReader(loaded.map("ring_lifecycle"))
    let second = try RingReader(loaded.map("ring_urgent"))
    let third = try Rings(loaded, lanes: ["ring_activity", "ring_detail"], count: rings, size: ringSize)
    var settings = at_configuration()
    settings.subtree_only = 1
    settings.testing = testing
    let recipes = try loaded.map("recipes")
    for (number, recipe) in Call.recipes { try recipes.set(UInt32(number), to: recipe) }
    try loaded.map(".data.configuration").set(UInt32(0), to: settings)
    let attached = try Attachments(loaded)
    object = loaded
    lifecycle = first
    urgent = second
    others = third
    attachments = attached
    configuration = settings
  }

  mutating func configure(_ change: (inout at_configuration) -> Void) throws {
    change(&configuration)
    try object.map(".data.configuration").set(UInt32(0), to: configuration)
  }

  /// Records a process from here on, and what it will fork.
  func include(_ process: pid_t) throws { try object.map("subtree").set(UInt32(process), to: UInt8(1)) }
  func exclude(_ process: pid_t) throws { try object.map("subtree").remove(UInt32(process)) }

  /// Runs a shell script to its end, recorded from its first line; answers the shell's pid and wait status.
  @discardableResult
  func run(_ script: String) throws -> (process: pid_t, status: Int32) {
    var gate: (Int32, Int32) = (0, 0)
    withUnsafeMutableBytes(of: &gate) { _ = pipe($0.assumingMemoryBound(to: Int32.self).baseAddress!) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, gate.0, 0)
    posix_spawn_file_actions_addclose(&actions, gate.0)
    posix_spawn_file_actions_addclose(&actions, gate.1)
    var process: pid_t = 0
    let words: [String] = ["/bin/sh", "-c", "read go; " + script]
    var arguments = words.map { word -> UnsafeMutablePointer<CChar>? in strdup(word) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    guard posix_spawn(&process, "/bin/sh", &actions, nil, &arguments, environ) == 0 else { throw Refusal() }
    Glibc.close(gate.0)
    awaitRead(process)
    try include(process)
    Glibc.write(gate.1, "\n", 1)
    Glibc.close(gate.1)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return (process, status)
  }

  /// Waits until a process sleeps in read(0): what it did before is not part of the workload.
  private func awaitRead(_ process: pid_t) {
    for _ in 0..<2000 {
      if let file = try? FileDescriptor.open("/proc/\(process)/syscall", flags: O_RDONLY) {
        var bytes = [UInt8](repeating: 0, count: 8)
        let length = bytes.withUnsafeMutableBytes { read(file.number, $0.baseAddress, $0.count) }
        if length > 5, bytes.starts(with: Array("0 0x0 ".utf8)) { return }
      }
      usleep(1000)
    }
  }

  /// All records so far, merged by time.
  mutating func records() -> [Record] {
    var records = drain(&lifecycle) + drain(&urgent) + others.drain()
    records.sort { $0.header.time < $1.header.time }
    return records
  }

  /// Losses by cause, over all CPUs.
  func losses(_ cause: at_loss_cause, lane: at_lane? = nil) throws -> (count: UInt64, first: UInt64, last: UInt64) {
    let map = try object.map("losses")
    var sum: (count: UInt64, first: UInt64, last: UInt64) = (0, .max, 0)
    for key in try map.keys(as: at_loss_key.self) where key.cause == cause.rawValue {
      if let lane, key.lane != lane.rawValue { continue }
      for loss in try map.valuePerProcessor(of: key, as: at_loss.self) ?? [] where loss.count > 0 {
        sum = (sum.count + loss.count, min(sum.first, loss.first), max(sum.last, loss.last))
      }
    }
    return sum
  }

  struct Refusal: Error {}
}

private func drain(_ ring: inout RingReader) -> [Record] {
  var records: [Record] = []
  while let bytes = ring.front() {
    records.append(Record(bytes: Array(bytes)))
    ring.advance()
  }
  ring.commit()
  return records
}

/// Owners of what arrays cannot hold.
private final class Attachments {
  private var list: InlineArray<24, Attachment?>

  init(_ object: borrowing LoadedObject) throws {
    list = InlineArray { _ in nil }
    let apart: Set<String> = ["list_sleepers", "on_sys_enter"]
    for (index, program) in object.programs.filter({ !apart.contains($0) }).enumerated() {
      list[index] = try object.attach(program)
    }
  }
}

private final class Rings {
  private final class One {
    var reader: RingReader
    let map: KernelMap
    init(_ map: consuming KernelMap) throws {
      reader = try RingReader(map)
      self.map = map
    }
  }
  private var list: [One] = []

  init(_ object: borrowing LoadedObject, lanes: [String], count: Int, size: Int) throws {
    for lane in lanes {
      let outer = try object.map(lane)
      for index in 0..<count {
        let ring = try KernelMap.ring(name: "test_ring", capacity: size)
        try outer.set(UInt32(index), to: ring)
        list.append(try One(ring))
      }
    }
  }

  func drain() -> [Record] { list.flatMap { ProbesTests.drain(&$0.reader) } }
}
