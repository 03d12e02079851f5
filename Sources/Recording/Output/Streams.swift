internal import CaptureFormat
internal import Events

/// The open streams of a recording, one per container and lane, and the sealing of their blocks.
final class Streams {
  private final class Stream {
    let builder: EventBlockBuilder
    init(builder: EventBlockBuilder) { self.builder = builder }
  }

  /// Every container is wanted where this is nil.
  var wanted: Set<ContainerKey>?
  /// A block that is not full is sealed at this age, so that a reader who follows sees it.
  let maximumAge: UInt64
  /// One for all streams: its buffers are those of the largest block.
  private let assembler = BlockAssembler()
  private var streams: [StreamKey: Stream] = [:]
  private var lastKey: StreamKey?
  private var last: Stream?
  private let seal: (SealedBlock) -> Void
  private(set) var eventCount: UInt64 = 0
  /// Those that have had an event.
  private(set) var containers: Set<ContainerKey> = []

  init(wanted: Set<ContainerKey>? = nil, maximumAge: Duration = .seconds(1), seal: @escaping (SealedBlock) -> Void) {
    self.wanted = wanted
    self.maximumAge = UInt64(maximumAge.components.seconds) * 1_000_000_000
    self.seal = seal
  }

  func wants(_ container: ContainerKey) -> Bool { wanted?.contains(container) ?? true }

  func builder(for key: StreamKey) -> EventBlockBuilder {
    if key == lastKey, let last { return last.builder }
    let stream: Stream
    if let known = streams[key] {
      stream = known
    } else {
      stream = Stream(builder: EventBlockBuilder(stream: key, firstSequence: 0, assembler: assembler))
      streams[key] = stream
      containers.insert(key.container)
    }
    lastKey = key
    last = stream
    return stream.builder
  }

  /// Ends the row that was begun last, and seals its block when it is full.
  func endRow(_ builder: EventBlockBuilder) {
    builder.endRow()
    eventCount += 1
    if builder.isFull, let last { sealBlock(of: last) }
  }

  /// Seals what has been open for longer than the age limit. Called on the recorder's timer.
  func sealAged(now: BootTime) {
    for stream in streams.values {
      guard stream.builder.rowCount > 0 else { continue }
      if now.nanoseconds > stream.builder.firstTime.nanoseconds + maximumAge { sealBlock(of: stream) }
    }
  }

  func sealAll() {
    for key in streams.keys.sorted(by: { ($0.container, $0.lane) < ($1.container, $1.lane) }) {
      sealBlock(of: streams[key]!)
    }
  }

  private func sealBlock(of stream: Stream) {
    guard stream.builder.rowCount > 0 else { return }
    seal(stream.builder.seal())
  }
}
