internal import CSeccomp
public import Events
internal import Glibc

/// The names of system calls, from libseccomp's tables and one of what is newer: a number means something only with its binary interface.
public enum SystemCallTable {
  /// Numbers at or above this one are not looked up: no Linux interface has that many calls.
  public static let limit: UInt16 = 548

  /// The binary interfaces by the number that the probes use for them.
  private static let architectures: [UInt32] = [
    at_arch_x86_64, at_arch_x86, at_arch_x32, at_arch_arm64, at_arch_arm,
  ]
  /// libseccomp keeps x32's marker bit in its numbers; ours are without it.
  private static let x32Bit: Int32 = 0x4000_0000

  /// The call's name; nil where the table has none.
  ///
  /// The corresponding C function is `seccomp_syscall_resolve_num_arch`.
  public static func name(of call: SystemCall) -> String? {
    guard Int(call.abi) < architectures.count else { return nil }
    let architecture = architectures[Int(call.abi)]
    let number = Int32(call.number) | (architecture == at_arch_x32 ? x32Bit : 0)
    guard let name = seccomp_syscall_resolve_num_arch(architecture, number) else {
      return newer(abi: call.abi, number: call.number)
    }
    defer { free(name) }
    return String(cString: name)
  }

  /// The call's number in one interface; nil where that interface lacks it.
  ///
  /// The corresponding C function is `seccomp_syscall_resolve_name_arch`.
  public static func call(named name: String, abi: UInt8) -> SystemCall? {
    guard Int(abi) < architectures.count else { return nil }
    var number = seccomp_syscall_resolve_name_arch(architectures[Int(abi)], name)
    guard number >= 0 else {
      let known = newer(abi: abi, name: name) ?? (abi == i386 ? numbersOfI386[name] : nil)
      return known.map { SystemCall(abi: abi, number: $0) }
    }
    number &= ~x32Bit
    guard number < Int32(limit) else { return nil }
    return SystemCall(abi: abi, number: UInt16(number))
  }

  private static let i386: UInt8 = 1

  /// What libseccomp answers by number and not by name: it takes i386's calls on sockets for parts of socketcall, though
  /// they have numbers of their own since 4.3.
  private static let numbersOfI386: [String: UInt16] = Dictionary(
    calls(abi: i386).map { ($0.name, $0.call.number) }, uniquingKeysWith: { first, _ in first })

  /// Every named call of one interface, by number.
  public static func calls(abi: UInt8) -> [(call: SystemCall, name: String)] {
    (0..<limit).compactMap { number in
      let call = SystemCall(abi: abi, number: number)
      return name(of: call).map { (call, $0) }
    }
  }
}
