/// Events of many blocks in the order of their time, reading each block when its time comes.
///
/// Memory is bounded by the blocks whose spans overlap one instant.
public struct EventMerge {
  public init(_ file: CaptureFile, entries: [BlockEntry]) { fatalError() }
  /// The block that holds the next event, standing at it; nil after the last.
  public mutating func next() throws(CaptureError) -> EventBlock? { fatalError() }
}
