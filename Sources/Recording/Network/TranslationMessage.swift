internal import Bytes
internal import CaptureFormat

/// One connection of the kernel's book of connections, in both directions. Source: linux/netfilter/nfnetlink_conntrack.h.
///
/// ```
///  0        4      6      8          12         16       17        20
/// ┌────────┬──────┬──────┬──────────┬──────────┬────────┬─────────┬────────────┬───
/// │ length │ type │flags │ sequence │ port     │ family │ …       │ attribute  │ …
/// └────────┴──────┴──────┴──────────┴──────────┴────────┴─────────┴────────────┴───
/// attribute: u16 length with these four bytes, u16 type (and two flags), content, padding to four
/// ```
/// Integers are the machine's, but for those within attributes, which are big-endian.
struct TranslationMessage: Equatable {
  /// What goes from one end to the other, as packets in that direction say it.
  struct Direction: Hashable {
    var networkProtocol: UInt8
    var source: SocketAddress
    var destination: SocketAddress
  }

  /// A connection that is there, or one that is gone.
  var isGone: Bool
  var original: Direction
  /// As answers say it. Where a NAT is between, it is not the original turned around.
  var reply: Direction

  var isTranslated: Bool { original.source != reply.destination || original.destination != reply.source }

  enum Item: Equatable {
    case connection(TranslationMessage)
    case done
    /// About something else, or of a family without ports.
    case other
  }

  private static let headerLength = 20
  private static let conntrack: UInt16 = 1

  /// Takes messages apart that came in one piece, up to the first that is cut.
  static func items(_ bytes: RawSpan) -> [Item] {
    var items: [Item] = []
    var position = 0
    while let length = bytes.integer(at: position, as: UInt32.self),
      let type = bytes.integer(at: position + 4, as: UInt16.self),
      length >= 16, Int(length) <= bytes.byteCount - position
    {
      let end = position + Int(length)
      if type == 2 || type == 3 {  // NLMSG_ERROR, NLMSG_DONE
        items.append(.done)
      } else if type >> 8 == conntrack, Int(length) >= headerLength {
        let message = message(bytes.extracting((position + headerLength)..<end), isGone: type & 0xff == 2)
        items.append(message.map { .connection($0) } ?? .other)
      } else {
        items.append(.other)
      }
      position = min((end + 3) & ~3, bytes.byteCount)
    }
    return items
  }

  private static func message(_ bytes: RawSpan, isGone: Bool) -> TranslationMessage? {
    var original: Direction?
    var reply: Direction?
    eachAttribute(bytes) { type, range in
      if type == 1 { original = direction(bytes.extracting(range)) }
      if type == 2 { reply = direction(bytes.extracting(range)) }
    }
    guard let original, let reply else { return nil }
    return TranslationMessage(isGone: isGone, original: original, reply: reply)
  }

  private static func direction(_ bytes: RawSpan) -> Direction? {
    var addresses: [Int: [UInt8]] = [:]
    var networkProtocol: UInt8?
    var ports: [Int: UInt16] = [:]
    eachAttribute(bytes) { type, range in
      let part = bytes.extracting(range)
      eachAttribute(part) { inner, range in
        switch (type, inner) {
        case (1, 1...4): addresses[inner] = part.extracting(range).array
        case (2, 1): networkProtocol = part.integer(at: range.lowerBound, as: UInt8.self)
        case (2, 2), (2, 3): ports[inner] = part.integer(at: range.lowerBound, as: UInt16.self)?.byteSwapped
        default: break
        }
      }
    }
    guard let networkProtocol, let from = ports[2], let to = ports[3] else { return nil }
    if let source = addresses[1], let destination = addresses[2], source.count == 4, destination.count == 4 {
      return Direction(
        networkProtocol: networkProtocol, source: .ipv4(address: source, port: from),
        destination: .ipv4(address: destination, port: to))
    }
    if let source = addresses[3], let destination = addresses[4], source.count == 16, destination.count == 16 {
      return Direction(
        networkProtocol: networkProtocol, source: .ipv6(address: source, port: from),
        destination: .ipv6(address: destination, port: to))
    }
    return nil
  }

  private static func eachAttribute(_ bytes: RawSpan, _ body: (_ type: Int, _ content: Range<Int>) -> Void) {
    var position = 0
    while let length = bytes.integer(at: position, as: UInt16.self),
      let type = bytes.integer(at: position + 2, as: UInt16.self), length >= 4,
      Int(length) <= bytes.byteCount - position
    {
      let end = position + Int(length)
      body(Int(type & 0x3fff), (position + 4)..<end)
      position = min((end + 3) & ~3, bytes.byteCount)
    }
  }

  /// The request for all that are there, of a family.
  static func dump(family: UInt8) -> [UInt8] {
    let request: UInt16 = 0x301  // NLM_F_REQUEST, NLM_F_DUMP
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(20))
    bytes.append(littleEndian: conntrack << 8 | 1)  // IPCTNL_MSG_CT_GET
    bytes.append(littleEndian: request)
    bytes.append(littleEndian: UInt64(1))
    return bytes + [family, 0, 0, 0]
  }
}
