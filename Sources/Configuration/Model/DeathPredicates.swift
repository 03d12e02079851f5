/// Which ends of a container are worth a capture. The container's first process decides.
public struct DeathPredicates: Hashable, Sendable {
  /// Any exit status but 0 and those of ``expectedExits``.
  public var hasNonZeroExit = false
  /// What programs return that were asked to end: 128 + SIGINT, 128 + SIGTERM.
  public var expectedExits: [UInt8] = [130, 143]
  /// Signals, by number, that a container's end by them is worth a capture.
  public var fatalSignals: [UInt8] = SignalName.crashes
  /// The kernel killed one of its processes for want of memory.
  public var isOutOfMemory = true
  /// It ran for less than this, whatever its exit.
  public var lifetimeBelow: Duration?

  public init() {}
}

/// How a container ended.
public struct ContainerDeath: Hashable, Sendable {
  /// As wait(2) gives it, of the container's first process; nil when that is not known.
  public var waitStatus: Int32?
  public var wasOutOfMemory: Bool
  /// From the start of its first program; nil when it is older than the recording.
  public var lifetime: Duration?

  public init(waitStatus: Int32?, wasOutOfMemory: Bool, lifetime: Duration?) {
    self.waitStatus = waitStatus
    self.wasOutOfMemory = wasOutOfMemory
    self.lifetime = lifetime
  }
}

extension DeathPredicates {
  /// Why this end is worth a capture, in words; nil when it is not.
  public func reason(for death: ContainerDeath) -> String? {
    if isOutOfMemory, death.wasOutOfMemory { return "out of memory" }
    if let status = death.waitStatus {
      let signal = UInt8(truncatingIfNeeded: status & 0x7f)
      let exit = UInt8(truncatingIfNeeded: status >> 8)
      if signal != 0 {
        if fatalSignals.contains(signal) { return "killed by \(SignalName.name(of: signal))" }
      } else if hasNonZeroExit, exit != 0, !expectedExits.contains(exit) {
        return "exit status \(exit)"
      }
    }
    if let limit = lifetimeBelow, let lifetime = death.lifetime, lifetime < limit {
      // To the millisecond: a nanosecond says nothing here.
      let milliseconds = lifetime.components.seconds * 1000 + lifetime.components.attoseconds / 1_000_000_000_000_000
      return "lived \(Duration.milliseconds(milliseconds).configured)"
    }
    return nil
  }

  /// Whether any end can be worth one.
  public var isEmpty: Bool { !hasNonZeroExit && fatalSignals.isEmpty && !isOutOfMemory && lifetimeBelow == nil }
}

/// Names of signals. The numbers are those of every architecture that is recorded (x86-64, arm64).
public enum SignalName {
  private static let names = [
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
  ]

  /// What a process gets for its own fault.
  public static let crashes: [UInt8] = [4, 5, 6, 7, 8, 11, 31]

  public static func number(of name: String) -> UInt8? {
    let full = name.uppercased().hasPrefix("SIG") ? name.uppercased() : "SIG" + name.uppercased()
    return names.firstIndex(of: full).map { UInt8($0 + 1) }
  }

  public static func name(of number: UInt8) -> String {
    names.indices.contains(Int(number) - 1) ? names[Int(number) - 1] : "signal \(number)"
  }
}
