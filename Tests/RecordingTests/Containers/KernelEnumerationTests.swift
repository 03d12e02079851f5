import Posix
import Testing

@testable import Recording

@Suite struct KernelEnumerationTests {
  static let kernel = "/sys/kernel/btf/vmlinux"

  /// One integer, one structure of one member, the enumeration.
  static let sample: [UInt8] = {
    let words: [UInt32] = [
      1, 0x0100_0000, 4, 32,  // int
      1, 0x0400_0001, 4, 1, 1, 0,  // struct
      5, 0x0600_0002, 4, 10, 0, 16, 4,  // enum
    ]
    let types = words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    let strings: [UInt8] = [0] + Array("int\0".utf8) + Array("enum\0one\0\0\0two\0".utf8)
    let head: [UInt32] = [24, 0, UInt32(types.count), UInt32(types.count), UInt32(strings.count)]
    return [0x9f, 0xeb, 1, 0] + head.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } } + types
      + strings
  }()

  @Test func `constants are found by name`() {
    #expect(KernelEnumeration(named: "enum", in: Self.sample)?.constants == ["one": 0, "two": 4])
    #expect(KernelEnumeration(named: "enu", in: Self.sample) == nil)
    #expect(KernelEnumeration(named: "int", in: Self.sample) == nil)
  }

  @Test func `cut or flipped it gives something or nothing, never a crash`() {
    for length in 0..<Self.sample.count { _ = KernelEnumeration(named: "enum", in: Array(Self.sample[..<length])) }
    for place in Self.sample.indices {
      for bit in 0..<8 {
        var bytes = Self.sample
        bytes[place] ^= 1 << UInt8(bit)
        _ = KernelEnumeration(named: "enum", in: bytes)
      }
    }
  }

  @Test(.enabled(if: File.exists(kernel), "skipped: the kernel has no type information"))
  func `the running kernel numbers its controllers`() throws {
    let constants = try #require(KernelEnumeration(named: "cgroup_subsys_id")).constants
    let numbers = constants.filter { $0.key.hasSuffix("_cgrp_id") }.values.sorted()
    #expect(numbers == Array(0..<UInt32(numbers.count)))
    let legacy = CgroupHierarchy(version: .legacy(controller: "memory"), number: 4, mountPoint: "/")
    #expect(legacy.probeIndex == constants["memory_cgrp_id"].map { $0 + 1 })
    #expect(CgroupHierarchy(version: .hybrid, number: 0, mountPoint: "/").probeIndex == 0)
  }
}
