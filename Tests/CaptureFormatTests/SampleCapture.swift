import CaptureFormat
import Events
import Glibc
import Posix

/// Captures built for tests.
enum SampleCapture {
  static let container = ContainerKey(rawValue: 7)
  static let shell = ProcessKey(pid: 100, start: BootTime(nanoseconds: 5_000_000_000))
  static let child = ProcessKey(pid: 101, start: BootTime(nanoseconds: 6_000_000_000))

  static let provenance = Provenance(properties: [
    .init(key: "host.name", value: "node-1"), .init(key: "future.key", value: "kept"),
  ])

  static let processes = [
    ProcessRow(key: shell, container: container, comm: Array("sh".utf8)),
    ProcessRow(
      key: shell, parent: ProcessKey(pid: 1, start: BootTime(nanoseconds: 1)), container: container,
      flags: [.foundByScan], end: BootTime(nanoseconds: 9_000_000_000), exitCode: 256, userID: 0, groupID: 5,
      comm: Array("sh".utf8), executable: Array("/bin/sh".utf8), arguments: ["sh", "", "-c"],
      workingDirectory: Array("/".utf8), namespacePID: 1, execTime: BootTime(nanoseconds: 5_000_000_001), session: 100,
      terminalName: Array("pts/0".utf8), eventCount: 12),
    ProcessRow(key: child, container: container, comm: [0xFF, 0xFE]),
  ]

  static let containers = [
    ContainerRow(
      key: container, id: String(repeating: "ab", count: 32), name: "web", image: "nginx:1", imageID: "sha256:1",
      runtime: "docker", podName: "p", podNamespace: "ns", podUID: "u",
      labels: [ContainerLabel(key: "a", value: ""), ContainerLabel(key: "b", value: "c")],
      created: WallTime(nanoseconds: -5), started: BootTime(nanoseconds: 1), ended: BootTime(nanoseconds: 2),
      cgroupPaths: ["/docker/ab"], cgroup: CgroupID(rawValue: .max), mountNamespace: 42, metadataSource: "/x",
      flags: [.sandbox]),
    ContainerRow(key: .host, id: ""),
  ]

  static let losses = [
    LossRow(
      cause: .ringFull, lane: .detail, container: container, from: BootTime(nanoseconds: 1),
      to: BootTime(nanoseconds: 9), count: 3),
    LossRow(
      cause: .scratch, lane: nil, container: nil, from: BootTime(nanoseconds: 4), to: BootTime(nanoseconds: 4), count: 1
    ),
  ]

  static let anchors = [
    AnchorRow(
      boot: BootTime(nanoseconds: 10), monotonic: 8, real: WallTime(nanoseconds: 1_700_000_000_000_000_000),
      reason: .start)
  ]

  static let state = [
    StateRow(container: container, lane: .detail, achievedStart: BootTime(nanoseconds: 3), firstSequence: 40),
    StateRow(
      container: container, lane: .lifecycle, achievedStart: BootTime(nanoseconds: 2), firstSequence: 0,
      stateTime: BootTime(nanoseconds: 2)),
  ]

  static let descriptors = [
    DescriptorRow(
      container: container, process: processes[0].key, descriptor: 3, flags: [.listening, .closesOnExec],
      since: BootTime(nanoseconds: 1), file: socket),
    DescriptorRow(container: container, process: processes[0].key, descriptor: -1, flags: .doubtful, file: file),
  ]

