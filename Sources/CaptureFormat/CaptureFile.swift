/// A capture, open for reading. Reads by `pread`, block by block, and counts what it read.
public final class CaptureFile {
  public let path: String
  public private(set) var bytesRead: UInt64 = 0
  public private(set) var length: UInt64 = 0
  public private(set) var provenance = Provenance()
  public private(set) var catalogue = Catalogue()
  /// Event blocks, in file order.
  public private(set) var directory: [BlockEntry] = []
  /// Nil without a footer.
  public private(set) var completeness: Completeness?
  /// A footer stands at the end of the file.
  public var hasFooter: Bool { completeness != nil }
  /// What was damaged, and skipped.
  public private(set) var problems: [CaptureProblem] = []
  /// Bytes at the end that are not a whole block yet.
  public private(set) var partialTail: UInt64 = 0

  public init(path: String) throws(CaptureError) { fatalError() }
  /// Looks whether the file has grown, and takes in what is whole.
  /// - Returns: Whether anything was added.
  public func refresh() throws(CaptureError) -> Bool { fatalError() }
  /// Read from the file when asked for; the last row of a key holds. A damaged block is a problem, not an error.
  public func processes() throws(CaptureError) -> [ProcessRow] { fatalError() }
  public func containers() throws(CaptureError) -> [ContainerRow] { fatalError() }
  public func state() throws(CaptureError) -> [StateRow] { fatalError() }
  public func losses() throws(CaptureError) -> [LossRow] { fatalError() }
  public func anchors() throws(CaptureError) -> [AnchorRow] { fatalError() }
  /// Empty without a footer: the directory's row counts tell roughly the same.
  public func counts() throws(CaptureError) -> [CountRow] { fatalError() }
  public func readEvents(_ entry: BlockEntry) throws(CaptureError) -> EventBlock { fatalError() }
}

/// A place in the file that could not be read.
public struct CaptureProblem: Hashable, Sendable {
  public var offset: UInt64
  /// Bytes skipped, up to where reading went on.
  public var length: UInt64
  public var message: String
}
