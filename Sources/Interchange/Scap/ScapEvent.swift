/// One event of a .scap file: a view of its block.
///
/// ```
/// cpu u16 │ flags u32 where the block says so │ time u64 │ thread u64 │ length u32 │ type u16 │ count u32 from V2 on
/// lengths u16 (u32 in large ones) × count │ the parameters' bytes
/// ```
/// `length` counts from `time` on.
struct ScapEvent {
  private(set) var time: UInt64 = 0
  private(set) var thread: Int64 = 0
  private(set) var type = 0
  private(set) var cpu: UInt16 = 0
  /// It changes what is known, and is not to be shown.
  private(set) var isStateOnly = false
  private(set) var count = 0
  /// The parameters' bytes; valid as long as the block.
  private(set) var data = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Where each begins in `data`, and where the last ends.
  private(set) var places: [Int32] = Array(repeating: 0, count: parameterLimit + 1)

  static let parameterLimit = 64

  /// Takes apart the body of an event's block.
  ///
  /// - Returns: Nil, or what is wrong with it.
  mutating func read(_ block: UInt32, _ body: UnsafeRawBufferPointer) -> String? {
    let hasFlags =
      block == ScapBlockType.eventsWithFlags || block == ScapBlockType.eventsV2WithFlags
      || block == ScapBlockType.largeEventsWithFlags
    let isLarge = block == ScapBlockType.largeEvents || block == ScapBlockType.largeEventsWithFlags
    let hasCount = block != ScapBlockType.events && block != ScapBlockType.eventsWithFlags
    let start = hasFlags ? 6 : 2
    let headLength = hasCount ? 26 : 22
    guard body.count >= start + headLength else { return "an event of \(body.count) bytes" }
    cpu = body.loadUnaligned(as: UInt16.self)
    isStateOnly = hasFlags && body.loadUnaligned(fromByteOffset: 2, as: UInt32.self) & 1 != 0
    time = body.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    thread = body.loadUnaligned(fromByteOffset: start + 8, as: Int64.self)
    let length = Int(body.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self))
    type = Int(body.loadUnaligned(fromByteOffset: start + 20, as: UInt16.self))
    guard length >= headLength, length <= body.count - start else { return "an event that says it is \(length) bytes" }
    let rest = UnsafeRawBufferPointer(rebasing: body[(start + headLength)..<(start + length)])
    if hasCount {
      let count = body.loadUnaligned(fromByteOffset: start + 22, as: UInt32.self)
      guard count <= Self.parameterLimit else { return "an event with \(count) parameters" }
      if take(Int(count), width: isLarge ? 4 : 2, from: rest) { return nil }
      // Before the large blocks there were, large parameters stood in ordinary ones.
      if !isLarge, take(Int(count), width: 4, from: rest) { return nil }
      return "an event whose parameters do not fill it"
    }
    // It does not say how many it has: as many as make up its length, and no more than the table knows of.
    var count = ScapEventTable.shared.event(type)?.parameters.count ?? Self.parameterLimit
    while count >= 0 {
      if take(count, width: 2, from: rest) { return nil }
      count -= 1
    }
    return "an event whose parameters do not fill it"
  }

  private mutating func take(_ count: Int, width: Int, from rest: UnsafeRawBufferPointer) -> Bool {
    guard count <= Self.parameterLimit, count * width <= rest.count else { return false }
    var place = 0
    for index in 0..<count {
      places[index] = Int32(truncatingIfNeeded: place)
      place +=
        width == 2
        ? Int(rest.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        : Int(rest.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
      if place > rest.count - count * width { return false }
    }
    guard place == rest.count - count * width else { return false }
    places[count] = Int32(truncatingIfNeeded: place)
    self.count = count
    data = UnsafeRawBufferPointer(rebasing: rest[(count * width)...])
    return true
  }
}

/// The parameters of one event, or of one that was put aside.
struct ScapParameters {
  let event: ScapEventTable.Event
  let data: UnsafeRawBufferPointer
  let places: [Int32]
  let count: Int

  /// The bytes of a parameter; nil where the event has none.
  @inline(__always)
  func bytes(_ field: ScapField) -> UnsafeRawBufferPointer? {
    let place = Int(event.places[Int(field.rawValue)])
    guard place >= 0, place < count else { return nil }
    return UnsafeRawBufferPointer(rebasing: data[Int(places[place])..<Int(places[place + 1])])
  }

  /// A number of 1, 2, 4 or 8 bytes; nil where there is none.
  @inline(__always)
  func integer(_ field: ScapField) -> Int64? {
    guard let bytes = bytes(field) else { return nil }
    let isSigned = event.parameters[Int(event.places[Int(field.rawValue)])].isSigned
    switch bytes.count {
    case 8: return bytes.loadUnaligned(as: Int64.self)
    case 4: return isSigned ? Int64(bytes.loadUnaligned(as: Int32.self)) : Int64(bytes.loadUnaligned(as: UInt32.self))
    case 2: return isSigned ? Int64(bytes.loadUnaligned(as: Int16.self)) : Int64(bytes.loadUnaligned(as: UInt16.self))
    case 1: return isSigned ? Int64(bytes.loadUnaligned(as: Int8.self)) : Int64(bytes[0])
    default: return nil
    }
  }

  /// A string, to its NUL.
  func string(_ field: ScapField) -> [UInt8]? {
    bytes(field).map { Array($0.prefix { $0 != 0 }) }
  }
}

/// An exit with the entry that it belongs to: what the one lacks the other may have.
struct ScapCall {
  let exit: ScapParameters
  let entry: ScapParameters?

  @inline(__always)
  func integer(_ field: ScapField) -> Int64? { exit.integer(field) ?? entry?.integer(field) }
  func string(_ field: ScapField) -> [UInt8]? { exit.string(field) ?? entry?.string(field) }
  @inline(__always)
  func bytes(_ field: ScapField) -> UnsafeRawBufferPointer? { exit.bytes(field) ?? entry?.bytes(field) }
}
