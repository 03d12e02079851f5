internal import CaptureFormat
internal import Events
internal import ProbeRecords

// How processes come into containers, and how containers live.
//
// A runtime forks a process on the host, puts it into the container's cgroup and namespaces, and lets it run the
// container's program last. Until then it is the runtime's: set-up. The first that runs something is the container's first
// process; each later one was let in from outside (docker exec).

extension EventDecoder {
  /// A process was put into another cgroup: one that comes from outside of the container sets it up.
  mutating func noteAttach(_ body: at_cgroup) {
    let key = attribution.place(cgroup: body.cgroup, mountNamespace: 0).container
    guard key != .host, body.attached_tgid == body.attached_tid else { return }
    let number = processes.enter(
      ProcessKey(pid: body.attached_tgid, start: BootTime(nanoseconds: body.attached_leader_start)))
    guard processes[number].cgroupContainer != key else { return }
    processes[number].container = key
    processes[number].cgroupContainer = key
    processes[number].marks.insert(.runtimeSetUp)
  }

  /// A child has its parent's program, and is born into the container by whoever sets it up.
  mutating func inheritMarks(from parent: Int, to child: Int, _ header: at_header) {
    let key = processes[child].container
    processes[child].cgroupContainer = key
    // Of `runc exec` this one goes into the namespaces first and never into the cgroup: it makes the one that does.
    if processes[parent].comm.starts(with: Self.runtimeName),
      attribution.place(cgroup: header.cgroup, mountNamespace: header.mount_namespace).isEnteredFromOutside
    {
      processes[parent].marks.insert(.runtimeSetUp)
    }
    var marks = processes[parent].marks.intersection(.ofImage)
    if key != .host {
      let isBornInto = attribution.place(cgroup: header.cgroup, mountNamespace: 0).container != key
      if isBornInto || processes[parent].marks.contains(.runtimeSetUp) { marks.insert(.runtimeSetUp) }
    }
    processes[child].marks = marks
  }

  /// What is remarkable of an exec: kept with the process, and told with the event.
  ///
  /// - Parameter isUnseen: It was not seen to start: it may have come in from outside.
  /// - Returns: Marks of the event; ``ProcessFlags/firstProcess`` among them says that a container starts with it.
  mutating func mark(
    _ number: Int, _ header: at_header, _ body: at_exec, _ image: at_image?, isUnseen: Bool
  ) -> ProcessFlags {
    let before = processes[number].marks
    processes[number].cgroupContainer = attribution.place(cgroup: header.cgroup, mountNamespace: 0).container
    var marks = ShellInvocation.marks(
      processes[number].arguments, executable: processes[number].executable, streams: image?.streams ?? 0)
    if let image {
      let origins: [(UInt32, ProcessFlags)] = [
        (UInt32(AT_IMAGE_UPPER_LAYER), .upperLayer), (UInt32(AT_IMAGE_COPIED_UP), .changedImage),
        (UInt32(AT_IMAGE_MEMORY), .memoryImage),
        (UInt32(AT_IMAGE_DELETED), .deletedImage),
      ]
      for (bit, flag) in origins where image.origin & bit != 0 { marks.insert(flag) }
    }
    let place = attribution.place(cgroup: header.cgroup, mountNamespace: header.mount_namespace)
    if place.isEnteredFromOutside, !isEnteredAbove(number) { marks.insert(.enteredFromOutside) }
    let isFromInside = isParentInside(number, place.container)
    if processes[number].cgroupContainer != .host, before.contains(.runtimeSetUp) || isUnseen && !isFromInside {
      if attribution.isHosts(header.mount_namespace) || isFromInside {
        marks.insert(.runtimeSetUp)
      } else {
        marks.insert(begin(number, of: place.container, namespacePID: body.vpid))
      }
    }
    processes[number].marks = marks.union(before.intersection([.enteredFromOutside, .firstProcess]))
    return marks
  }

  /// What runc calls its own processes inside.
  private static let runtimeName = Array("runc:[".utf8)

  /// The first process of a container that has none; else one that came in from outside.
  private func entry(_ key: ContainerKey, namespacePID: UInt32) -> ProcessFlags {
    namespacePID == 1 || lives[key].first == nil ? .firstProcess : .enteredFromOutside
  }

  private mutating func begin(_ number: Int, of key: ContainerKey, namespacePID: UInt32) -> ProcessFlags {
    let entry = entry(key, namespacePID: namespacePID)
    if entry == .firstProcess {
      lives[key].first = processes[number].key
      lives[key].starts += 1
      attribution.resolver.readAccounts(of: key, process: processes[number].key)
    }
    return entry
  }

  /// Started by a process of the container: a hook that the runtime's own process runs in there.
  private func isParentInside(_ number: Int, _ key: ContainerKey) -> Bool {
    processes[number].parent.flatMap { processes.number(of: $0) }.map { processes[$0].container == key } ?? false
  }

  /// Of those that nsenter let in the first is marked: what it runs, and not what that starts.
  private func isEnteredAbove(_ number: Int) -> Bool {
    var next = processes[number].parent
    for _ in 0..<64 {
      guard let parent = next.flatMap({ processes.number(of: $0) }) else { return false }
      if processes[parent].marks.contains(.enteredFromOutside) { return true }
      next = processes[parent].parent
    }
    return false
  }

