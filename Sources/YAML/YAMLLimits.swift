/// What a text may cost to read.
public struct YAMLLimits: Sendable {
  public var lengthInBytes = 4 << 20
  public var depth = 64
  /// Scalars, lists, maps and keys of all documents, with what aliases stand for.
  public var nodeCount = 400_000

  public init() {}
}
