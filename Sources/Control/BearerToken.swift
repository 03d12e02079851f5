internal import Bytes
internal import Digests
internal import Posix

/// The secret that lets a sender in over HTTP.
///
/// Only its digest is kept, and digests are compared to the last byte whatever came: how long an answer takes tells nothing
/// of the token.
public struct BearerToken: Sendable {
  private let digest: [UInt8]
  /// Where it is written, for messages. Never the token itself.
  public let path: String

  /// Reads the token's file, and makes it, with a token of 256 random bits, when there is none.
  ///
  /// - Throws: ``ControlError/openToken(path:permissions:)`` when others can read it.
  public init(file path: String) throws(ControlError) {
    if !File.exists(path) { try onSystem { () throws(SystemError) in try Self.make(path) } }
    try self.init(existing: path)
  }

  /// Reads the token's file, which is there.
  public init(existing path: String) throws(ControlError) {
    self.path = path
    let status = try onSystem { () throws(SystemError) in try FileStatus(of: path) }
    guard status.permissions & 0o077 == 0, status.owner == 0 || status.owner == effectiveUserID else {
      throw .openToken(path: path, permissions: status.permissions)
    }
    var token = try onSystem { () throws(SystemError) in try FileDescriptor.contents(of: path, limit: 4096) }
    while let last = token.last, [0x0a, 0x0d, 0x20].contains(last) { token.removeLast() }
    guard (16...512).contains(token.count), token.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .badToken(path: path)
    }
    digest = SHA256.digest(token)
  }

  private static func make(_ path: String) throws(SystemError) {
    let digits = randomBytes(32).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    if !parent.isEmpty { try Directory.createAll(parent) }
    let file = try FileDescriptor.create(path)
    let bytes = Array((digits + "\n").utf8)
    var failure: SystemError?
    bytes.withUnsafeBytes { bytes in
      do throws(SystemError) { try file.write(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Whether `presented` is the token. Takes as long for any text of the same length.
  public func matches(_ presented: String) -> Bool {
    let other = SHA256.digest(Array(presented.utf8))
    return zip(digest, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// Whether an `Authorization` header carries it: `Bearer TOKEN`, or `Basic` with it as the password, whoever the user.
  ///
  /// Falco cannot send a header of its own; its URL may hold `user:password@`, which becomes Basic.
  func isIn(authorization header: String?) -> Bool {
    guard let header, header.utf8.count <= 2048 else { return false }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { return false }
    switch parts[0].lowercased() {
    case "bearer": return matches(String(parts[1].drop { $0 == " " }))
    case "basic":
      guard let bytes = decodeBase64(String(parts[1])), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
        return false
      }
      return matches(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
    default: return false
    }
  }
}
