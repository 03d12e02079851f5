import CaptureFormat
import Events
import Posix
import Reconstruction

/// Captures made for what real ones do not show: losses, triggers, hostile names, many processes.
enum BuiltCapture {
  static let web = ContainerKey(rawValue: 1)
  static let worker = ContainerKey(rawValue: 2)
  static let second: UInt64 = 1_000_000_000

  static func time(_ seconds: Double) -> BootTime { BootTime(nanoseconds: UInt64((1000 + seconds) * 1e9)) }

  /// Ten seconds of two containers; `name` is what everything is called.
  static func bytes(
    name: String = "web", processes: Int = 6, events: Int = 200, losses: [LossRow] = [], triggers: [TriggerRow] = [],
    finished: Bool = true
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let writer = try CaptureWriter(
      to: { (buffer) throws(SystemError) in bytes += buffer },
      provenance: Provenance(properties: [.init(key: "host.name", value: "node-\(name)")]),
      catalogue: Catalogue.current(calls: [.init(abi: 0, number: 257, name: "openat")]))
    try writer.append(containers: [
      ContainerRow(
        key: web, id: String(repeating: "ab", count: 32), name: name, image: "shop/\(name):1", started: time(0),
        ended: time(9)),
      ContainerRow(
        key: worker, id: String(repeating: "cd", count: 32), name: "worker", image: "shop/worker:2", started: time(1),
        flags: .foundByScan),
    ])
    let keys = (0..<processes).map {
      ProcessKey(pid: UInt32(100 + $0), start: time(Double($0) * 9 / Double(processes)))
    }
    try writer.append(
      processes: keys.enumerated().map { place, key in
        ProcessRow(
          key: key, parent: place == 0 ? nil : keys[(place - 1) / 3], container: place % 4 == 3 ? worker : web,
          end: place % 3 == 0 ? nil : time(9.5), exitCode: place % 3 == 0 ? nil : place % 3 == 1 ? 0 : 139,
          userID: 0, comm: Array("\(name)-\(place)".utf8), executable: Array("/bin/\(name)".utf8),
          arguments: ByteList([Array(name.utf8), Array("--number".utf8), Array("\(place)".utf8)]))
      })
    for (container, lane) in [(web, Lane.activity), (web, .detail), (worker, .lifecycle)] {
      let builder = EventBlockBuilder(stream: StreamKey(container: container, lane: lane), firstSequence: 0)
      for row in 0..<events {
        let key = keys[row % keys.count]
        let process = builder.internProcess(key) {
          BlockProcess(key: key, comm: Array("\(name)-\(row % keys.count)".utf8))
        }
        builder.beginRow(
          time: time(9 * Double(row) / Double(events) + Double(lane.rawValue) / 1000), process: process,
          thread: key.pid,
          kind: row % 3 == 0 ? .fileUnlink : .fileOpen, call: SystemCall(abi: 0, number: 257),
          result: row % 7 == 0 ? -13 : 3, flags: row % 5 == 0 ? [.truncated, .fromUserMemory] : [], cpu: 1)
        builder.set(.path, string: "/srv/\(name)/file-\(row)")
        builder.set(.openFlags, 0o101)
        builder.endRow()
        if builder.isFull { try writer.append(builder.seal()) }
      }
      if builder.rowCount > 0 { try writer.append(builder.seal()) }
    }
    try writer.append(losses: losses)
    try writer.append(anchors: [
      AnchorRow(
        boot: time(0), monotonic: 0, real: WallTime(nanoseconds: 1_700_000_000_000_000_000), reason: .start)
    ])
    try writer.append(triggers: triggers)
    if finished {
      try writer.finish(Completeness(from: time(0), to: time(9), isComplete: losses.isEmpty, reason: "asked to"))
    }
    return bytes
  }

  static let losses = [
    LossRow(cause: .ringFull, lane: .detail, container: web, from: time(2), to: time(3.5), count: 12_345),
    LossRow(cause: .evicted, lane: nil, container: nil, from: time(6), to: time(6.1), count: 7),
  ]
  static let triggers = [
    TriggerRow(
      time: time(5), accepted: time(5.1), source: "falco", rule: "Terminal shell in container", container: web)
  ]
}
