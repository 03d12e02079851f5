internal import CPosix
internal import Glibc

/// One of the kernel's capabilities, by its number. Source: linux/capability.h.
public struct Capability: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Read any file and search any directory.
  public static let readSearch = Capability(rawValue: 2)
  /// Signal other users' processes.
  public static let kill = Capability(rawValue: 5)
  /// Take capabilities out of the bounding set.
  public static let setCapabilities = Capability(rawValue: 8)
  /// Open packet sockets.
  public static let rawNetwork = Capability(rawValue: 13)
  /// Look into other processes.
  public static let trace = Capability(rawValue: 19)
  /// The old key to everything.
  public static let administrate = Capability(rawValue: 21)
  /// Load tracing programs, read the kernel's memory.
  public static let performanceMonitor = Capability(rawValue: 38)
  /// Make and use BPF objects.
  public static let bpf = Capability(rawValue: 39)
}

/// A set of capabilities.
public struct CapabilitySet: Hashable, Sendable, ExpressibleByArrayLiteral {
  public var bits: UInt64

  public init(bits: UInt64) { self.bits = bits }

  public init(arrayLiteral capabilities: Capability...) {
    bits = capabilities.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
  }

  public func contains(_ capability: Capability) -> Bool { bits >> UInt64(capability.rawValue) & 1 == 1 }
  public func intersection(_ other: CapabilitySet) -> CapabilitySet { CapabilitySet(bits: bits & other.bits) }
}

/// What this process may do.
public enum Privileges {
  /// The capabilities in effect for this thread. The corresponding C function is `capget`.
  public static func effective() throws(SystemError) -> CapabilitySet {
    var sets: (UInt64, UInt64, UInt64) = (0, 0, 0)
    try check("capget") { at_get_capabilities(&sets.0, &sets.1, &sets.2) }
    return CapabilitySet(bits: sets.0)
  }

  /// What this thread could have. The corresponding C function is `capget`.
  public static func permitted() throws(SystemError) -> CapabilitySet {
    var sets: (UInt64, UInt64, UInt64) = (0, 0, 0)
    try check("capget") { at_get_capabilities(&sets.0, &sets.1, &sets.2) }
    return CapabilitySet(bits: sets.1)
  }

  /// Lets this thread keep `capabilities`, as far as it has them, when ``restrict(to:passingOn:)`` is called.
  public static func keepOnThisThread(_ capabilities: CapabilitySet) throws(SystemError) {
    try check("capget") { at_keep_capabilities_here(capabilities.bits) }
  }

  /// Gives up for good all that is not in `kept`, on every thread.
  ///
  /// The bounding set, where the process may change it (CAP_SETPCAP), becomes `passedOn`: the most that a program started
  /// later has, also as root. The inheritable and ambient sets become empty, and no program gains anything by its
  /// file's owner or capabilities. What was not held is not gained.
  ///
  /// Other threads are interrupted for it: their blocking calls may end early with EINTR, as with any signal.
  /// The corresponding C functions are `capset` and `prctl`, which the kernel applies to one thread.
  public static func restrict(to kept: CapabilitySet, passingOn passedOn: CapabilitySet = []) throws(SystemError) {
    let held = try permitted()
    let bounding = held.contains(.setCapabilities) ? passedOn.bits : UInt64.max
    let code = at_restrict_all_threads(held.intersection(kept).bits, bounding, 1)
    guard code == 0 else { throw SystemError(call: "capset", code: code) }
  }
}

extension CapabilitySet {
  /// What a recorder needs once its probes are attached: nothing of what loaded them.
  ///
  /// - CAP_SYS_PTRACE: `/proc/PID/ns` and `/proc/PID/cwd` of engines and containers, which may hold more than is kept here.
  ///   Without it podman's containers with a root of their own stayed nameless.
  /// - CAP_DAC_READ_SEARCH: metadata of rootless engines, in their users' homes.
  /// - CAP_BPF: updates of the probes' maps, before Linux 5.19 (commit c8644cd0efe7); from then on a map's descriptor is
  ///   enough. It loads no tracing program without CAP_PERFMON, which is given up.
  public static let liveRecorder: CapabilitySet = [.trace, .readSearch, .bpf]

  /// What the one thread that captures packets keeps: packet sockets, and the way into other network namespaces.
  public static let packetThread: CapabilitySet = [.trace, .readSearch, .rawNetwork, .administrate]
}
