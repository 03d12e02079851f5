internal import Glibc
public import Posix

/// Why the kernel would not take, run or give something: the facts. The wording is in ``description`` and ``remedy``.
public enum BPFError: Error, Equatable, Sendable {
  /// The process lacks these capabilities, and one of them was needed.
  case missingCapabilities([Capability])
  /// The kernel does not describe its types, so probes cannot be fitted to it.
  case noTypeInformation(path: String)
  /// The object is not one that libbpf understands.
  case unreadableObject(name: String, code: Int32, log: [String])
  /// The kernel's verifier refused a program. `log` holds the verifier's last lines.
  case programRefused(object: String, program: String?, code: Int32, log: [String])
  /// A loaded program could not be put on its hook.
  case attachRefused(program: String, code: Int32)
  /// The object has no map, program or variable of this name.
  case absent(what: String, name: String)
  /// A map operation failed.
  case mapRefused(map: String, operation: String, code: Int32)
  /// A key or value has another size than the map's.
  case sizeMismatch(map: String, expected: Int, actual: Int)
  /// A system call around it failed.
  case system(SystemError)
}

extension BPFError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missingCapabilities(let capabilities):
      "no privilege to load probes: \(capabilities.map(\.description).joined(separator: ", ")) missing"
    case .noTypeInformation(let path):
      "\(path): not there: this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF)"
    case .unreadableObject(let name, let code, let log):
      "probe object \(name): \(reason(code))\(tail(log))"
    case .programRefused(let object, let program, let code, let log):
      "probe \(program ?? object): refused by the kernel: \(reason(code))\(tail(log))"
    case .attachRefused(let program, let code):
      "probe \(program): could not be attached: \(reason(code))"
    case .absent(let what, let name):
      "the probe object has no \(what) '\(name)'"
    case .mapRefused(let map, let operation, let code):
      "map \(map): \(operation): \(reason(code))"
    case .sizeMismatch(let map, let expected, let actual):
      "map \(map): \(expected) bytes expected, \(actual) given"
    case .system(let error):
      error.description
    }
  }

  /// What the user can do about it, when there is something.
  public var remedy: String? {
    switch self {
    case .missingCapabilities(let capabilities):
      "run it as root, or grant \(capabilities.map(\.description).joined(separator: ", ")); captures can still be read"
    case .noTypeInformation:
      "use a kernel built with CONFIG_DEBUG_INFO_BTF=y; captures can still be read"
    case .programRefused(_, _, let code, _) where code == EPERM:
      "the kernel is locked down or a security module forbids it: see kernel.unprivileged_bpf_disabled and lockdown(7)"
    case .programRefused(_, _, let code, _) where code == E2BIG || code == ENOMEM,
      .mapRefused(_, _, let code) where code == ENOMEM:
      "give the rings less memory"
    default: nil
    }
  }

  private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

  private func tail(_ log: [String]) -> String { log.isEmpty ? "" : "\n  " + log.joined(separator: "\n  ") }
}

/// The privileges that loading probes takes.
public enum Capability: Int, CaseIterable, Sendable, CustomStringConvertible {
  case systemResource = 24
  case performanceMonitoring = 38
  case bpf = 39

  static let systemAdministration = 21

  public var description: String {
    switch self {
    case .systemResource: "CAP_SYS_RESOURCE"
    case .performanceMonitoring: "CAP_PERFMON"
    case .bpf: "CAP_BPF"
    }
  }

  /// Those that any kernel asks for. CAP_SYS_RESOURCE is needed before Linux 5.11 only, to lock the maps' memory.
  public static let required: [Capability] = [.bpf, .performanceMonitoring]

  /// Which of some capabilities this process lacks. CAP_SYS_ADMIN stands for BPF and PERFMON.
  public static func missing(of wanted: [Capability] = required) throws(SystemError) -> [Capability] {
    let effective = try effectiveSet()
    let isAdministrator = effective >> UInt64(systemAdministration) & 1 == 1
    return wanted.filter { capability in
      if isAdministrator && capability != .systemResource { return false }
      return effective >> UInt64(capability.rawValue) & 1 == 0
    }
  }

  private static func effectiveSet() throws(SystemError) -> UInt64 {
    let file = try FileDescriptor.open("/proc/self/status", flags: O_RDONLY)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 1)
    defer { bytes.deallocate() }
    let text = String(decoding: bytes[..<(try file.read(into: bytes, at: 0))], as: UTF8.self)
    for line in text.split(separator: "\n") where line.hasPrefix("CapEff:") {
      return UInt64(line.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) ?? 0
    }
    return 0
  }
}
