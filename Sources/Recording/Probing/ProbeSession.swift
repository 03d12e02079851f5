internal import BPF
internal import Events
internal import Posix
internal import ProbeRecords
internal import Probes

/// What the probes are to record, and how much room they have.
struct ProbeSettings {
  /// Bytes of each detail ring; the others follow from it.
  var ringSize: Int = 16 << 20
  /// Open files that the probes remember to have named; nil leaves it as it is.
  var definitionCapacity: Int?
  var recordsByDefault = true
  var isSubtreeOnly = false
  var hierarchy: UInt32 = 0
  var hostMountNamespace: UInt32 = 0
  var testing: UInt32 = 0
  var payload = PayloadLimits()
  var durations = CallDurations.blocked
  /// Names of files that the recorder remembers.
  var fileCapacity = 262_144
  /// Entries of the tables of processes and cgroups that are followed; nil leaves it as it is.
  var tableCapacity: Int?
  /// Probes that are not loaded.
  var leftOut: [String] = []
}

/// A probe that does not run: what it would have told is missing.
struct ProbeGap {
  var program: String
  var reason: String
}

/// The live probes: loaded, attached, and taken off when this goes away.
final class ProbeSession {
  private let object: LoadedObject
  private var attachments: [Box] = []
  let rings: RingSet
  private let exchange: MappedValue<at_exchange>
  private var configuration = at_configuration()
  private var settings: ProbeSettings
  /// What notes when calls begin or sleep.
  private var clock: Box?
  /// Probes that this kernel does not take, and without which the others work.
  private(set) var gaps: [ProbeGap] = []

  /// Arrays cannot hold what is not copyable.
  private final class Box {
    let attachment: Attachment
    init(_ attachment: consuming Attachment) { self.attachment = attachment }
  }

  /// Loads the probes; nothing is recorded before ``attach()``.
  init(_ settings: ProbeSettings, recipes: RecipeTable) throws {
    self.settings = settings
    var gaps = settings.leftOut.map { ProbeGap(program: $0, reason: "left out") }
    do {
      object = try Self.load(.recorder, settings)
    } catch BPFError.programRefused {
      // Kernels before 6.2 lack the cast that the fast probes read through.
      object = try Self.load(.recorder_by_call, settings, gaps: &gaps)
    }
    self.gaps = gaps
    rings = try RingSet(object, size: settings.ringSize)
    exchange = try MappedValue(try object.map(".data.exchange"))
    let table = try object.map("recipes")
    for (index, record) in recipes.records { try table.set(index, to: record) }
    configuration.recorder_tgid = Posix.processID
    configuration.record_by_default = settings.recordsByDefault ? 1 : 0
    configuration.subtree_only = settings.isSubtreeOnly ? 1 : 0
    configuration.hierarchy = settings.hierarchy
    configuration.testing = settings.testing
    configuration.host_mount_namespace = settings.hostMountNamespace
    try keep(settings.payload)
  }

  /// Keeps this much of payloads from now on.
  func keep(_ limits: PayloadLimits) throws {
    configuration.payload_limits = (
      0, limits.files, limits.sockets, limits.nameService, limits.terminals, limits.output, 0, 0
    )
    configuration.masks_hidden_input = limits.masksSecrets ? 1 : 0
    try writeConfiguration()
  }

  /// How many rings each of the two lanes with a ring a CPU has.
  static var ringCount: Int { get throws { try Processors.ringCount() } }

  private static let ringPrograms: Set<String> = ["on_ring_submit", "on_ring_refuse", "on_ring_complete"]

  /// Makes a request to io_uring whose event the recorder expects.
  func tryRing(_ path: String) throws(SystemError) {
    configuration.ring_test_tid = threadID
    try? writeConfiguration()
    defer {
      configuration.ring_test_tid = 0
      try? writeConfiguration()
    }
    try RequestRing.open(path)
  }

  private static func load(_ probe: ProbeObject, _ settings: ProbeSettings) throws -> LoadedObject {
    let file = try ObjectFile(probe.bytes, name: probe.name)
    let count = try Processors.ringCount()
    let processors = UInt32(try Processors.possible())
    for lane in ["ring_activity", "ring_detail"] { try file.setCapacity(of: lane, to: UInt32(count)) }
    for scratch in ["scratch_events", "scratch_definitions"] { try file.setCapacity(of: scratch, to: processors) }
    // The probes forget first, and then send the name again. An eighth: the recorder is sure of half of its names only, and
    // the kernel's choice of what was used the least is a rough one.
    try file.setCapacity(of: "definitions", to: UInt32(max(settings.fileCapacity / 8, 1024)))
    try file.setCapacity(of: "ring_lifecycle", to: UInt32(max(settings.ringSize / 4, 4096)))
    if let capacity = settings.definitionCapacity { try file.setCapacity(of: "definitions", to: UInt32(capacity)) }
    if let capacity = settings.tableCapacity {
      for table in ["subtree", "verdicts"] { try file.setCapacity(of: table, to: UInt32(capacity)) }
    }
    for program in settings.leftOut { try file.leaveOut(program) }
    try file.setConstant("ring_mask", to: UInt32(count - 1))
    return try file.load()
  }

