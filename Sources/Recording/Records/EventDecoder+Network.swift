internal import CaptureFormat
internal import Events
internal import NameService
internal import ProbeRecords

// What connections mean: by which name their peers were looked up, and what they are beyond a NAT.

extension EventDecoder {
  /// A container received what a name server says.
  mutating func learnNames(
    _ payload: PayloadField, _ kind: EventKind, _ header: at_header, _ builder: EventBlockBuilder
  ) {
    guard kind == .networkReceive || kind == .fileRead,
      let message = payload.read({ NameMessage($0) }) ?? nil, message.isResponse
    else { return }
    addressNames.learn(message, in: builder.stream.container, at: header.time)
  }

  /// Whose packets those of a connect are that left its socket without a port.
  mutating func noteAttempt(_ file: at_file, _ address: SocketAddress, _ header: at_header, blocked: UInt64?) {
    guard flows != nil, file.id != 0, let socket = files.definition(of: FileID(rawValue: file.id)), socket.local == nil
    else { return }
    let container = attribution.place(cgroup: header.cgroup, mountNamespace: header.mount_namespace).container
    flows?.noteAttempt(
      socket, to: address, FlowTable.Owner(process: header.processKey, container: container),
      from: header.time - min(blocked ?? 0, header.time), to: header.time)
  }

  /// What is known of whom a container connects to.
  func tellPeer(_ address: SocketAddress, _ builder: EventBlockBuilder) {
    if let name = addressNames.name(of: address, in: builder.stream.container) {
      builder.set(.addressName, string: name)
    }
  }

  /// What is known of how a connection looks from the other side of a NAT: each end where it is another one there.
  mutating func tellOutside(_ file: at_file, _ builder: EventBlockBuilder) {
    guard let translations, file.id != 0, let socket = files.definition(of: FileID(rawValue: file.id)),
      let local = socket.local, let remote = socket.remote,
      let outside = translations.outside(
        networkProtocol: socket.networkProtocol ?? 0, local: local.unmapped, remote: remote.unmapped)
    else { return }
    if outside.local != local.unmapped { builder.set(.translatedLocal, address: outside.local) }
    if outside.remote != remote.unmapped { builder.set(.translatedRemote, address: outside.remote) }
  }
}

extension SocketAddress {
  /// An IPv4 address that a socket of IPv6 has (::ffff:0:0/96) as what it is on the wire.
  fileprivate var unmapped: SocketAddress {
    guard case .ipv6(let bytes, let port) = self, bytes.count == 16, bytes[10] == 0xff, bytes[11] == 0xff,
      bytes[..<10].allSatisfy({ $0 == 0 })
    else { return self }
    return .ipv4(address: Array(bytes[12...]), port: port)
  }
}
