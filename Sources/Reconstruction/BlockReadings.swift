internal import Bytes
public import CaptureFormat

/// What a block's dictionary reads as: made once an entry, when a row first asks, and gone with the block.
public final class BlockReadings {
  /// `sh[9288]`, by place in the dictionary.
  private var processes: [[UInt8]]
  /// Descriptions, by place.
  var files = PlaceTable<[UInt8]>()
  /// The filter that was tried last, and what it decided.
  var matcher: (filter: PreparedFilter, matcher: FilterMatcher)?
  /// The same of many filters.
  var bank: BlockBank?
  /// What an exporter makes of the same entries.
  public var exported: AnyObject?

  private init(_ block: EventBlock) { processes = Array(repeating: [], count: block.processes.count) }

  /// Those of the block that `event` stands in.
  public static func of(_ event: EventBlock) -> BlockReadings {
    if let readings = event.readings as? BlockReadings { return readings }
    let readings = BlockReadings(event)
    event.readings = readings
    return readings
  }

  /// Appends `sh[9288]`, safe for a terminal.
  public func appendProcess(of event: EventBlock, to line: inout [UInt8]) {
    let index = event.processIndex
    guard processes.indices.contains(index) else { return line.append(text: EventText.name(of: event.process)) }
    if processes[index].isEmpty { processes[index] = Array(EventText.name(of: event.process).utf8) }
    line.append(contentsOf: processes[index])
  }
}

/// Values by small numbers that a file says: a place beyond what a block can have is not kept.
public struct PlaceTable<Value> {
  private var values: [Value?] = []
  private let limit = 1 << 16

  public init() {}

  public subscript(place: Int64) -> Value? {
    get { place >= 0 && place < values.count ? values[Int(place)] : nil }
    set {
      guard place >= 0, place < limit else { return }
      while values.count <= place { values.append(nil) }
      values[Int(place)] = newValue
    }
  }
}
