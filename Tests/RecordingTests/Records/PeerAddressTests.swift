import CaptureFormat
import Events
import ProbeRecords
import Testing

@testable import Recording

/// With whom a call on a socket had to do.
@Suite struct PeerAddressTests {
  private static let ipv4: [UInt8] = [2, 0, 0x1f, 0x90, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
  private static let ipv6: [UInt8] = [10, 0, 0, 53, 0, 0, 0, 0] + Array(1...16) + [0, 0, 0, 0]

  @Test(arguments: [ipv4, ipv6]) func `an address is encoded as a block holds it`(passed: [UInt8]) throws {
    let encoded = try #require(passed.withUnsafeBytes { EncodedAddress(passed: $0) })
    let address = try #require(SocketAddress(socketAddress: passed))
    #expect(encoded.withUnsafeBytes { Array($0) } == address.encoded)
    #expect(encoded.port == address.port)
  }

  @Test func `what is cut short, or has no ports, is none`() {
    for (bytes, least) in [(Self.ipv4, 8), (Self.ipv6, 24)] {
      for length in 0..<bytes.count {
        let isThere = bytes.prefix(length).withUnsafeBytes { EncodedAddress(passed: $0) } != nil
        #expect(isThere == (length >= least))
      }
    }
    #expect(([1, 0] + Array("/run/socket".utf8)).withUnsafeBytes { EncodedAddress(passed: $0) } == nil)
    #expect(EncodedAddress(family: 2, port: 0, storage: UInt64(1)) == nil)
    #expect(EncodedAddress(family: 1, port: 7, storage: UInt64(1)) == nil)
  }

  private static let file = at_file(
    id: 77, inode: 5, device: 8, mode: 0o140777, type: UInt8(AT_FILE_SOCKET.rawValue), payload_class: 0)

  private static func socket(port: UInt16) -> [UInt8] {
    var socket = at_socket()
    socket.family = 2
    socket.type = 1
    socket.remote_port = port
    withUnsafeMutableBytes(of: &socket.remote_address) { $0.copyBytes(from: [127, 0, 0, 1]) }
    return withUnsafeBytes(of: socket) { Array($0) }
  }

  private static func definition(time: UInt64) -> [UInt8] {
    var definition = at_definition()
    definition.header = Decoding.header(AT_FORM_DEFINITION, time: time)
    definition.file = file
    let content = socket(port: 8080)
    let field = at_field(id: UInt16(AT_FIELD_SOCKET.rawValue), flags: 0, length: UInt32(content.count))
    return withUnsafeBytes(of: definition) { Array($0) } + withUnsafeBytes(of: field) { Array($0) } + content
  }

  private static func send(time: UInt64, _ fields: [(at_field_id, [UInt8])] = []) throws -> [UInt8] {
    try TypedCallTests.record(
      "sendto", time: time, arguments: [3, 0, 64],
      fields: [(AT_FIELD_FILE, withUnsafeBytes(of: file) { Array($0) })] + fields)
  }

  @Test func `a send names the other end: as it was asked to, else as the socket's definition has it`() throws {
    var decoding = try Decoding()
    decoding.decode(bytes: Self.definition(time: 5))
    decoding.decode(bytes: try Self.send(time: 10))
    decoding.decode(bytes: try Self.send(time: 20, [(AT_FIELD_ADDRESS, Self.ipv4)]))
    decoding.decode(bytes: try Self.send(time: 30, [(AT_FIELD_SOCKET, Self.socket(port: 9))]))
    let told = try decoding.events { $0.address(.address) }
    #expect(told.map { $0?.description } == ["127.0.0.1:8080", "10.0.0.1:8080", "127.0.0.1:9"])
  }

  @Test func `without its definition a socket's other end is not guessed`() throws {
    var decoding = try Decoding()
    decoding.decode(bytes: try Self.send(time: 10))
    #expect(try decoding.events { $0.address(.address) == nil } == [true])
  }

  @Test func `names are put together as their directory has them`() {
    for (name, whole) in [
      ("b", "/a/b"), ("./b//c/", "/a/b/c"), ("..", "/"), ("../../x", "/x"), ("", "/a"), ("/abs", "/abs"),
      (".b", "/a/.b"),
    ] {
      #expect(String(decoding: path(joining: Array(name.utf8), to: Array("/a".utf8)), as: UTF8.self) == whole)
    }
    #expect(path(joining: Array("b".utf8), to: nil) == Array("b".utf8))
  }
}
