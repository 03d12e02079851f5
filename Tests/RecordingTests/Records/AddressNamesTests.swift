import CaptureFormat
import Events
import NameService
import Testing

@testable import Recording

@Suite struct AddressNamesTests {
  private static func answer(_ name: String, _ addresses: [[UInt8]]) throws -> NameMessage {
    func labels(_ name: String) -> [UInt8] {
      name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
    var bytes: [UInt8] = [
      0, 1, 0x81, 0x80, 0, 1, UInt8(addresses.count >> 8), UInt8(addresses.count & 0xff), 0, 0, 0, 0,
    ]
    bytes += labels(name) + [0, 1, 0, 1]
    for address in addresses {
      bytes += [0xc0, 12, 0, address.count == 4 ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, UInt8(address.count)] + address
    }
    let message = NameMessage(bytes.span.bytes)
    return try #require(message)
  }
  private let web = ContainerKey(rawValue: 1), other = ContainerKey(rawValue: 2)
  private func name(_ names: AddressNames, _ address: [UInt8], _ key: ContainerKey) -> String? {
    let peer = address.count == 4 ? SocketAddress.ipv4(address: address, port: 443) : .ipv6(address: address, port: 443)
    return names.name(of: peer, in: key).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `an address has the name of the last answer, in the container that received it`() throws {
    var names = AddressNames()
    names.learn(try Self.answer("a.test", [[192, 0, 2, 1], [192, 0, 2, 2]]), in: web, at: 1)
    names.learn(try Self.answer("b.test", [[192, 0, 2, 2]]), in: web, at: 2)
    #expect(name(names, [192, 0, 2, 1], web) == "a.test" && name(names, [192, 0, 2, 2], web) == "b.test")
    #expect(name(names, [192, 0, 2, 1], other) == nil && name(names, [192, 0, 2, 3], web) == nil)
    // The same, as IPv6 says it.
    #expect(name(names, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1], web) == "a.test")
    #expect(names.name(of: .unix(path: []), in: web) == nil)
    names.forget(web)
    #expect(name(names, [192, 0, 2, 1], web) == nil && names.count == 0)
  }

  @Test func `a container that looks up without end forgets its oldest, and takes nothing from others`() throws {
    var names = AddressNames()
    names.learn(try Self.answer("kept.test", [[192, 0, 2, 1]]), in: other, at: 1)
    for number in 0..<10_000 {
      let address: [UInt8] = [10, UInt8(number >> 16), UInt8(number >> 8 & 0xff), UInt8(number & 0xff)]
      names.learn(try Self.answer("n\(number).test", [address]), in: web, at: UInt64(number))
    }
    #expect(names.count <= AddressNames.containerLimit + 1)
    #expect(name(names, [10, 0, 39, 15], web) == "n9999.test" && name(names, [10, 0, 0, 0], web) == nil)
    #expect(name(names, [192, 0, 2, 1], other) == "kept.test")
  }

  @Test func `all containers together have a bound`() throws {
    var names = AddressNames()
    let addresses = (0..<250).map { [10, 0, 0, UInt8($0)] as [UInt8] }
    let message = try Self.answer("many.test", addresses)
    for number in 1...200 { names.learn(message, in: ContainerKey(rawValue: UInt32(number)), at: UInt64(number)) }
    #expect(names.count <= AddressNames.limit && names.count > AddressNames.limit / 2)
    #expect(names.memoryInBytes < 4 << 20)
  }
}
