/// The name that a TLS client asks for when a connection begins.
///
/// ```
///  0  u8   22: a handshake record
///  1  u16  version of the record
///  3  u16  length of the record
///  5  u8   1: a client's hello
///  6  u24  length of the hello
///  9  u16  version
/// 11  32   random
///  …       session id, cipher suites, compression methods: each with its length before it (u8, u16, u8)
///  …  u16  length of the extensions; each: u16 type, u16 length. Type 0: u16 length of the list, u8 0 (a host), u16 length, the name
/// ```
/// All of it big-endian. Source: RFC 8446, RFC 6066.
public enum TLSHello {
  /// Nil where the payload is no client's hello, or the name is not in what was captured of it.
  public static func serverName(_ payload: [UInt8]) -> [UInt8]? {
    var reader = Reader(bytes: payload)
    guard reader.byte() == 22, reader.skip(4), reader.byte() == 1, reader.skip(3 + 2 + 32),
      let session = reader.byte(), reader.skip(Int(session)), let suites = reader.word(), reader.skip(Int(suites)),
      let compressions = reader.byte(), reader.skip(Int(compressions)), reader.word() != nil
    else { return nil }
    while let type = reader.word(), let length = reader.word() {
      guard type == 0 else {
        guard reader.skip(Int(length)) else { return nil }
        continue
      }
      guard reader.word() != nil, reader.byte() == 0, let count = reader.word(), count > 0 else { return nil }
      return reader.take(Int(count))
    }
    return nil
  }

  private struct Reader {
    let bytes: [UInt8]
    var place = 0

    mutating func byte() -> UInt8? {
      guard place < bytes.count else { return nil }
      defer { place += 1 }
      return bytes[place]
    }

    mutating func word() -> UInt16? {
      guard place + 1 < bytes.count else { return nil }
      defer { place += 2 }
      return UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
    }

    mutating func skip(_ count: Int) -> Bool {
      guard count <= bytes.count - place else { return false }
      place += count
      return true
    }

    mutating func take(_ count: Int) -> [UInt8]? {
      guard count <= bytes.count - place else { return nil }
      defer { place += count }
      return Array(bytes[place..<(place + count)])
    }
  }
}
