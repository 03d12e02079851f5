import CaptureFormat
import Foundation
import Interchange
import Posix
import Reconstruction

/// Bytes of .scap files, made by hand: what a version of sysdig wrote, block by block.
struct ScapSample {
  var bytes: [UInt8] = []

  mutating func block(_ type: UInt32, _ body: [UInt8]) {
    let padding = (4 - body.count % 4) % 4
    let total = UInt32(body.count + padding + 12)
    put(type)
    put(total)
    bytes += body + [UInt8](repeating: 0, count: padding)
    put(total)
  }

  private mutating func put(_ value: UInt32) { bytes += little(value) }

  mutating func section() {
    block(0x0A0D_0D0A, little(UInt32(0x1A2B_3C4D)) + little(UInt16(1)) + little(UInt16(2)) + little(Int64(-1)))
  }

  mutating func machine(boot: UInt64 = 0) {
    var body = little(UInt32(2)) + little(UInt64(1 << 30)) + little(UInt64(32768))
    body += Array("host".utf8) + [UInt8](repeating: 0, count: 124)
    body += little(boot) + [UInt8](repeating: 0, count: 24)
    block(0x201, body)
  }

  /// A list of one process, in any of nine versions.
  mutating func process(version: Int, pid: Int64, parent: Int64, comm: String, cgroup: String = "") {
    let types: [UInt32] = [0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214, 0x215]
    func string(_ text: String) -> [UInt8] { little(UInt16(text.utf8.count)) + Array(text.utf8) }
    var body = little(pid) + little(pid) + little(parent)
    if version >= 6 { body += little(Int64(1)) }
    if version >= 8 { body += little(Int64(1)) }
    body += string(comm) + string("/bin/\(comm)")
    if version >= 7 { body += string("/usr/bin/\(comm)") }
    body += string("-x\0-y\0") + string("/srv/")
    body += little(Int64(1024)) + little(UInt32(0)) + little(UInt32(1000)) + little(UInt32(100))
    if version >= 2 { body += [UInt8](repeating: 0, count: 28) }
    if version >= 3 { body += string("SECRET=1\0") }
    if version >= 4 { body += little(Int64(7)) + little(Int64(7)) + string(cgroup.isEmpty ? "" : "cpuset=\(cgroup)\0") }
    if version >= 5 { body += string("/") }
    if version >= 9 { body = little(UInt32(body.count + 4 + 4)) + body + little(Int32(-1)) }
    block(types[version - 1], body)
  }

  /// Descriptor 3 is `/etc/motd`, as the list's version has it.
  mutating func descriptor(isSized: Bool, of tid: Int64) {
    let name = Array("/etc/motd".utf8)
    var entry = little(Int64(3)) + little(UInt64(77)) + [isSized ? 16 : 1]
    if isSized { entry += little(UInt32(1)) }
    entry += little(UInt16(name.count)) + name
    if isSized { entry = little(UInt32(entry.count + 4 + 4)) + entry + little(UInt32(0x0801)) }
    block(isSized ? 0x218 : 0x203, little(tid) + entry)
  }

  mutating func event(
    _ type: UInt16, block number: UInt32 = 0x216, time: UInt64, tid: Int64, flags: UInt32? = nil,
    _ parameters: [[UInt8]] = []
  ) {
    let isLarge = number == 0x221 || number == 0x222
    let hasCount = number != 0x204 && number != 0x208
    let length = (hasCount ? 26 : 22) + parameters.count * (isLarge ? 4 : 2) + parameters.reduce(0) { $0 + $1.count }
    var body = little(UInt16(1))
    if let flags { body += little(flags) }
    body += little(time) + little(tid) + little(UInt32(length)) + little(type)
    if hasCount { body += little(UInt32(parameters.count)) }
    for parameter in parameters {
      body += isLarge ? little(UInt32(parameter.count)) : little(UInt16(parameter.count))
    }
    block(number, body + parameters.flatMap { $0 })
  }

  func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

