internal import CaptureFormat
internal import Events
internal import FilterLanguage

/// The two ends of a socket at one event, and which of them is the client's.
struct SocketEnds {
  private let file: BlockFile
  private let local: SocketAddress?
  private let remote: SocketAddress?
  /// Nil where it was not seen.
  private let isServer: Bool?

  init(_ event: EventBlock, _ file: BlockFile, _ context: FilterContext) {
    self.file = file
    let named = event.address(.address)
    switch event.kind {
    case .networkBind:
      local = named ?? file.localAddress
      remote = file.remoteAddress
      isServer = context.isServer(file.id)
    case .networkAccept:
      local = file.localAddress
      remote = file.remoteAddress ?? named
      isServer = true
    case .networkConnect, .networkOutcome:
      local = file.localAddress
      remote = named ?? file.remoteAddress
      isServer = false
    case .networkListen:
      local = file.localAddress
      remote = nil
      isServer = true
    default:
      local = file.localAddress
      // A datagram has its own address.
      remote = named ?? file.remoteAddress
      isServer = context.isServer(file.id)
    }
  }

  private var client: SocketAddress? { isServer.map { $0 ? remote : local } ?? nil }
  private var server: SocketAddress? { isServer.map { $0 ? local : remote } ?? nil }

  func value(_ use: FieldUse, named container: [UInt8]) -> FieldValue {
    switch use.field {
    case .fdName: return .optional(name)
    case .fdContainername: return .optional(name.map { container + [UInt8(ascii: ":")] + $0 })
    case .fdIp, .fdNet: return sides([local, remote].map { Self.address($0) })
    case .fdPort: return sides([local, remote].map { Self.port($0) })
    case .fdProto: return sides([local, remote].map { service($0) })
    case .fdCip, .fdCnet: return Self.address(client)
    case .fdSip, .fdSnet: return Self.address(server)
    case .fdLip, .fdLnet: return Self.address(local)
    case .fdRip, .fdRnet: return Self.address(remote)
    case .fdCport: return Self.port(client)
    case .fdSport: return Self.port(server)
    case .fdLport: return Self.port(local)
    case .fdRport: return Self.port(remote)
    case .fdCproto: return service(client)
    case .fdSproto: return service(server)
    case .fdLproto: return service(local)
    case .fdRproto: return service(remote)
    case .fdL4proto: return .optional(transport)
    case .fdSockfamily:
      switch local ?? remote {
      case .ipv4, .ipv6: return .text("ip")
      case .unix: return .text("unix")
      default: return .absent
      }
    case .fdIsServer: return .optional(isServer)
    case .fdFilename, .fdDirectory:
      guard case .unix(let path)? = [remote, local].first(where: { Self.hasPath($0) }) ?? nil else { return .absent }
      return use.field == .fdFilename ? .text(PathText.name(path)) : .optional(PathText.directory(path))
    default: return .absent
    }
  }

  private func sides(_ values: [FieldValue]) -> FieldValue {
    let known = values.filter { $0 != .absent }
    return known.isEmpty ? .absent : .sides(known)
  }

  private static func hasPath(_ address: SocketAddress?) -> Bool {
    if case .unix(let path)? = address { !path.isEmpty } else { false }
  }

  private static func address(_ address: SocketAddress?) -> FieldValue {
    switch address {
    case .ipv4(let bytes, _), .ipv6(let bytes, _): .address(bytes)
    default: .absent
    }
  }

  private static func port(_ address: SocketAddress?) -> FieldValue { .optional(address?.port.map { Int64($0) }) }

  private var transport: String? {
    switch (local ?? remote)?.ip == nil ? nil : file.socketType.map({ $0 & 0xf }) {
    case 1: "tcp"
    case 2: file.networkProtocol == 1 || file.networkProtocol == 58 ? "icmp" : "udp"
    case 3: file.networkProtocol == 1 || file.networkProtocol == 58 ? "icmp" : "raw"
    default: nil
    }
  }

  /// `client->server`; where neither is known, the own end first. A listener is its address.
  private var name: [UInt8]? {
    let ends = isServer == true ? (remote, local) : (local, remote)
    if case .unix? = local ?? remote {
      let path = [remote, local].compactMap { address -> [UInt8]? in
        guard case .unix(let path)? = address, !path.isEmpty else { return nil }
        return path
      }.first
      guard let path else { return nil }
      return path.first == 0 ? [UInt8(ascii: "@")] + path.dropFirst() : path
    }
    guard local != nil || remote != nil else { return file.path }
    guard remote != nil, local != nil else { return ((local ?? remote).map(Self.text) ?? "").utf8.map { $0 } }
    return Array([ends.0, ends.1].map { $0.map(Self.text) ?? "" }.joined(separator: "->").utf8)
  }

  /// Without brackets around an IPv6 address, as sysdig writes it.
  private static func text(_ address: SocketAddress) -> String {
    guard let ip = address.ip, let port = address.port else { return address.description }
    return "\(ip):\(port)"
  }

  private func service(_ address: SocketAddress?) -> FieldValue {
    address?.port.flatMap { Self.services[$0] }.map { .text($0) } ?? .absent
  }

  /// The ports that filters name by their service.
  private static let services: [UInt16: String] = [
    20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 67: "bootps", 68: "bootpc",
    69: "tftp", 80: "http", 88: "kerberos", 110: "pop3", 111: "sunrpc", 123: "ntp", 143: "imap2", 161: "snmp",
    179: "bgp", 389: "ldap", 443: "https", 445: "microsoft-ds", 465: "submissions", 514: "shell", 587: "submission",
    636: "ldaps", 853: "domain-s", 873: "rsync", 993: "imaps", 995: "pop3s", 1433: "ms-sql-s", 2049: "nfs",
    2375: "docker", 3306: "mysql", 3389: "ms-wbt-server", 5060: "sip", 5222: "xmpp-client", 5432: "postgresql",
    5671: "amqps", 5672: "amqp", 6379: "redis", 6667: "ircd", 8080: "http-alt", 8443: "https-alt", 11211: "memcache",
    27017: "mongodb",
  ]
}
