internal import Arguments
public import CaptureFormat
public import Events
internal import Posix
internal import Reconstruction

/// One boot of a capture with what every reading command is asked: which containers, from when to when, in which zone.
struct ReadingRequest {
  let path: String
  let boot: CaptureBoot
  /// Nil is all of them.
  let selected: Set<ContainerKey>?
  let window: Window
  /// Nil is everything.
  let filter: PreparedFilter?
  let isJSON: Bool
  let isLocal: Bool
  /// Of every container.
  let labels: [ContainerKey: String]
  private let rows: [ContainerKey: ContainerRow]

  /// The boot times that were asked for.
  struct Window {
    var from = BootTime(nanoseconds: 0)
    var to = BootTime(nanoseconds: .max)
    /// False: it is everything.
    var isAsked = false
  }
}

extension ReadingRequest {
  init(
    path: String, boot: CaptureBoot, selected: Set<ContainerKey>?, window: Window,
    filter: PreparedFilter?, labels: [ContainerKey: String], isJSON: Bool, isLocal: Bool
  ) {
    self.path = path
    self.boot = boot
    self.selected = selected
    self.window = window
    self.filter = filter
    self.labels = labels
    self.isJSON = isJSON
    self.isLocal = isLocal
    rows = Dictionary(boot.containers.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
  }

  /// Of the capture, whatever is selected.
  var containers: [ContainerRow] { boot.containers }
  /// Several: what is shown says whose it is.
  var hasSeveralContainers: Bool { containers.count { $0.key != .host } > 1 && selected?.count != 1 }
  var clock: CaptureClock { boot.clock }
  var from: BootTime { window.from }
  var to: BootTime { window.to }
  var hasWindow: Bool { window.isAsked }
  /// Whether anything narrows what is shown: then "nothing matched" is an exit status.
  var isNarrowed: Bool { selected != nil || hasWindow || filter != nil }

  /// The event blocks that can hold what was asked for.
  var blocks: [BlockEntry] { blocks(of: boot.directory) }

  func blocks(of directory: [BlockEntry]) -> [BlockEntry] {
    directory.filter { entry in
      (selected?.contains(entry.container) ?? true) && entry.firstTime <= to && entry.lastTime >= from
        && (filter?.mayMatch(entry) ?? true)
    }
  }

  /// Those that concern what was asked for. A filter is about events: a trigger passes none.
  var triggers: [TriggerRow] {
    if filter != nil { return [] }
    return boot.triggers.filter { isInWindow($0.time) && (selected?.contains($0.container) ?? true) }
  }

  func isInWindow(_ time: BootTime) -> Bool { time >= from && time <= to }

  /// Goes to a block's next event that passes the filter.
  func advance(_ block: EventBlock) -> Bool { filter.map { $0.advance(block) } ?? block.next() }

  func container(_ key: ContainerKey) -> ContainerRow? { rows[key] }

  /// `web-1`, the first digits of the id, or `host`.
  func label(of key: ContainerKey) -> String {
    key == .host ? "host" : labels[key] ?? "container \(key.rawValue)"
  }

  /// `node-1`, safe for a terminal.
  var hostLabel: String { EventText.printable(Array((boot.hostName ?? "unknown host").utf8)) }
}

extension ContainerRow: SelectableContainer {
  public var containerID: String { id }
  public var containerName: String? { name }
}
