internal import BPF
internal import Posix

extension Doctor {
  private func line(_ path: String) -> String? {
    guard let bytes = try? FileDescriptor.contents(of: path, limit: 4096) else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  // MARK: Privileges

  /// - Returns: Whether probes may be loaded.
  mutating func lookAtPrivileges() -> Bool {
    let missing = (try? BPF.Capability.missing()) ?? BPF.Capability.required
    if missing.isEmpty {
      note("privileges", "load probes", .ok, "CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN")
    } else {
      let names = missing.map(\.description).joined(separator: ", ")
      note(
        "privileges", "load probes", .failed, "\(names) missing",
        remedy: "run it as root, or grant \(names); captures can be read without")
    }
    let effective = (try? Privileges.effective()) ?? []
    let others: [(Posix.Capability, String, String)] = [
      (.trace, "CAP_SYS_PTRACE", "what processes that were there before run and have open"),
      (.readSearch, "CAP_DAC_READ_SEARCH", "the files in which engines keep containers' names"),
    ]
    for (capability, name, what) in others {
      if effective.contains(capability) {
        note("privileges", name, .ok, "reads \(what)")
      } else {
        note(
          "privileges", name, .limited, "missing: \(what) cannot be read", remedy: "run it as root, or grant \(name)")
      }
    }
    lookAtLockdown()
    let disabled = line("/proc/sys/kernel/unprivileged_bpf_disabled")
    note(
      "privileges", "kernel.unprivileged_bpf_disabled", .ok,
      "\(disabled ?? "not there"): no matter for who has CAP_BPF")
    note(
      "privileges", "kernel.perf_event_paranoid", .ok,
      "\(line("/proc/sys/kernel/perf_event_paranoid") ?? "not there"): no matter for who has CAP_PERFMON")
    let locked = lockedMemoryLimit
    let isOld = kernelVersion < (5, 11)
    if !isOld || locked == nil {
      note("privileges", "locked memory", .ok, isOld ? "unlimited" : "not counted by this kernel for probes' maps")
    } else {
      note(
        "privileges", "locked memory", .limited,
        "limited to \((locked ?? 0) >> 10) KiB, which before Linux 5.11 counts for maps",
        remedy: "`ulimit -l unlimited`, or LimitMEMLOCK=infinity")
    }
    return missing.isEmpty
  }

  private mutating func lookAtLockdown() {
    let lockdown = line("/sys/kernel/security/lockdown")
    if lockdown?.contains("[confidentiality]") == true {
      note(
        "privileges", "lockdown", .failed, "confidentiality: the kernel lets no probe read its memory",
        remedy: "start the kernel with lockdown=integrity, or none")
    } else {
      let mode = lockdown?.split(separator: "[").last?.split(separator: "]").first.map(String.init)
      note(
        "privileges", "lockdown", .ok,
        lockdown == nil ? "this kernel has none, or securityfs is not mounted" : mode ?? "none")
    }
  }

  private var kernelVersion: (Int, Int) {
    let numbers = kernelFacts.release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
  }

  // MARK: Kernel

  mutating func lookAtKernel() {
    let facts = kernelFacts
    let isOld = kernelVersion < (5, 8)
    note(
      "kernel", "version", isOld ? .failed : .ok, "\(facts.release), \(facts.architecture)",
      remedy: isOld ? "recording needs Linux 5.8; captures can be read anywhere" : nil)
    if let status = try? FileStatus(of: ObjectFile.typeInformationPath) {
      note("kernel", "BTF", .ok, "\(ObjectFile.typeInformationPath), \(status.lengthInBytes >> 10) KiB")
    } else {
      note(
        "kernel", "BTF", .failed, "\(ObjectFile.typeInformationPath): not there",
        remedy: "use a kernel built with CONFIG_DEBUG_INFO_BTF=y")
    }
    do throws(RecordingError) {
      try PidNamespace.requireInitial()
      note("kernel", "pid namespace", .ok, "the host's")
    } catch {
      note("kernel", "pid namespace", .failed, error.description, remedy: error.remedy)
    }
    let processors = (try? Processors.possible()) ?? 0
    let rings = (try? Processors.ringCount()) ?? 0
    note(
      "rings", "processors", .ok,
      "\(processors) can be there; \(rings) rings for each of activity and detail, one for lifecycle, one for what cannot wait"
    )
  }

  mutating func lookAtCgroups() {
    do {
      let hierarchy = try CgroupHierarchy.detect()
      let version =
        switch hierarchy.version {
        case .unified: "version 2"
        case .hybrid: "version 2, beside version 1"
        case .legacy(let controller): "version 1, that of \(controller)"
        }
      if hierarchy.mountRoot == "/" {
        note("cgroups", "hierarchy", .ok, "\(version), at \(hierarchy.mountPoint)")
      } else {
        note(
          "cgroups", "hierarchy", .limited,
          "\(version), of which only \(hierarchy.mountRoot) is at \(hierarchy.mountPoint)",
          remedy: "run it in the host's cgroup namespace: containers outside of that have no name here")
      }
    } catch {
      let words = "\(error)".split(separator: "\n")
      note(
        "cgroups", "hierarchy", .failed, words.first.map(String.init) ?? "none",
        remedy: "mount one with `mount -t cgroup2 none /sys/fs/cgroup`")
    }
  }

  // MARK: Containers

  /// Which engines have files here, and whether they can be read.
  mutating func lookAtRuntimes() {
    var roots = RuntimeRoots()
    roots.discover()
    let places: [(String, [String], (String) -> String)] = [
      ("docker", roots.dockerData, { $0 + "/containers" }),
      ("containerd", roots.containerdState, { $0 + "/io.containerd.runtime.v2.task" }),
      ("runc, crun", roots.runc, { $0 }),
      ("podman, cri-o", roots.storage, { $0 + "/overlay-containers" }),
    ]
    var count = 0
    for (engine, candidates, below) in places {
      for root in candidates {
        let directory = below(root)
        do throws(SystemError) {
          let names = try Directory.names(in: directory)
          count += 1
          note("runtime", engine, .ok, "\(directory): \(names.count) entries, readable")
        } catch {
          if error.isMissing { continue }
          count += 1
          note(
            "runtime", engine, .limited, "\(error): its containers have no name, image and labels here",
            remedy: "grant CAP_DAC_READ_SEARCH, or mount the directory")
        }
      }
    }
    if count == 0 {
      note(
        "runtime", "none", .ok,
        "no engine's files were found: containers of others are told by cgroup and namespaces alone")
    }
  }

  // MARK: Clock

  mutating func lookAtClock() {
    let first = (boot: Clock.boot, monotonic: Clock.monotonic, real: Clock.real)
    let second = (boot: Clock.boot, monotonic: Clock.monotonic, real: Clock.real)
    let drift = (second.real - first.real) - Int64(second.boot - first.boot)
    // A boot clock that is behind the monotonic one, or a wall clock before this program was written.
    if first.boot + 1_000_000 < first.monotonic || drift.magnitude > 100_000_000 {
      note(
        "clock", "anchors", .limited, "the clocks disagree by \(drift / 1_000_000) ms",
        remedy: "look at the clock source")
    } else if first.real < 1_700_000_000_000_000_000 {
      note(
        "clock", "anchors", .limited, "the wall clock is years behind", remedy: "set it: events are told in its time")
    } else {
      note("clock", "anchors", .ok, "boot, monotonic and wall clock agree")
    }
    switch clockIsSynchronised {
    case true?: note("clock", "synchronised", .ok, "the kernel's clock is kept by NTP or the like")
    case false?:
      note(
        "clock", "synchronised", .ok, "no: nothing tells the kernel that it is",
        remedy: "run chrony or systemd-timesyncd where captures of several hosts are to be compared")
    case nil: note("clock", "synchronised", .untried, "the kernel does not say")
    }
  }

  // MARK: Disk

  mutating func lookAtDisk() {
    let directory = options.directory
    let existing = nearestExisting(directory)
    if existing != directory {
      note(
        "disk", "directory", isWritable(existing) ? .ok : .limited, "\(directory): not there yet",
        remedy: isWritable(existing) ? nil : "make it, mode 0700, or name another with --directory")
    } else if (try? FileStatus(of: directory))?.isDirectory != true {
      note("disk", "directory", .limited, "\(directory): not a directory", remedy: "name another with --directory")
    } else if !isWritable(directory) {
      note(
        "disk", "directory", .limited, "\(directory): may not be written to",
        remedy: "run it as its owner, or name another with --directory")
    } else if (try? FileStatus(of: directory))?.isWritableByOthers == true {
      note(
        "disk", "directory", .limited, "\(directory): others may write into it: `watch` refuses it",
        remedy: "`chmod 0700 \(directory)`")
    } else {
      note("disk", "directory", .ok, directory)
    }
    guard let space = try? FileSystemSpace(at: existing) else {
      note("disk", "space", .untried, "\(existing): not known")
      return
    }
    let free = "\(space.freeBytes >> 20) MiB free of \(space.totalBytes >> 20)"
    if space.freeBytes < 1 << 30 {
      note(
        "disk", "space", .limited, free,
        remedy: "a capture may take a GiB: make room, or lower captures.max_size and --max-size")
    } else {
      note("disk", "space", .ok, free)
    }
  }

  private func nearestExisting(_ path: String) -> String {
    var path = path
    while !path.isEmpty, path != "/", !File.exists(path) {
      path = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    }
    return path.isEmpty ? "/" : path
  }

  private func isWritable(_ path: String) -> Bool { File.isWritable(path) }

  // MARK: Others

  /// Recorders that run already: side by side they work, and cost twice.
  mutating func lookAtRecorders() {
    var count = 0
    for name in (try? Directory.names(in: "/proc")) ?? [] {
      guard let pid = UInt32(name), pid != processID, let words = try? commandLine(ofProcess: pid),
        let program = words.first?.split(separator: "/").last, program == "aftertrace", words.count > 1,
        words[1] == "record" || words[1] == "watch"
      else { continue }
      count += 1
      note(
        "recorder", "pid \(pid)", .ok,
        "aftertrace \(words[1]) runs: recorders work side by side, and each costs its share")
    }
    if (try? ShelfListing(options.directory))?.isWatched == true {
      note(
        "recorder", "directory", .ok, "a watcher has \(options.directory)",
        remedy: "another one needs a directory of its own: --directory")
    } else if count == 0 {
      note("recorder", "none", .ok, "no other recorder runs")
    }
  }
}
