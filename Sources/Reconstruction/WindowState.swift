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

  /// Of all that a file holds, on a common line of time.
  ///
  /// - Parameter container: Whose state a container's is added to.
  public init(
    of capture: Capture, on line: CommonTime, container: (ContainerKey) -> ContainerKey
  ) throws(CaptureError) {
    var streams: [StateRow] = []
    var processes: [ProcessRow] = []
    var descriptors: [ProcessKey: [DescriptorRow]] = [:]
    // Several captures of one recorder tell of one process each: the first one is how it was when everything began.
    var known = Set<ProcessKey>()
    for file in capture.sections {
      let section = file.section
      let state = try Self(of: file)
      streams += state.streams.map { row in
        var row = row
        row.container = container(row.container)
        row.achievedStart = line.time(row.achievedStart, in: section)
        row.stateTime = row.stateTime.map { line.time($0, in: section) }
        return row
      }
      for process in state.processes {
        var row = line.row(process, in: section)
        row.container = container(row.container)
        guard known.insert(row.key).inserted else { continue }
        processes.append(row)
        descriptors[row.key] = state.descriptors[process.key]?.map { row in
          var row = row
          row.container = container(row.container)
          row.process = line.key(row.process, in: section)
          row.since = row.since.map { line.time($0, in: section) }
          return row
        }
      }
    }
    self.streams = streams
    self.processes = processes
    self.descriptors = descriptors
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