  /// Loads what this kernel takes: a probe that it refuses is left out, if the others make sense without it.
  private static func load(
    _ probe: ProbeObject, _ settings: ProbeSettings, gaps: inout [ProbeGap]
  ) throws -> LoadedObject {
    var settings = settings
    while true {
      do {
        return try load(probe, settings)
      } catch let error as BPFError {
        guard case .programRefused(_, let program?, _, _) = error, !essential.contains(program),
          !settings.leftOut.contains(program)
        else { throw error }
        settings.leftOut.append(program)
        // io_uring's hooks and structs differ between kernels: what is not read of it is told by its own cause of loss.
        if ringPrograms.contains(program) { continue }
        gaps.append(ProbeGap(program: program, reason: "\(error)"))
      }
    }
  }

  /// The names of all probes.
  static func programs() throws -> [String] {
    try ObjectFile(ProbeObject.recorder.bytes, name: ProbeObject.recorder.name).programs
  }

  /// Loads one probe and puts it on its hook for a moment; nothing is recorded.
  ///
  /// - Returns: How many instructions the kernel verified.
  static func tryAlone(_ program: String) throws -> UInt32 {
    var settings = ProbeSettings(ringSize: 4096, fileCapacity: 8192)
    settings.leftOut = try programs().filter { $0 != program }
    let object: LoadedObject
    do {
      object = try load(.recorder, settings)
    } catch BPFError.programRefused {
      object = try load(.recorder_by_call, settings)
    }
    if program == sleepers { _ = try object.rows(of: program) } else { _ = try object.attach(program) }
    return try object.statistics(of: program).verifiedInstructions
  }

  /// Without these there is no story to tell.
  static let essential: Set<String> = ["on_sys_exit", "on_fork", "on_exec", "on_exit", "on_cgroup_mkdir"]

  /// Births first: whoever is born while the others are put on is told of.
  private static func rank(_ program: String) -> Int { program == "on_fork" ? 0 : program == "on_sys_exit" ? 2 : 1 }

  /// Puts every probe on its hook, the one that sees every call last.
  func attach() throws {
    let programs = object.programs.filter { $0 != Self.sleepers && !Self.clocks.values.contains($0) }
    try startClock()
    for program in programs.sorted(by: { (Self.rank($0), $0) < (Self.rank($1), $1) }) {
      do {
        attachments.append(Box(try object.attach(program)))
      } catch {
        guard !Self.essential.contains(program) else { throw error }
        if Self.ringPrograms.contains(program) { continue }
        gaps.append(ProbeGap(program: program, reason: "\(error)"))
      }
    }
  }

  private static let sleepers = "list_sleepers"
  private static let clocks: [CallDurations: String] = [.all: "on_sys_enter", .blocked: "on_switch"]

  private func startClock() throws {
    guard let program = Self.clocks[settings.durations], object.programs.contains(program) else { return }
    clock = Box(try object.attach(program))
  }

  /// Gives these calls durations from now on. A call that is going on has none.
  func time(_ durations: CallDurations) throws {
    clock = nil
    settings.durations = durations
    configuration.generation += 1
    try writeConfiguration()
    try startClock()
  }

  /// The calls that recorded tasks sleep in now, as records flagged as unfinished.
  func sleepingCalls() throws -> [UInt8] { try object.rows(of: Self.sleepers) }

  /// Takes the probes off; what is in the rings can still be drained.
  func detach() {
    attachments = []
    clock = nil
  }

  /// From now on a ring that fills up wakes whoever waits for the urgent one: nobody comes by to look.
  func rest() { exchange.pointer.pointee.rest = UInt32(clamping: rings.smallestCapacity / 4) }
  var isResting: Bool { exchange.pointer.pointee.rest != 0 }
  func endRest() { exchange.pointer.pointee.rest = 0 }

  private func writeConfiguration() throws {
    try object.map(".data.configuration").set(UInt32(0), to: configuration)
  }

  func record(cgroup: CgroupID) throws {
    try object.map("verdicts").set(cgroup.rawValue, to: AT_VERDICT_RECORD.rawValue | (shed[cgroup.rawValue] ?? 0))
  }