  /// Every kind of block, a container, a fork, an exec, calls of several kinds, an exit: some two kilobytes.
  static let everything: ScapSample = {
    var sample = ScapSample()
    let id = String(repeating: "0123456789abcdef", count: 4)
    sample.section()
    sample.machine(boot: 1_000_000_000_000)
    sample.block(0x219, [])
    sample.block(0x220, [])
    sample.process(version: 9, pid: 1, parent: 0, comm: "init")
    sample.process(version: 9, pid: 100, parent: 1, comm: "sh", cgroup: "/docker/\(id)")
    sample.descriptor(isSized: true, of: 100)
    let json =
      #"{"container":{"id":"0123456789ab","name":"web","image":"shop/web:1.4","type":0,"#
      + #""labels":{"io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop"}}}"#
    sample.event(324, block: 0x221, time: .max, tid: 0, [sample.text(json)])
    let start: UInt64 = 1_000_500_000_000
    func fork(_ result: Int64, _ tid: Int64, _ parent: Int64) -> [[UInt8]] {
      [
        little(result), sample.text("sh"), sample.text("-c"), little(tid), little(tid), little(parent),
        sample.text("/srv/"), little(Int64(1024)), little(Int64(0)), little(Int64(0)), little(Int32(0)),
        little(Int32(0)), little(Int32(0)), sample.text("sh"), sample.text("cpuset=/docker/\(id)"), little(Int32(0)),
        little(Int32(1000)), little(Int32(100)), little(Int64(tid)), little(Int64(tid)),
      ]
    }
    sample.event(222, time: start, tid: 100)
    sample.event(223, time: start + 1000, tid: 100, fork(101, 100, 1))
    sample.event(223, time: start + 1100, tid: 101, fork(0, 101, 100))
    sample.event(292, time: start + 2000, tid: 101, [sample.text("/bin/cat")])
    var exec = fork(0, 101, 100)
    exec.removeSubrange(15...)
    exec[1] = sample.text("cat")
    exec[2] = sample.text("motd")
    exec[13] = sample.text("cat")
    exec += [[], little(Int32(0))]
    sample.event(293, time: start + 3000, tid: 101, exec)
    sample.event(6, time: start + 4000, tid: 101, [little(Int64(3)), little(UInt32(64))])
    sample.event(7, time: start + 5000, tid: 101, [little(Int64(5)), Array("hello".utf8)])
    // Everything in the exit, as today's files have it; state only with a flag.
    sample.event(
      307, time: start + 6000, tid: 101,
      [
        little(Int64(4)), little(Int64(-100)), sample.text("out"), little(UInt32(1 << 1 | 1 << 2)),
        little(UInt32(0o644)),
        little(UInt32(0x0801)), little(UInt64(99)),
      ])
    sample.event(234, time: start + 6500, tid: 101, [little(UInt64(1)), little(UInt64(2))])
    sample.event(
      23, block: 0x217, time: start + 7000, tid: 101, flags: 0,
      [
        little(Int64(-111)), [2, 10, 0, 0, 1] + little(UInt16(5000)) + [10, 0, 0, 2] + little(UInt16(80)),
        little(Int64(5)),
      ])
    sample.event(5, block: 0x217, time: start + 7500, tid: 101, flags: 1, [little(Int64(0)), little(Int64(4))])
    sample.event(
      186, time: start + 8000, tid: 101, [little(Int64(256)), little(Int64(1)), [0], [0]])
    return sample
  }()

  /// What a file of these bytes becomes, with what the converter says of it.
  static func convert(_ bytes: [UInt8], catalogue: Catalogue? = nil) throws -> (
    capture: [UInt8], summary: ConversionSummary
  ) {
    let place = Box(0)
    let result = Box<[UInt8]>([])
    let converter = try ScapConverter(
      toolVersion: "test", catalogue: catalogue,
      reading: { buffer in
        let count = min(buffer.count, bytes.count - place.value)
        bytes.withUnsafeBytes {
          buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place.value..<(place.value + count)]))
        }
        place.value += count
        return count
      }, writingTo: { result.value += $0 })
    let summary = try converter.run()
    return (result.value, summary)
  }

  static func capture(_ bytes: [UInt8]) throws -> Capture { try Capture(bytes: convert(bytes).capture, path: "sample") }
}

final class Box<Value> {
  var value: Value
  init(_ value: Value) { self.value = value }
}

func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
