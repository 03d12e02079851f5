public import CaptureFormat
public import Events

/// How things stood when a capture's window began: who was alive, and what they had open.
public struct WindowState: Sendable {
  /// Where each stream begins.
  public let streams: [StateRow]
  /// By container, pid and start.
  public let processes: [ProcessRow]
  public let descriptors: [ProcessKey: [DescriptorRow]]

  /// - Parameter containers: Whose; nil is everybody's.
  /// - Throws: ``CaptureError`` when the capture cannot be read.
  public init(of boot: CaptureBoot, containers: Set<ContainerKey>? = nil) throws(CaptureError) {
    try self.init(of: boot.sections, containers)
  }

  public init(of file: CaptureFile, containers: Set<ContainerKey>? = nil) throws(CaptureError) {
    try self.init(of: [file], containers)
  }

  private init(of files: [CaptureFile], _ containers: Set<ContainerKey>?) throws(CaptureError) {
    func isWanted(_ key: ContainerKey) -> Bool { containers?.contains(key) ?? true }
    var streams: [StateRow] = []
    var processes: [ProcessRow] = []
    var descriptors: [DescriptorRow] = []
    for file in files {
      streams += try file.state().filter { isWanted($0.container) }
      processes += try file.processesAtStart().filter { isWanted($0.container) }
      descriptors += try file.descriptorsAtStart().filter { isWanted($0.container) }
    }
    self.streams = streams
    self.processes = processes.sorted {
      ($0.container, $0.key.pid, $0.key.start) < ($1.container, $1.key.pid, $1.key.start)
    }
    self.descriptors = Dictionary(grouping: descriptors) { $0.process }
  }

  /// The capture tells how things stood: it is one of the armed recorder's.
  public var isTold: Bool { !streams.isEmpty }

  /// From when on nothing of the lane is missing.
  public func start(of lane: Lane, _ container: ContainerKey) -> BootTime? {
    streams.last { $0.lane == lane && $0.container == container }?.achievedStart
  }

  /// When what was open was so.
  public func descriptorTime(_ container: ContainerKey) -> BootTime? {
    streams.last { $0.lane == .detail && $0.container == container }?.stateTime
  }
}
