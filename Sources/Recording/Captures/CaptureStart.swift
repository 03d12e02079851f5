public import CaptureFormat
internal import Events
internal import Posix

/// What a capture begins with: why it is made, and the past.
public struct CaptureStart: Sendable {
  /// Its `capture.uuid` is the capture's id; one is made where it has none.
  public var provenance: Provenance
  public var catalogue: SealedCatalogue
  /// The container's name; nil where it has none.
  public var containerName: String?
  /// The container's full id; empty for the host.
  public var containerID: String
  /// At least one.
  public var triggers: [TriggerRow]
  public var anchors: [AnchorRow] = []
  public var containers: [ContainerRow] = []
  public var processes: [ProcessRow] = []
  /// How things stood when the window began.
  public var state: StateImage?
  public var losses: [LossRow] = []
  /// Shared with whoever else keeps them: taken whatever the queue's limit is.
  public var blocks: [SealedBlock] = []

  public init(
    provenance: Provenance, catalogue: SealedCatalogue, containerID: String, containerName: String? = nil,
    triggers: [TriggerRow]
  ) {
    self.provenance = provenance
    self.catalogue = catalogue
    self.containerID = containerID
    self.containerName = containerName
    self.triggers = triggers
  }

  /// In the order that they are written.
  var items: [CaptureItem] {
    var items: [CaptureItem] = []
    if !anchors.isEmpty { items.append(.anchors(anchors)) }
    if !triggers.isEmpty { items.append(.triggers(triggers)) }
    if !containers.isEmpty { items.append(.containers(containers)) }
    if !processes.isEmpty { items.append(.processes(processes)) }
    if let state { items.append(.state(state)) }
    if !losses.isEmpty { items.append(.losses(losses)) }
    return items + blocks.map { .block($0) }
  }

  /// `HOST-CONTAINER-YYYYMMDD-HHMMSS`, of letters, digits, dots, dashes and underscores.
  func baseName(at time: WallTime) -> String {
    let container = containerID.isEmpty ? "host" : containerName ?? String(containerID.prefix(12))
    let host = provenance[.hostName] ?? Posix.hostName
    return "\(Self.plain(host))-\(Self.plain(container))-\(CalendarTime(time).fileStamp)"
  }

  /// A container is named by whoever made it: nothing of that may lead out of the directory, or into an option.
  private static func plain(_ name: String) -> String {
    let bytes = name.utf8.prefix(64).map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        byte
      default: UInt8(ascii: "_")
      }
    }
    let text = String(decoding: bytes.drop { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }, as: UTF8.self)
    return text.isEmpty ? "_" : text
  }
}

/// What became of a capture.
public struct CaptureOutcome: Sendable {
  /// The capture's, or that of what there is of it: then `.partial` is behind its name.
  public var path: String
  public var captureID: String
  public var containerID: String
  public var containerName: String?
  public var container: ContainerRow?
  public var triggers: [TriggerRow]
  public var anchor: AnchorRow?
  /// Nil when it was never finished.
  public var completeness: Completeness?
  public var eventCount: UInt64
  public var bytesWritten: UInt64
  /// Everything that is missing, as it stands in the capture.
  public var losses: [LossRow]
  /// Why it could not be written; nil when it was.
  public var failure: String?
}
