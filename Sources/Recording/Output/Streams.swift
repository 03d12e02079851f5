internal import CaptureFormat
internal import Events
internal import Posix

/// The open streams of a recording, one per container and lane, and the sealing of their blocks.
final class Streams {
  private final class Stream {
    let builder: EventBlockBuilder
    init(builder: EventBlockBuilder) { self.builder = builder }
  }

  /// When a block that is not full is sealed.
  struct Ages {
    /// Of streams in which much happens: they are columns, and large while they are open.
    var busy: Duration
    /// By lane, of streams in which little happens.
    var quiet: [Duration]

    static func all(_ age: Duration) -> Ages { Ages(busy: age, quiet: Lane.allCases.map { _ in age }) }
  }

  /// Every container is wanted where this is nil.
  var wanted: Set<ContainerKey>? { didSet { lastWanted = nil } }
  /// These are not, whatever ``wanted`` says.
  var unwanted: Set<ContainerKey> = [] { didSet { lastWanted = nil } }
  /// Of the last record that was asked for: a set costs a hash for each.
  private var lastWanted: ContainerKey?
  /// Whose blocks are sealed after a second: somebody waits for them.
  var urgent: Set<ContainerKey> = []
  /// Blocks with events of these kinds are sealed whenever ``sealAged(now:)`` is called.
  var prompt: KindMask?
  /// What goes over the network, where it is recorded: a lane like the others, filled by itself.
  var packets: PacketStreams?
  private let busyAge: UInt64
  private let quietAges: [UInt64]
  /// One for all streams: its buffers are those of the largest block.
  private let assembler = BlockAssembler()
  private var streams: [StreamKey: Stream] = [:]
  private var lastKey: StreamKey?
  private var last: Stream?
  private var seal: (SealedBlock) -> Void
  private(set) var eventCount: UInt64 = 0
  /// Those that have had an event.
  private(set) var containers: Set<ContainerKey> = []

  init(wanted: Set<ContainerKey>? = nil, ages: Ages = .all(.seconds(1)), seal: @escaping (SealedBlock) -> Void) {
    self.wanted = wanted
    busyAge = ages.busy.wholeNanoseconds
    quietAges = ages.quiet.map(\.wholeNanoseconds)
    self.seal = seal
  }

  func wants(_ container: ContainerKey) -> Bool {
    if container == lastWanted { return true }
    guard wanted?.contains(container) ?? true, unwanted.isEmpty || !unwanted.contains(container) else { return false }
    lastWanted = container
    return true
  }

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
    for (key, stream) in streams where stream.builder.rowCount > 0 {
      if let prompt, stream.builder.kinds.mayContain(anyOf: prompt) {
        sealBlock(of: stream)
        continue
      }
      let limit =
        urgent.contains(key.container)
        ? min(busyAge, 1_000_000_000) : stream.builder.isCompact ? quietAges[Int(key.lane.rawValue)] : busyAge
      if now.nanoseconds > stream.builder.firstTime.nanoseconds + limit { sealBlock(of: stream) }
    }
    packets?.sealAged(now: now.nanoseconds) { urgent.contains($0) ? min(busyAge, 1_000_000_000) : busyAge }
  }

  /// Seals the largest of what is open, until all of it takes no more than so many bytes: sealed it is a tenth of that.
  func sealLargest(downTo limit: Int) {
    let open = streams.values.map { ($0, $0.builder.memoryInBytes) }
    var total = open.reduce(0) { $0 + $1.1 }
    guard total > limit else { return }
    for (stream, bytes) in open.sorted(by: { $0.1 > $1.1 }) where stream.builder.rowCount > 0 {
      sealBlock(of: stream)
      total -= bytes - stream.builder.memoryInBytes
      if total <= limit { return }
    }
  }

  func sealAll() {
    for key in streams.keys.sorted(by: { ($0.container, $0.lane) < ($1.container, $1.lane) }) {
      sealBlock(of: streams[key]!)
    }
  }

  /// Hands on a block that was made elsewhere.
  func pass(_ block: SealedBlock) { seal(block) }

  /// Seals what is open of one container.
  func seal(_ container: ContainerKey) {
    packets?.seal(container)
    for lane in Lane.allCases {
      if let stream = streams[StreamKey(container: container, lane: lane)] { sealBlock(of: stream) }
    }
  }

  /// Drops the streams of a container that is gone.
  func forget(_ container: ContainerKey) {
    packets?.forget(container)
    for lane in Lane.allCases { streams[StreamKey(container: container, lane: lane)] = nil }
    containers.remove(container)
    lastKey = nil
    last = nil
  }

  /// Of the next event of the stream.
  func nextSequence(of key: StreamKey) -> UInt64 { streams[key]?.builder.nextSequence ?? 0 }

  /// Bytes that the open blocks take, by container.
  func memoryByContainer() -> [ContainerKey: Int] {
    var result: [ContainerKey: Int] = [:]
    for (key, stream) in streams { result[key.container, default: 0] += stream.builder.memoryInBytes + 160 }
    return result
  }

  /// Runs `body`, whose events of this container are for one capture and not for its history: their numbers are given again.
  func aside(_ container: ContainerKey, _ body: () -> Void) -> [SealedBlock] {
    let others = streams
    let before = (wanted, eventCount)
    streams = [:]
    for (key, stream) in others where key.container == container {
      let builder = EventBlockBuilder(stream: key, firstSequence: stream.builder.nextSequence, assembler: assembler)
      streams[key] = Stream(builder: builder)
    }
    (lastKey, last) = (nil, nil)
    wanted = [container]
    var blocks: [SealedBlock] = []
    let whole = seal
    seal = { blocks.append($0) }
    body()
    sealAll()
    seal = whole
    streams = others
    (lastKey, last) = (nil, nil)
    (wanted, eventCount) = before
    return blocks
  }

  private func sealBlock(of stream: Stream) {
    guard stream.builder.rowCount > 0 else { return }
    seal(stream.builder.seal())
  }
}