  /// Leaves a cgroup's events in the kernel, or does not any more. One that is gone is nobody's loss.
  func pass(by isIgnored: Bool, _ cgroup: CgroupID) {
    let verdict = isIgnored ? AT_VERDICT_IGNORE : AT_VERDICT_DEFAULT
    try? object.map("verdicts").set(cgroup.rawValue, to: verdict.rawValue | (shed[cgroup.rawValue] ?? 0))
    // A call that slept while it was recorded, and ends while it is not, leaves the beginning of its sleep behind.
    configuration.generation += 1
    try? writeConfiguration()
  }

  func record(mountNamespace: UInt32) throws {
    try object.map("namespaces").set(mountNamespace, to: AT_VERDICT_RECORD.rawValue)
  }

  /// The namespace is gone, or no container's any more: its number may become another's.
  func forget(mountNamespace: UInt32) throws { try object.map("namespaces").remove(mountNamespace) }

  /// Records a process and what it will fork.
  func record(subtreeOf pid: UInt32) throws { try object.map("subtree").set(pid, to: UInt8(1)) }

  /// Leaves these lanes of a cgroup's calls in the kernel, counted; none: takes all in again.
  func shed(_ lanes: Set<Lane>, of cgroup: UInt64) {
    let bits = lanes.reduce(UInt32(0)) { $0 | 1 << (UInt32(AT_SHED_SHIFT) + UInt32($1.rawValue)) }
    if settings.isSubtreeOnly {
      // Whose cgroup it is is not asked there: only what was asked for is recorded.
      configuration.shed = bits
      try? writeConfiguration()
      return
    }
    let before: UInt32? = try? object.map("verdicts").value(of: cgroup)
    shed[cgroup] = bits == 0 ? nil : bits
    // One that is gone meanwhile has taken its entry along.
    if before == nil && bits == 0 { return }
    try? object.map("verdicts").set(cgroup, to: (before ?? 0) & AT_VERDICT_MASK | bits)
  }

  private var shed: [UInt64: UInt32] = [:]

  /// Times that a probe was not run because one was running on that CPU.
  func recursionMisses() -> UInt64 {
    object.programs.reduce(0) { $0 + ((try? object.statistics(of: $1))?.recursionMisses ?? 0) }
  }

  /// One CPU's account of one cause in one cgroup and lane, as it stands.
  struct Loss {
    var key: at_loss_key
    var processor: Int
    var value: at_loss
  }

  /// Every loss so far, and a new epoch: the next reading tells when the losses after this one were.
  ///
  /// - Parameter onlyIfNew: Where none was counted since, none is read: to go through the kernel's table costs as much
  ///   as a thousand records. Two CPUs can miss each other's note of a loss; the next reading without this has it.
  func readLosses(onlyIfNew: Bool) throws -> [Loss] {
    if onlyIfNew, exchange.pointer.pointee.losses == 0 { return [] }
    exchange.pointer.pointee.losses = 0
    let map = try object.map("losses")
    var result: [Loss] = []
    for key in try map.keys(as: at_loss_key.self) {
      let values: [at_loss] = try map.valuePerProcessor(of: key) ?? []
      for (processor, value) in values.enumerated() where value.count > 0 {
        result.append(Loss(key: key, processor: processor, value: value))
      }
    }
    if !result.isEmpty {
      configuration.loss_epoch += 1
      try writeConfiguration()
    }
    return result
  }

  /// Gives the room of accounts back that nothing is lost in any more, and what stood in them at the end.
  func closeLosses(_ keys: some Sequence<at_loss_key>) throws -> [Loss] {
    let map = try object.map("losses")
    return try keys.flatMap { key in
      let values: [at_loss] = try map.takeValuePerProcessor(of: key) ?? []
      return values.enumerated().filter { $1.count > 0 }.map { Loss(key: key, processor: $0, value: $1) }
    }
  }

}

/// Lists the processes of the machine. Loaded before it is needed: between the probes and the list nothing may take time.
final class ProcessLister {
  private let object: LoadedObject

  init(hierarchy: UInt32) throws {
    let file = try ObjectFile(ProbeObject.tasks.bytes, name: "tasks")
    try file.setConstant("hierarchy", to: hierarchy)
    object = try file.load()
  }

  func verifiedInstructions() throws -> UInt32 { try object.statistics(of: "list_processes").verifiedInstructions }

  /// The processes that are there now, as exec records flagged as scanned.
  func rows() throws -> [UInt8] { try object.rows(of: "list_processes") }
}
