internal import Posix

/// The constants of one enumeration of the running kernel, from its type information (BTF).
///
/// ```
/// header  0 magic 0xEB9F u16 | 2 version u8 | 3 flags u8 | 4 header length u32
///         8 types' offset u32 | 12 length u32 | 16 strings' offset u32 | 20 length u32      offsets from the header's end
/// type    0 name u32 | 4 info u32: members bits 0-15, kind bits 24-28 | 8 size u32 | then by kind
/// ```
struct KernelEnumeration {
  /// Constants by name.
  var constants: [String: UInt32]

  /// Nil when the kernel has no type information or no such enumeration.
  init?(named name: String, in path: String = "/sys/kernel/btf/vmlinux") {
    guard let bytes = try? FileDescriptor.contents(of: path, limit: 64 << 20) else { return nil }
    self.init(named: name, in: bytes)
  }

  init?(named name: String, in bytes: [UInt8]) {
    func word(_ offset: Int) -> Int? {
      guard offset >= 0, offset <= bytes.count - 4 else { return nil }
      return Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2]) << 16 | Int(bytes[offset + 3])
        << 24
    }
    guard let first = word(0), first & 0xffff == 0xEB9F, let headerLength = word(4), let typesOffset = word(8),
      let typesLength = word(12), let stringsOffset = word(16)
    else { return nil }
    let strings = headerLength + stringsOffset
    func isNamed(_ offset: Int, _ wanted: [UInt8]) -> Bool {
      let start = strings + offset
      guard start + wanted.count < bytes.count else { return false }
      return bytes[start..<start + wanted.count].elementsEqual(wanted) && bytes[start + wanted.count] == 0
    }
    let wanted = Array(name.utf8)
    var place = headerLength + typesOffset
    let end = min(place + typesLength, bytes.count)
    while place < end {
      guard let nameOffset = word(place), let info = word(place + 4) else { return nil }
      let members = info & 0xffff
      let kind = info >> 24 & 0x1f
      place += 12
      if kind == Self.enumeration, isNamed(nameOffset, wanted) {
        constants = [:]
        for index in 0..<members {
          guard let constant = word(place + index * 8), let value = word(place + index * 8 + 4),
            strings + constant < bytes.count
          else { return nil }
          let text = String(decoding: bytes[(strings + constant)...].prefix { $0 != 0 }, as: UTF8.self)
          constants[text] = UInt32(value)
        }
        return
      }
      guard let length = Self.length(kind: kind, members: members) else { return nil }
      place += length
    }
    return nil
  }

  private static let enumeration = 6

  /// What follows a type's first 12 bytes; nil for a kind that is not known.
  private static func length(kind: Int, members: Int) -> Int? {
    switch kind {
    case 1, 14, 17: 4  // integer, variable, declaration tag
    case 3: 12  // array
    case 4, 5, 15, 19: members * 12  // struct, union, data section, 64-bit enumeration
    case 6, 13: members * 8  // enumeration, function prototype
    case 2, 7...12, 16, 18: 0
    default: nil
    }
  }
}

extension CgroupHierarchy {
  /// What the probes take the hierarchy by: 0 for version 2, else 1 + the controller's number in the running kernel.
  ///
  /// Nil when the kernel has no type information; the order of `/proc/cgroups` is no substitute, for it leaves some out.
  public var probeIndex: UInt32? {
    guard case .legacy(let controller) = version else { return 0 }
    return KernelEnumeration(named: "cgroup_subsys_id")?.constants[controller + "_cgrp_id"].map { $0 + 1 }
  }
}