  static let triggers = [
    TriggerRow(
      time: BootTime(nanoseconds: 1_000_000_500), accepted: BootTime(nanoseconds: 3_000_000_000), source: "falco",
      reason: "a shell was spawned\u{1B}[31m", rule: "Terminal shell in container", priority: "Notice",
      container: container, before: 30_000_000_000, after: 15_000_000_000, fingerprint: "f00d",
      body: Array(#"{"rule":"Terminal shell in container"}"#.utf8)),
    TriggerRow(
      time: BootTime(nanoseconds: 9), accepted: BootTime(nanoseconds: 9), source: "request", container: .host),
  ]

  static let file = BlockFile(
    id: FileID(rawValue: 9), inode: 1234, device: 0x800001, type: .regular, mode: 0o100644,
    path: Array("/etc/passwd".utf8))
  static let socket = BlockFile(
    id: FileID(rawValue: 10), inode: 99, device: 8, type: .socket, mode: 0o140777,
    localAddress: .ipv4(address: [10, 0, 0, 1], port: 4000),
    remoteAddress: .ipv6(address: Array(0..<16), port: 443), socketCookie: 77, networkNamespace: 5, socketType: 1,
    networkProtocol: 6, openFlags: 2, peerInode: 3)

  /// `count` rows of several kinds, the first at one second and then one each microsecond.
  static func events(
    _ count: Int, in stream: StreamKey = StreamKey(container: container, lane: .activity), from: UInt64 = 1_000_000_000,
    sequence: UInt64 = 40
  ) -> [SealedBlock] {
    let builder = EventBlockBuilder(stream: stream, firstSequence: sequence)
    var blocks: [SealedBlock] = []
    for index in 0..<count {
      addRow(index, to: builder, from: from)
      if builder.isFull { blocks.append(builder.seal()) }
    }
    if builder.rowCount > 0 { blocks.append(builder.seal()) }
    return blocks
  }

  static func addRow(_ index: Int, to builder: EventBlockBuilder, from: UInt64) {
    let key = index % 3 == 0 ? child : shell
    let process = builder.internProcess(key) {
      BlockProcess(key: key, comm: Array("sh".utf8), executable: Array("/bin/sh".utf8), namespacePID: 1)
    }
    let time = BootTime(nanoseconds: from + UInt64(index) * 1000)
    switch index % 4 {
    case 0:
      builder.beginRow(
        time: time, process: process, thread: 100, kind: .fileOpen, call: SystemCall(abi: 0, number: 257), result: 3,
        flags: [.fromUserMemory], cpu: 1)
      builder.set(.path, string: "/etc/passwd\(index % 50)")
      builder.set(.openFlags, 0o100)
      builder.set(.file, Int64(builder.internFile(file.id, inode: file.inode, device: file.device) { file }))
    case 1:
      builder.beginRow(
        time: time, process: process, thread: 101, kind: .fileRead, call: SystemCall(abi: 0, number: 0), result: 4096,
        flags: [], cpu: 2)
      builder.set(.count, 4096)
      builder.set(.descriptor, 3)
      builder.set(.offset, -1)
    case 2:
      builder.beginRow(
        time: time, process: process, thread: 101, kind: .networkConnect, call: SystemCall(abi: 1, number: 42),
        result: -111, flags: [.truncated, .unfinished], cpu: 65535)
      builder.set(.address, address: .ipv4(address: [127, 0, 0, 1], port: 80))
      builder.set(.file, Int64(builder.internFile(socket.id, inode: socket.inode, device: socket.device) { socket }))
    default:
      builder.beginRow(
        time: time, process: process, thread: 101, kind: .processExec, call: nil, result: 0, flags: [], cpu: 0)
      builder.set(
        .arguments, string: ["sh", "-c", "echo \(index)"].reduce(into: [UInt8]()) { $0 += Array($1.utf8) + [0] })
      builder.set(.argument0, Int64.min)
      builder.set(.argument1, Int64.max)
    }
    builder.endRow()
  }

  /// A small capture that holds every kind of block; `finished` puts a footer on it.
  ///
  /// - Parameter small: Rows that leave columns out, so that the whole is short enough to try every byte of it.
  static func bytes(events count: Int = 12, finished: Bool = true, small: Bool = false) throws -> [UInt8] {
    let output = Output()
    let writer = try CaptureWriter(
      to: output.sink, provenance: provenance,
      catalogue: Catalogue(
        kinds: [.init(number: 900, name: "future.kind", summary: "of a newer version")],
        columns: Array(ColumnID.catalogue.prefix(small ? 1 : 3)),
        calls: small ? [] : [.init(abi: 0, number: 257, name: "openat")],
        causes: small ? Array(LossCause.catalogue.prefix(1)) : LossCause.catalogue))
    try writer.append(containers: small ? [ContainerRow(key: .host, id: "ab", name: "web")] : containers)
    try writer.append(processes: small ? [processes[2]] : processes)
    try writer.append(
      StateImage(
        streams: small ? [state[0]] : state, processes: small ? [] : [processes[1]],
        descriptors: small ? [descriptors[1]] : descriptors))
    for block in events(count) { try writer.append(block) }
    try writer.append(losses: losses)
    try writer.append(anchors: anchors)
    // The journal's entry is no block of ours, and so under no checksum: the small sample has none.
    let clock = anchors[0]
    try writer.append(triggers: small ? [triggers[1]] : triggers) { time in
      small ? nil : WallTime(nanoseconds: clock.real.nanoseconds + Int64(time.nanoseconds))
    }
    if finished { try writer.finish(completeness) }
    return output.bytes
  }

  static let completeness = Completeness(
    from: BootTime(nanoseconds: 1), to: BootTime(nanoseconds: 99), isComplete: true, reason: "asked to")

  final class Output {
    var bytes: [UInt8] = []
    var sink: CaptureWriter.Sink { { [self] (buffer) throws(SystemError) in bytes += buffer } }
  }

  /// Runs `body` with a file of these bytes, which is removed after it.
  static func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    var name = Array("/tmp/aftertrace-test-XXXXXX".utf8CString)
    let descriptor = FileDescriptor(owning: mkstemp(&name))
    let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    try bytes.withUnsafeBytes { try descriptor.write($0) }
    return try body(path)
  }

  static func append(_ bytes: ArraySlice<UInt8>, to path: String) throws {
    let descriptor = try FileDescriptor.open(path, flags: O_WRONLY | O_APPEND)
    try bytes.withUnsafeBytes { try descriptor.write($0) }
  }
}
