/// What is kept of packets.
public struct PacketOptions: Hashable, Sendable {
  public enum Mode: String, CaseIterable, Sendable {
    /// Headers, DNS, the TLS client's hello and the request line of HTTP.
    case headers
    /// Every packet up to the snap length.
    case all
    case off
  }

  public var mode: Mode
  /// In the language of pcap-filter(7); nil takes all.
  public var filter: String?
  /// Bytes of each packet at the most, with ``Mode/all``.
  public var snapLength: Int

  /// The longest snap length: a packet and what is told of it must fit into a block of a capture.
  public static let snapLimit = 131_072

  public init(mode: Mode = .headers, filter: String? = nil, snapLength: Int = 65_535) {
    self.mode = mode
    self.filter = filter
    self.snapLength = snapLength
  }
}
