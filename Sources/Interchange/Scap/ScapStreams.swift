internal import CaptureFormat
internal import Events
internal import Posix

/// The open blocks of a capture that is made of a .scap file; a block goes to the writer when it is full or old.
final class ScapStreams {
  private let writer: CaptureWriter
  private let assembler = BlockAssembler()
  private var builders: [StreamKey: EventBlockBuilder] = [:]
  private var lastKey: StreamKey?
  private var last: EventBlockBuilder?
  private(set) var rowCount: UInt64 = 0
  /// A block covers no more time than this, so that a window in a capture is read by few of them.
  private static let age: UInt64 = 10_000_000_000
  private static let memoryLimit = 64 << 20

  init(writer: CaptureWriter) { self.writer = writer }

  func builder(for key: StreamKey) -> EventBlockBuilder {
    if key == lastKey, let last { return last }
    let builder: EventBlockBuilder
    if let known = builders[key] {
      builder = known
    } else {
      builder = EventBlockBuilder(stream: key, firstSequence: 0, assembler: assembler)
      builders[key] = builder
    }
    lastKey = key
    last = builder
    return builder
  }

  func endRow(_ builder: EventBlockBuilder) throws(SystemError) {
    builder.endRow()
    rowCount += 1
    if builder.isFull { try writer.append(builder.seal()) }
    if rowCount & 0x3FFF == 0 { try sealAged(now: builder.latestTime) }
  }

  private func sealAged(now: BootTime) throws(SystemError) {
    let isTooLarge = builders.values.reduce(0) { $0 + $1.memoryInBytes } > Self.memoryLimit
    for key in sorted(builders.keys) {
      guard let builder = builders[key], builder.rowCount > 0 else { continue }
      if isTooLarge || now.nanoseconds > builder.firstTime.nanoseconds &+ Self.age {
        try writer.append(builder.seal())
      }
    }
  }

  func sealAll() throws(SystemError) {
    for key in sorted(builders.keys) {
      if let builder = builders[key], builder.rowCount > 0 { try writer.append(builder.seal()) }
    }
  }

  private func sorted(_ keys: some Sequence<StreamKey>) -> [StreamKey] {
    keys.sorted { ($0.container, $0.lane) < ($1.container, $1.lane) }
  }
}
