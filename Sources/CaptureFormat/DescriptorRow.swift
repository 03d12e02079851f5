public import Events

/// A descriptor that was open when a capture's window began.
public struct DescriptorRow: Hashable, Sendable {
  public var container: ContainerKey
  public var process: ProcessKey
  public var descriptor: Int32
  public var flags: DescriptorFlags
  /// Since when the process had it; nil where that was not seen: then longer than the recorder ran, or it came unseen.
  public var since: BootTime?
  public var file: BlockFile

  public init(
    container: ContainerKey, process: ProcessKey, descriptor: Int32, flags: DescriptorFlags = [],
    since: BootTime? = nil, file: BlockFile
  ) {
    self.container = container
    self.process = process
    self.descriptor = descriptor
    self.flags = flags
    self.since = since
    self.file = file
  }
}

/// What qualifies an open descriptor.
public struct DescriptorFlags: OptionSet, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// It goes when another program is run.
  public static let closesOnExec = DescriptorFlags(rawValue: 1 << 0)
  /// A socket that waits for connections.
  public static let listening = DescriptorFlags(rawValue: 1 << 1)
  /// It may have been closed since it was last seen: whether an exec took it along is not known.
  public static let doubtful = DescriptorFlags(rawValue: 1 << 2)
  /// Was open before the recorder was; found by the scan.
  public static let foundByScan = DescriptorFlags(rawValue: 1 << 3)
}

/// How things stood when a capture's window began.
public struct StateImage: Sendable {
  /// Where each stream begins.
  public var streams: [StateRow]
  /// Those that were alive at the state time of the lifecycle lane.
  public var processes: [ProcessRow]
  /// What they had open at the state time of the detail lane.
  public var descriptors: [DescriptorRow]

  public init(streams: [StateRow], processes: [ProcessRow], descriptors: [DescriptorRow]) {
    self.streams = streams
    self.processes = processes
    self.descriptors = descriptors
  }
}
