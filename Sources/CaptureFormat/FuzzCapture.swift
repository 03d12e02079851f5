internal import Events

/// What a reader made of some bytes.
public struct FuzzOutcome: Equatable, Sendable {
  public var eventCount = 0
  public var valueCount = 0
  public var problems: [CaptureProblem] = []
  public var hasFooter = false
  public var tableRows = 0
  public var propertyCount = 0
  public var sectionCount = 0
  public var packetCount = 0
}

/// Reads everything that can be read of a capture of these bytes: the entry for fuzzing.
///
/// - Throws: ``CaptureError`` when they are not a capture. It must never crash, hang or allocate out of proportion.
public func fuzzCapture(_ bytes: [UInt8]) throws(CaptureError) -> FuzzOutcome {
  let files = try CaptureFile.sections(bytes: bytes, path: "fuzz")
  var outcome = FuzzOutcome()
  outcome.sectionCount = files.count
  for file in files {
    outcome.hasFooter = outcome.hasFooter || file.hasFooter
    outcome.propertyCount += file.provenance.properties.count
    outcome.tableRows += try fuzzTables(of: file)
  }
  var merge = EventMerge(files, entries: files.flatMap(\.directory))
  while let block = try merge.next() {
    outcome.eventCount += 1
    outcome.valueCount += fuzzRow(of: block)
  }
  for file in files {
    for entry in file.packetBlocks { outcome.packetCount += try file.packets(of: entry).count }
  }
  outcome.problems = files.flatMap(\.problems)
  return outcome
}

/// Reads every table of a section: how many rows there are.
public func fuzzTables(of file: CaptureFile) throws(CaptureError) -> Int {
  _ = try file.containersOfProcesses()
  return try file.processes().count + file.containers().count + file.state().count + file.losses().count
    + file.anchors().count + file.counts().count + file.triggers().count + file.catalogue.columns.count
    + file.processesAtStart().count + file.descriptorsAtStart().count + file.catalogue.calls.count
    + file.catalogue.kinds.count + file.catalogue.causes.count
}

/// Reads all of the row that a block stands at: how many values it has.
public func fuzzRow(of block: EventBlock) -> Int {
  _ = (
    block.sequence, block.time, block.process, block.thread, block.kind, block.call, block.result, block.flags,
    block.cpu
  )
  var count = 0
  for column in block.columns {
    if block.value(column) != nil { count += 1 }
    if block.bytes(column) != nil { count += 1 }
    if block.file(column) != nil { count += 1 }
    _ = block.address(column)
  }
  return count
}
