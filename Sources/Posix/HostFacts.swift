internal import CPosix
internal import Glibc

/// This process's id. The corresponding C function is `getpid`.
public var processID: UInt32 { UInt32(getpid()) }

/// The host's name. The corresponding C function is `gethostname`.
public var hostName: String {
  var name = [CChar](repeating: 0, count: 256)
  gethostname(&name, 255)
  return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The running kernel. The corresponding C function is `uname`.
public var kernelFacts: (release: String, version: String, architecture: String) {
  var facts = utsname()
  uname(&facts)
  func text<Storage>(_ field: Storage) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
  return (text(facts.release), text(facts.version), text(facts.machine))
}

/// A UUID of version 4, from the kernel's generator; nil without /proc.
public func randomUUID() -> String? {
  guard let bytes = try? FileDescriptor.contents(of: "/proc/sys/kernel/random/uuid", limit: 64) else { return nil }
  return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}

/// Bytes of a page of memory. The corresponding C function is `sysconf`.
public var pageSize: Int { sysconf(Int32(_SC_PAGESIZE)) }

/// Whether the wall clock is kept by somebody; nil where the kernel does not say. The corresponding C function is `adjtimex`.
public var clockIsSynchronised: Bool? {
  let answer = at_clock_is_unsynchronised()
  return answer < 0 ? nil : answer == 0
}

/// RLIMIT_MEMLOCK, which the Glibc module leaves out.
private let lockedMemory: UInt32 = 8

/// Bytes of memory that this process may lock; nil is no limit. The corresponding C function is `getrlimit`.
public var lockedMemoryLimit: UInt64? {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(lockedMemory), &limit) == 0, limit.rlim_cur != rlim_t.max else {
    return nil
  }
  return UInt64(limit.rlim_cur)
}

/// Does one small act for each kind of event that needs nothing but the kernel, and undoes it.
public func performActs(cgroupMountPoint: String) -> Int32 { at_perform_acts(cgroupMountPoint) }
