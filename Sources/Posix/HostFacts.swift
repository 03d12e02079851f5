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

/// Bytes of a page of memory. The corresponding C function is `sysconf`.
public var pageSize: Int { sysconf(Int32(_SC_PAGESIZE)) }
