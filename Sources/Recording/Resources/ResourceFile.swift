internal import Events
internal import Posix

/// One of the files in which the kernel tells what a cgroup takes of the machine.
struct ResourceFile {
  /// Where it is: in the hierarchy of version 2, or in that of a controller of version 1.
  let hierarchy: CgroupHierarchy
  let name: String
  let content: Content
  /// Read first: where nothing of it changed, the others are left alone.
  let isQuick: Bool

  enum Content {
    /// A number, of the column; absent where it says "max", or what version 1 has for it.
    case number(ColumnID)
    case memoryEvents, memoryStat, cpuStat, cpuMax, inputOutput
    case pressure(some: ColumnID, full: ColumnID)
    // Version 1.
    case swapAndMemory, swapAndMemoryLimit, oldMemoryStat, outOfMemoryControl, throttling, quota, period, deviceBytes,
      deviceOperations
  }

  /// The files of this system's hierarchies, each controller's where it is.
  static func all(unified: CgroupHierarchy?, legacy: [String: CgroupHierarchy]) -> [ResourceFile] {
    var files: [ResourceFile] = []
    func add(_ hierarchy: CgroupHierarchy?, _ name: String, _ content: Content, isQuick: Bool = false) {
      guard let hierarchy else { return }
      files.append(ResourceFile(hierarchy: hierarchy, name: name, content: content, isQuick: isQuick))
    }
    if let memory = legacy["memory"] {
      add(memory, "memory.usage_in_bytes", .number(.memoryCurrent), isQuick: true)
      add(memory, "memory.max_usage_in_bytes", .number(.memoryPeak))
      add(memory, "memory.limit_in_bytes", .number(.memoryMax))
      add(memory, "memory.memsw.usage_in_bytes", .swapAndMemory)
      add(memory, "memory.memsw.limit_in_bytes", .swapAndMemoryLimit)
      add(memory, "memory.failcnt", .number(.memoryLimitHits))
      add(memory, "memory.stat", .oldMemoryStat)
      add(memory, "memory.oom_control", .outOfMemoryControl)
    } else {
      add(unified, "memory.current", .number(.memoryCurrent), isQuick: true)
      add(unified, "memory.peak", .number(.memoryPeak))
      add(unified, "memory.max", .number(.memoryMax))
      add(unified, "memory.swap.current", .number(.swapCurrent))
      add(unified, "memory.swap.max", .number(.swapMax))
      add(unified, "memory.events", .memoryEvents)
      add(unified, "memory.stat", .memoryStat)
    }
    if let accounting = legacy["cpuacct"] {
      add(accounting, "cpuacct.usage", .number(.cpuUsage), isQuick: true)
      add(accounting, "cpuacct.usage_user", .number(.cpuUser))
      add(accounting, "cpuacct.usage_sys", .number(.cpuSystem))
    } else {
      add(unified, "cpu.stat", .cpuStat, isQuick: true)
    }
    if let cpu = legacy["cpu"] {
      // The period is a second column's half: before the quota that it is divided into.
      add(cpu, "cpu.cfs_period_us", .period)
      add(cpu, "cpu.cfs_quota_us", .quota)
      add(cpu, "cpu.stat", .throttling)
    } else {
      add(unified, "cpu.max", .cpuMax)
    }
    if let devices = legacy["blkio"] {
      add(devices, "blkio.throttle.io_service_bytes_recursive", .deviceBytes)
      add(devices, "blkio.throttle.io_serviced_recursive", .deviceOperations)
    } else {
      add(unified, "io.stat", .inputOutput)
    }
    if let tasks = legacy["pids"] {
      add(tasks, "pids.current", .number(.pidsCurrent), isQuick: true)
      add(tasks, "pids.max", .number(.pidsMax))
    } else {
      add(unified, "pids.current", .number(.pidsCurrent), isQuick: true)
      add(unified, "pids.max", .number(.pidsMax))
    }
    add(unified, "cpu.pressure", .pressure(some: .cpuPressureSome, full: .cpuPressureFull))
    add(unified, "memory.pressure", .pressure(some: .memoryPressureSome, full: .memoryPressureFull))
    add(unified, "io.pressure", .pressure(some: .ioPressureSome, full: .ioPressureFull))
    return files.filter(\.isQuick) + files.filter { !$0.isQuick }
  }

  /// Those of the running system, whose containers are told apart by `hierarchy`.
  static func all(beside hierarchy: CgroupHierarchy) -> [ResourceFile] {
    let text = (try? FileDescriptor.contents(of: "/proc/self/mountinfo", limit: 4 << 20)) ?? []
    return all(beside: hierarchy, mountInfo: String(decoding: text, as: UTF8.self))
  }

  static func all(beside hierarchy: CgroupHierarchy, mountInfo: String) -> [ResourceFile] {
    var legacy: [String: CgroupHierarchy] = [:]
    for mount in MountEntry.parse(mountInfo) where mount.type == "cgroup" {
      for name in ["memory", "cpu", "cpuacct", "blkio", "pids"]
      where legacy[name] == nil && mount.superOptions.contains(Substring(name)) {
        legacy[name] = CgroupHierarchy(
          version: .legacy(controller: name), number: 0, mountPoint: mount.mountPoint, mountRoot: mount.root)
      }
    }
    let isUnified = hierarchy.number == 0
    return all(unified: isUnified ? hierarchy : nil, legacy: legacy)
  }

