/// How much is kept of what is read, written, sent and received: bytes a call, by what they go through. 0 keeps none.
public struct PayloadLimits: Hashable, Sendable {
  /// Of files and pipes.
  public var files: UInt32 = 256
  public var sockets: UInt32 = 256
  /// Of sockets with port 53 at either end.
  public var nameService: UInt32 = greatest
  public var terminals: UInt32 = greatest
  /// Of what is written to descriptor 1 or 2: what `logs` prints.
  public var output: UInt32 = 4096
  /// Likely secrets are replaced by asterisks, and the event says so.
  public var masksSecrets = true

  public init() {}

  /// `files=256 sockets=256 dns=8176 terminals=8176 output=4096`.
  public var text: String {
    "files=\(files) sockets=\(sockets) dns=\(nameService) terminals=\(terminals) output=\(output)"
  }

  /// No call keeps more.
  public static let greatest: UInt32 = 8176

  public static let off: PayloadLimits = {
    var limits = PayloadLimits()
    limits.files = 0
    limits.sockets = 0
    limits.nameService = 0
    limits.terminals = 0
    limits.output = 0
    return limits
  }()
}