  /// Finds out which processes of containers that ran before are the first of theirs, and which came in later.
  mutating func adoptScannedContainers() {
    var roots: [ContainerKey: [Int]] = [:]
    for (number, process) in processes.processes.enumerated()
    where !process.isForgotten && process.end == nil && process.container != .host {
      if process.comm.starts(with: Self.runtimeName) {
        processes[number].marks.insert(.runtimeSetUp)
      } else if !isParentInside(number, process.container) {
        roots[process.container, default: []].append(number)
      }
    }
    for (key, numbers) in roots {
      let ordered = numbers.sorted { one, other in
        let (one, other) = (processes[one], processes[other])
        let isOneFirst = one.namespacePID == 1
        let isOtherFirst = other.namespacePID == 1
        return isOneFirst != isOtherFirst ? isOneFirst : one.key.start < other.key.start
      }
      lives[key] = ContainerLives.Life(first: processes[ordered[0]].key, starts: 1, isCreationTold: true)
      processes[ordered[0]].marks.insert(.firstProcess)
      attribution.resolver.readAccounts(of: key, process: processes[ordered[0]].key)
      for number in ordered.dropFirst() { processes[number].marks.insert(.enteredFromOutside) }
    }
  }
}

// MARK: rows

extension EventDecoder {
  /// The container's cgroup is there: told once for as long as it is.
  mutating func tellCreation(of key: ContainerKey, at time: BootTime, cgroup: UInt64? = nil) {
    guard key != .host, !lives[key].isCreationTold else { return }
    lives[key].isCreationTold = true
    lives[key].cgroup = cgroup
    if let builder = beginContainerRow(.containerCreate, key, at: time) { streams.endRow(builder) }
  }

  /// The container's cgroup is gone. Its next one may be there already: a cgroup's making is known before its turn.
  mutating func tellRemoval(of key: ContainerKey, at time: BootTime, cgroup: UInt64) {
    guard key != .host, lives[key].isCreationTold || lives[key].starts > 0 else { return }
    let isItsOwn = lives[key].cgroup.map { $0 == cgroup } ?? (attribution.resolver[key]?.removed != nil)
    guard isItsOwn || attribution.resolver[key]?.cgroups.first?.rawValue == cgroup else { return }
    lives[key].isCreationTold = false
    lives[key].cgroup = nil
    lives[key].isFrozen = false
    if let builder = beginContainerRow(.containerRemove, key, at: time) { streams.endRow(builder) }
  }

  /// A cgroup is frozen, or is not any more: of a container's own one this is its pause.
  mutating func tellFreeze(_ isFrozen: Bool, cgroup: UInt64, at time: BootTime) {
    let key = attribution.place(cgroup: cgroup, mountNamespace: 0).container
    guard key != .host, lives[key].isFrozen != isFrozen,
      lives[key].cgroup ?? attribution.resolver[key]?.cgroups.first?.rawValue == cgroup
    else { return }
    lives[key].isFrozen = isFrozen
    if let builder = beginContainerRow(isFrozen ? .containerPause : .containerResume, key, at: time) {
      streams.endRow(builder)
    }
  }

  /// The container's first process runs its program.
  mutating func tellStart(_ number: Int, _ header: at_header) {
    let key = attribution.place(cgroup: header.cgroup, mountNamespace: header.mount_namespace).container
    if let record = attribution.resolver[key] {
      if record.isOlderThanRecording { lives[key].isCreationTold = true }
      tellCreation(of: key, at: record.firstSeen)
    }
    guard let builder = beginRow(header, kind: .containerStart, result: 0, process: number) else { return }
    builder.set(.incarnation, Int64(lives[key].starts))
    if let count = attribution.resolver[key]?.metadata.restartCount { builder.set(.restartCount, Int64(count)) }
    streams.endRow(builder)
  }

  /// A container's first process ended: with it the container.
  mutating func tellEnd(_ number: Int, _ header: at_header, _ body: at_exit) {
    let key = processes[number].container
    guard lives.isFirst(processes[number].key, of: key) else { return }
    lives[key].first = nil
    guard let builder = beginRow(header, kind: .containerExit, result: 0, process: number) else { return }
    let death = processes[number].death
    builder.set(.exitCode, Int64(body.exit_code))
    builder.set(.endedBy, Self.ender(of: key, body, death).rawValue)
    builder.set(.incarnation, Int64(lives[key].starts))
    death?.write(to: builder)
    streams.endRow(builder)
  }

  /// What ended a container.
  private enum Ender: Int64 {
    case itself = 1
    case wantOfMemory = 2
    case outside = 3
    case inside = 4
    case kernel = 5
  }

  private static func ender(of key: ContainerKey, _ body: at_exit, _ death: ProcessDeath?) -> Ender {
    guard body.exit_code & 0x7f != 0 else { return .itself }
    if body.is_oom_victim != 0 || death?.memoryUsage != nil { return .wantOfMemory }
    guard let sender = death?.sender else { return .kernel }
    return sender.container == key ? .inside : .outside
  }

  /// A row of the container itself: of no process.
  private func beginContainerRow(_ kind: EventKind, _ key: ContainerKey, at time: BootTime) -> EventBlockBuilder? {
    guard streams.wants(key) else { return nil }
    let builder = streams.builder(for: StreamKey(container: key, lane: .lifecycle))
    let process = builder.internProcess(BlockProcess.none.key) { .none }
    builder.beginRow(
      time: time, process: process, thread: 0, kind: kind, call: nil, result: 0,
      flags: time < builder.latestTime ? .outOfOrder : [], cpu: 0)
    return builder
  }
}