  /// Where it is for the container; nil where the container is in no cgroup of the hierarchy.
  ///
  /// A container's cgroups have the same path in all hierarchies, unless its engine was told otherwise: then its first
  /// process says which it is.
  func path(of cgroup: CgroupPath, pid: UInt32?) -> String? {
    if let directory = hierarchy.directory(of: cgroup), File.exists(directory) { return directory + "/" + name }
    guard let pid, let own = hierarchy.path(ofProcess: pid), own.description != "/" else { return nil }
    return hierarchy.directory(of: own).map { $0 + "/" + name }
  }
}

/// The numbers of one sample, by column.
struct ResourceSample {
  static let first = Int(ColumnID.memoryCurrent.rawValue)
  static let count = 28
  private var values = [UInt64](repeating: 0, count: count)
  private(set) var present: UInt32 = 0
  private var period: UInt64 = 0

  mutating func removeAll() {
    present = 0
    period = 0
  }

  subscript(column: ColumnID) -> UInt64? {
    get {
      let place = Int(column.rawValue) - Self.first
      return present >> UInt32(place) & 1 == 0 ? nil : values[place]
    }
    set {
      let place = Int(column.rawValue) - Self.first
      if let newValue {
        values[place] = newValue
        present |= 1 << UInt32(place)
      } else {
        present &= ~(1 << UInt32(place))
      }
    }
  }

  func isSame(as other: ResourceSample) -> Bool {
    guard present == other.present else { return false }
    for place in 0..<Self.count where present >> UInt32(place) & 1 == 1 && values[place] != other.values[place] {
      return false
    }
    return true
  }

  func eachValue(_ body: (ColumnID, UInt64) -> Void) {
    for place in 0..<Self.count where present >> UInt32(place) & 1 == 1 {
      body(ColumnID(rawValue: UInt16(Self.first + place)), values[place])
    }
  }

  mutating func take(_ content: ResourceFile.Content, _ text: KernelText) {
    switch content {
    case .number(let column): self[column] = text.leadingNumber.flatMap { isUnlimited($0, column) ? nil : $0 }
    case .memoryEvents:
      self[.memoryLimitHits] = text.number(ofLine: "max ")
      self[.outOfMemoryEvents] = text.number(ofLine: "oom ")
      self[.outOfMemoryKills] = text.number(ofLine: "oom_kill ")
    case .memoryStat:
      self[.memoryAnonymous] = text.number(ofLine: "anon ")
      self[.memoryFile] = text.number(ofLine: "file ")
    case .oldMemoryStat:
      self[.memoryAnonymous] = text.number(ofLine: "total_rss ")
      self[.memoryFile] = text.number(ofLine: "total_cache ")
    case .outOfMemoryControl: self[.outOfMemoryKills] = text.number(ofLine: "oom_kill ")
    case .swapAndMemory:
      guard let both = text.leadingNumber, let memory = self[.memoryCurrent] else { return }
      // Read one after the other: the memory may have grown meanwhile.
      self[.swapCurrent] = both > memory ? both - memory : 0
    case .swapAndMemoryLimit:
      guard let both = text.leadingNumber, !isUnlimited(both, .memoryMax), let memory = self[.memoryMax] else { return }
      self[.swapMax] = both > memory ? both - memory : 0
    case .cpuStat:
      self[.cpuUsage] = nanoseconds(text.number(ofLine: "usage_usec "))
      self[.cpuUser] = nanoseconds(text.number(ofLine: "user_usec "))
      self[.cpuSystem] = nanoseconds(text.number(ofLine: "system_usec "))
      self[.cpuThrottledPeriods] = text.number(ofLine: "nr_throttled ")
      self[.cpuThrottledTime] = nanoseconds(text.number(ofLine: "throttled_usec "))
    case .cpuMax: setQuota(text.leadingNumber, of: text.secondNumber)
    case .period: period = text.leadingNumber ?? 0
    case .quota: setQuota(text.leadingNumber, of: period)
    case .throttling:
      self[.cpuThrottledPeriods] = text.number(ofLine: "nr_throttled ")
      self[.cpuThrottledTime] = text.number(ofLine: "throttled_time ")
    case .inputOutput:
      self[.ioReadBytes] = text.sum(after: " rbytes=")
      self[.ioWrittenBytes] = text.sum(after: " wbytes=")
      self[.ioReads] = text.sum(after: " rios=")
      self[.ioWrites] = text.sum(after: " wios=")
    case .deviceBytes:
      self[.ioReadBytes] = text.sum(after: " Read ")
      self[.ioWrittenBytes] = text.sum(after: " Write ")
    case .deviceOperations:
      self[.ioReads] = text.sum(after: " Read ")
      self[.ioWrites] = text.sum(after: " Write ")
    case .pressure(let some, let full):
      self[some] = nanoseconds(text.pressure("some"))
      self[full] = nanoseconds(text.pressure("full"))
    }
  }

  /// Version 1 writes the largest number of pages where there is no limit.
  private func isUnlimited(_ value: UInt64, _ column: ColumnID) -> Bool {
    column == .memoryMax && value >= UInt64(Int64.max) / 65_536 * 65_536
  }

  private func nanoseconds(_ microseconds: UInt64?) -> UInt64? { microseconds.map { $0 &* 1000 } }

  private mutating func setQuota(_ quota: UInt64?, of period: UInt64?) {
    guard let quota, let period, period > 0 else { return }
    self[.cpuQuota] = quota.multipliedReportingOverflow(by: 1000).overflow ? nil : quota * 1000 / period
  }
}
