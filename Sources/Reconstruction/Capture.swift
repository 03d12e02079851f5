public import CaptureFormat
public import Events

/// A capture file with all its sections, gathered by the boot that they were recorded in.
public struct Capture {
  /// In file order; of a file that was not merged there is one.
  public let sections: [CaptureFile]
  /// In the order of their first sections.
  public let boots: [CaptureBoot]

  /// - Throws: What ``CaptureFile/init(path:)`` throws.
  public init(path: String) throws(CaptureError) { try self.init(CaptureFile.sections(path: path)) }

  public init(bytes: [UInt8], path: String) throws(CaptureError) {
    try self.init(CaptureFile.sections(bytes: bytes, path: path))
  }

  /// - Parameter sections: Of one file, one at least.
  public init(_ sections: [CaptureFile]) throws(CaptureError) {
    self.sections = sections
    var places: [String: Int] = [:]
    var groups: [[CaptureFile]] = []
    for section in sections {
      // Without a boot id it may be of any boot: it stands alone.
      let boot = section.provenance[.bootID]
      if let place = boot.flatMap({ places[$0] }) {
        groups[place].append(section)
      } else {
        if let boot { places[boot] = groups.count }
        groups.append([section])
      }
    }
    var boots: [CaptureBoot] = []
    for group in groups { boots.append(try CaptureBoot(group)) }
    self.boots = boots
  }

  /// Blocks of events of all sections, those that a growing file got since included. Unlike a boot's, made anew each time.
  public var directory: [BlockEntry] {
    sections.count == 1 ? sections[0].directory : boots.flatMap { CaptureBoot.directory(of: $0.sections) }
  }

  /// Names for the numbers of every section: a number means the same in all captures.
  public var catalogue: Catalogue {
    var catalogue = boots[0].catalogue
    for boot in boots.dropFirst() {
      catalogue.kinds += boot.catalogue.kinds
      catalogue.columns += boot.catalogue.columns
      catalogue.calls += boot.catalogue.calls
      catalogue.causes += boot.catalogue.causes
    }
    return catalogue
  }

  public var problems: [CaptureProblem] { sections.flatMap(\.problems) }

  /// The section that a block stands in.
  public func section(of entry: BlockEntry) -> CaptureFile? {
    if sections.count == 1 { return sections[0] }
    return sections.first { $0.section == entry.section }
  }

  /// The boot that a section is of.
  public func boot(of section: UInt32) -> CaptureBoot? {
    boots.first { $0.sections.contains { $0.section == section } }
  }

  /// The events of `entries` in the order of time: of one boot by its clock, of several by wall time.
  ///
  /// - Parameter step: Rows that it goes past are left out; nil is every row.
  public func events(in entries: [BlockEntry], step: EventMerge.Step? = nil) -> EventMerge {
    guard boots.count > 1 else { return EventMerge(sections, entries: entries, step: step) }
    var clocks: [UInt32: CaptureClock] = [:]
    for boot in boots { for section in boot.sections { clocks[section.section] = boot.clock } }
    return EventMerge(sections, entries: entries, step: step) { section, time in
      clocks[section]?.timeLine(of: time) ?? time.nanoseconds
    }
  }
}

/// What a capture file holds of one boot of one host: the sections that share a clock and a table of processes.
public struct CaptureBoot {
  public let sections: [CaptureFile]
  public let clock: CaptureClock
  /// Of all sections; a container that is in several has a row of each, with the same id and another key.
  public let containers: [ContainerRow]
  /// In the order of time.
  public let triggers: [TriggerRow]
  /// Names for the numbers of every section.
  public let catalogue: Catalogue
  /// Blocks of events, in file order. One that several captures of a recorder hold stands here once.
  public let directory: [BlockEntry]

  /// - Parameter sections: Of one boot, one at least.
  public init(_ sections: [CaptureFile]) throws(CaptureError) {
    self.sections = sections
    var anchors: [AnchorRow] = []
    var containers: [ContainerRow] = []
    var triggers: [TriggerRow] = []
    var catalogue = Catalogue()
    for section in sections {
      anchors += try section.anchors()
      containers += try section.containers()
      triggers += try section.triggers()
      catalogue.kinds += section.catalogue.kinds
      catalogue.columns += section.catalogue.columns
      catalogue.calls += section.catalogue.calls
      catalogue.causes += section.catalogue.causes
    }
    clock = CaptureClock(anchors: anchors)
    self.containers = containers
    self.triggers = triggers.sorted { $0.time < $1.time }
    self.catalogue = catalogue
    directory = Self.directory(of: sections)
  }

  /// A block is what one recorder sealed: the same wherever it was copied to.
  private struct RecordedBlock: Hashable {
    var recorder: String
    var digest: [UInt8]
  }

  static func directory(of sections: [CaptureFile]) -> [BlockEntry] {
    if sections.count == 1 { return sections[0].directory }
    var seen = Set<RecordedBlock>()
    return sections.flatMap { section in
      section.directory.filter { entry in
        guard let recorder = section.provenance[.recorderInstance] else { return true }
        return seen.insert(RecordedBlock(recorder: recorder, digest: entry.digest)).inserted
      }
    }
  }

  public var bootID: String? { sections[0].provenance[.bootID] }
  public var hostName: String? { sections[0].provenance[.hostName] }
  public var problems: [CaptureProblem] { sections.flatMap(\.problems) }

  /// The first and the last event; where there is none, packet; zero where there is neither.
  public var span: (first: BootTime, last: BootTime) {
    let zero = BootTime(nanoseconds: 0)
    let directory = directory.isEmpty ? sections.flatMap(\.packetBlocks) : directory
    return (directory.map(\.firstTime).min() ?? zero, directory.map(\.lastTime).max() ?? zero)
  }

  public func losses() throws(CaptureError) -> [LossRow] {
    var result: [LossRow] = []
    for section in sections { result += try section.losses() }
    return result
  }
}
