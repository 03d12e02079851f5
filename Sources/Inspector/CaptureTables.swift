public import CaptureFormat
public import Events
public import Reconstruction

/// Everything of a capture but its events: what the panes show. Made by the worker, never changed afterwards.
public struct CaptureTables: Sendable {
  /// What a person calls the file.
  public var path = ""
  public var hostName: String?
  public var containers: [ContainerSummary] = []
  /// By all of their keys.
  var containerPlaces: [ContainerKey: Int] = [:]
  public var processes: [ProcessRow] = []
  public var processPlaces: [ProcessKey: Int] = [:]
  /// Nil is all of them.
  public var forests: [ContainerKey?: ProcessForest] = [:]
  public var counts = ActivityCounts()
  public var losses: [LossRow] = []
  public var triggers: [TriggerMark] = []
  public var clock = CaptureClock(anchors: [])
  public var catalogue = Catalogue()
  public var completeness: Completeness?
  public var first = BootTime(nanoseconds: 0)
  public var last = BootTime(nanoseconds: 0)
  public var eventCount: UInt64 = 0
  public var lengthInBytes: UInt64 = 0
  public var kinds: [EventKind] = []
  public var problems: [CaptureProblem] = []
  /// More than one where captures were merged.
  public var sectionCount = 1
  public var hostCount = 1
  public var partialTail: UInt64 = 0
  /// How things stood when the window began.
  public var state: WindowState?
  /// What went over the network is in it.
  public var hasPackets = false
  /// Processes take longer to read than the rest, and come after it.
  public var hasProcesses = false

  public init() {}

  public func container(_ key: ContainerKey) -> ContainerSummary? { containerPlaces[key].map { containers[$0] } }

  /// The key that a container is shown by: it has one in each section.
  public func shown(_ key: ContainerKey) -> ContainerKey { container(key)?.key ?? key }

  /// Samples of what containers take are in it.
  public var hasResources: Bool { kinds.contains(.containerResources) }

  /// The process and all that descend from it.
  public func family(of key: ProcessKey) -> Set<ProcessKey> {
    var result: Set<ProcessKey> = [key]
    guard let nodes = forests[nil]?.nodes, let place = nodes.firstIndex(where: { $0.process.key == key }) else {
      return result
    }
    for node in nodes[(place + 1)...] {
      if node.depth <= nodes[place].depth { break }
      result.insert(node.process.key)
    }
    return result
  }

  public func process(_ key: ProcessKey) -> ProcessRow? { processPlaces[key].map { processes[$0] } }
}

/// Something fired: where in time, and why.
public struct TriggerMark: Hashable, Sendable {
  public var time: BootTime
  /// Nil is the whole host.
  public var container: ContainerKey?
  public var reason: String
  public init(time: BootTime, container: ContainerKey?, reason: String) {
    self.time = time
    self.container = container
    self.reason = reason
  }
}

/// A container with what the capture has of it.
public struct ContainerSummary: Hashable, Sendable {
  public var key: ContainerKey
  /// In each section that tells of it.
  public var keys: Set<ContainerKey>
  public var row: ContainerRow
  /// Safe for a terminal.
  public var label: String
  public var image: String
  public var eventCount: UInt64
  public var lostCount: UInt64
  public var processCount: Int
  /// Of the process that is 1 inside.
  public var exitCode: Int32?
  /// The kernel ended that process for want of memory.
  public var isOutOfMemory = false
}
