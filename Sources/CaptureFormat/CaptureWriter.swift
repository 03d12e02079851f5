public import Events
public import Posix

/// Writes a capture, front to back, never going back.
public final class CaptureWriter {
  /// Where the bytes go: a file, a pipe, memory.
  public typealias Sink = (UnsafeRawBufferPointer) throws(SystemError) -> Void

  public private(set) var bytesWritten: UInt64 = 0

  /// Writes the section header, the interface block, provenance and catalogue.
  public init(to sink: @escaping Sink, provenance: Provenance, catalogue: Catalogue) throws(SystemError) { fatalError() }
  public func append(_ block: SealedBlock) throws(SystemError) { fatalError() }
  public func append(containers: [ContainerRow]) throws(SystemError) { fatalError() }
  public func append(processes: [ProcessRow]) throws(SystemError) { fatalError() }
  public func append(state: [StateRow]) throws(SystemError) { fatalError() }
  public func append(losses: [LossRow]) throws(SystemError) { fatalError() }
  public func append(anchors: [AnchorRow]) throws(SystemError) { fatalError() }
  /// Writes a footer: directory pages, counts, root and trailer. More may be appended after it, and another footer.
  public func finish(_ completeness: Completeness) throws(SystemError) { fatalError() }
}

/// What the recorder can vouch for when it writes a footer.
public struct Completeness: Hashable, Sendable {
  /// The window that was asked for.
  public var from: BootTime
  public var to: BootTime
  /// Nothing was lost and everything was probed, as far as the recorder can prove.
  public var isComplete: Bool
  /// Why the recording ended, in words.
  public var reason: String
  public init(from: BootTime, to: BootTime, isComplete: Bool, reason: String) {
    self.from = from
    self.to = to
    self.isComplete = isComplete
    self.reason = reason
  }
}
