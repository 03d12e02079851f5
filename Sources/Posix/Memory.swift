internal import CPosix
internal import Glibc

/// Bytes of memory that the machine has. The corresponding C function is `sysconf`.
public var physicalMemory: UInt64 {
  UInt64(max(sysconf(Int32(_SC_PHYS_PAGES)), 0)) * UInt64(sysconf(Int32(_SC_PAGESIZE)))
}

/// This process's own memory, as the kernel and the allocator see it.
public enum OwnMemory {
  /// Bytes of anonymous memory that are resident: heap and stacks, without the program's file and without mapped rings.
  public static var anonymous: Int {
    guard let bytes = try? FileDescriptor.contents(of: "/proc/self/status", limit: 8192) else { return 0 }
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "RssAnon:".utf8) {
      let digits = line.filter { (48...57).contains($0) }
      return (Int(String(decoding: digits, as: UTF8.self)) ?? 0) * 1024
    }
    return 0
  }

  /// Lets large buffers be mappings of their own, that are given back whole when they are freed.
  ///
  /// To be called before threads are started. The corresponding C function is `mallopt`.
  public static func keepLean() { at_keep_heap_lean(64 << 10) }

  /// Gives free pages of the heap back. The corresponding C function is `malloc_trim`.
  public static func trim() { at_trim_heap() }

  /// Bytes of kernel memory behind the eBPF maps that this process holds, by the kernel's own account.
  public static var kernelMaps: Int {
    var total = 0
    for name in (try? Directory.names(in: "/proc/self/fdinfo")) ?? [] {
      guard let bytes = try? FileDescriptor.contents(of: "/proc/self/fdinfo/" + name, limit: 4096),
        bytes.starts(with: "pos:".utf8)
      else { continue }
      let lines = bytes.split(separator: UInt8(ascii: "\n"))
      guard lines.contains(where: { $0.starts(with: "map_type:".utf8) }),
        let line = lines.first(where: { $0.starts(with: "memlock:".utf8) })
      else { continue }
      total += Int(String(decoding: line.filter { (48...57).contains($0) }, as: UTF8.self)) ?? 0
    }
    return total
  }
}
