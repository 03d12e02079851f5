internal import CaptureFormat
internal import Events
internal import NameService

/// By which name each container last looked an address up: from the answers that it received.
///
/// A name is told with the connect that follows, for the answer itself is payload, which goes first where room is short.
/// No time limit: programs keep addresses for longer than servers ask them to.
struct AddressNames {
  /// An IP address; IPv4 as IPv6 has it (::ffff:0:0/96), so that both ways to say it are one.
  private struct Address: Hashable {
    var high: UInt64
    var low: UInt64

    init?(_ bytes: [UInt8]) {
      var bytes = bytes
      if bytes.count == 4 { bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] + bytes }
      guard bytes.count == 16 else { return nil }
      high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
      low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    init?(_ address: SocketAddress) {
      switch address {
      case .ipv4(let bytes, _), .ipv6(let bytes, _): self.init(bytes)
      default: return nil
      }
    }
  }

  private struct Entry {
    var name: [UInt8]
    var since: UInt64
  }

  private var names: [ContainerKey: [Address: Entry]] = [:]
  private(set) var count = 0
  /// Addresses of one container; beyond it the older half goes.
  static let containerLimit = 512
  /// Of all; beyond it the container that has the most gives up its older half.
  static let limit = 16_384

  /// Bytes, its names estimated.
  var memoryInBytes: Int { count * 112 }

  /// Takes what an answer says.
  mutating func learn(_ message: NameMessage, in container: ContainerKey, at time: UInt64) {
    for (bytes, name) in message.addresses {
      guard let address = Address(bytes) else { continue }
      if names[container, default: [:]].updateValue(Entry(name: name, since: time), forKey: address) == nil {
        count += 1
      }
      if names[container]!.count > Self.containerLimit { halve(container) }
    }
    while count > Self.limit, let largest = names.max(by: { $0.value.count < $1.value.count }) { halve(largest.key) }
  }

  /// Nil: it was not looked up, as far as was seen.
  func name(of address: SocketAddress, in container: ContainerKey) -> [UInt8]? {
    guard !names.isEmpty, let known = names[container], let address = Address(address) else { return nil }
    return known[address]?.name
  }

  /// The container is gone.
  mutating func forget(_ container: ContainerKey) {
    if let gone = names.removeValue(forKey: container) { count -= gone.count }
  }

  private mutating func halve(_ container: ContainerKey) {
    guard let known = names[container] else { return }
    let kept = known.sorted { $0.value.since > $1.value.since }.prefix(known.count / 2)
    count -= known.count - kept.count
    names[container] = kept.isEmpty ? nil : Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
  }
}
