internal import CaptureFormat
internal import Events
internal import Posix

/// What strace says of files and addresses.
enum StraceAnnotation {
  /// What stands behind a descriptor with -y and -yy: a path, `socket:[1234]`, `TCP:[10.0.0.1:80->10.0.0.2:4242]`.
  static func file(_ text: ArraySlice<UInt8>) -> BlockFile? {
    var file = BlockFile(id: .unknown, inode: 0, device: 0, type: .anonymous, mode: 0)
    var reader = StraceText(text)
    if reader.next == UInt8(ascii: "/") {
      // `/dev/null<char 1:3>`
      let path = text.prefix { $0 != UInt8(ascii: "<") }
      file.type = text[path.endIndex...].starts(with: Array("<char".utf8)) ? .character : .regular
      file.path = StraceText.unquoted([UInt8(ascii: "\"")] + path + [UInt8(ascii: "\"")]) ?? Array(path)
      return file
    }
    let word = reader.takeWord()
    let kind = String(decoding: word, as: UTF8.self)
    switch kind {
    case "pipe", "socket":
      file.type = kind == "pipe" ? .pipe : .socket
      file.inode = inode(&reader)
      if kind == "pipe" { file.path = Array("pipe:[\(file.inode)]".utf8) }
    case "anon_inode": file.path = Array(text)
    case "TCP", "UDP", "TCPv6", "UDPv6":
      file.type = .socket
      file.socketType = kind.hasPrefix("TCP") ? 1 : 2
      file.networkProtocol = kind.hasPrefix("TCP") ? 6 : 17
      guard reader.take(":[") else { return nil }
      let ends = text[reader.place...].dropLast()
      let arrow = ends.indices.dropLast().first {
        ends[$0] == UInt8(ascii: "-") && ends[$0 + 1] == UInt8(ascii: ">")
      }
      file.localAddress = endpoint(ends[..<(arrow ?? ends.endIndex)])
      file.remoteAddress = arrow.flatMap { endpoint(ends[($0 + 2)...]) }
      if file.localAddress == nil { file.inode = UInt64(String(decoding: ends, as: UTF8.self)) ?? 0 }
    default:
      guard kind == "UNIX" || kind == "NETLINK" || kind == "PACKET" || kind == "RAW" else { return nil }
      file.type = .socket
      if kind == "UNIX" { file.localAddress = StraceText.strings(in: text).first.map { .unix(path: $0) } }
    }
    return file
  }

  /// What is known of an open file together with what a line says; nil where that says nothing new.
  static func merged(_ known: BlockFile, _ said: BlockFile) -> BlockFile? {
    var result = known
    if said.type == .socket, known.type == .socket {
      result.localAddress = said.localAddress ?? known.localAddress
      result.remoteAddress = said.remoteAddress ?? known.remoteAddress
      result.socketType = known.socketType ?? said.socketType
      result.networkProtocol = known.networkProtocol ?? said.networkProtocol
      if known.inode == 0 { result.inode = said.inode }
    } else if known.type != said.type && !(known.type == .directory && said.type == .regular)
      || known.path == nil && said.path != nil
    {
      result = said
      result.openFlags = known.openFlags
    }
    result.id = known.id
    return result == known ? nil : result
  }

  private static func inode(_ reader: inout StraceText) -> UInt64 {
    guard reader.take(":["), let number = reader.takeNumber() else { return 0 }
    return UInt64(number)
  }

  /// `10.0.0.1:80` or `[::1]:80`.
  private static func endpoint(_ text: ArraySlice<UInt8>) -> SocketAddress? {
    guard let colon = text.lastIndex(of: UInt8(ascii: ":")),
      let port = UInt16(String(decoding: text[(colon + 1)...], as: UTF8.self))
    else { return nil }
    var host = text[..<colon]
    if host.first == UInt8(ascii: "[") { host = host.dropFirst().dropLast() }
    return SocketAddress(numeric: host, port)
  }

  /// `{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}`
  static func address(_ text: ArraySlice<UInt8>) -> SocketAddress? {
    guard text.first == UInt8(ascii: "{") else { return nil }
    let inside = text.dropFirst()
    guard let family = StraceText.member("sa_family=", in: inside) else { return nil }
    func port(_ name: StaticString) -> UInt16 {
      guard let call = StraceText.member(name, in: inside) else { return 0 }
      var reader = StraceText(call)
      guard reader.take("htons("), let number = reader.takeNumber() else { return 0 }
      return UInt16(clamping: number)
    }
    let strings = StraceText.strings(in: inside)
    switch String(decoding: family, as: UTF8.self) {
    case "AF_INET": return strings.first.flatMap { SocketAddress(numeric: $0[...], port("sin_port=")) }
    case "AF_INET6": return strings.first.flatMap { SocketAddress(numeric: $0[...], port("sin6_port=")) }
    case "AF_UNIX", "AF_LOCAL":
      guard let path = StraceText.member("sun_path=", in: inside) else { return nil }
      return StraceText.unquoted(path).map { .unix(path: $0) }
    default: return nil
    }
  }
}

extension SocketAddress {
  /// An address of four or six by its digits; nil where they are none.
  fileprivate init?(numeric text: ArraySlice<UInt8>, _ port: UInt16) {
    guard let address = Posix.numericAddress(String(decoding: text, as: UTF8.self)) else { return nil }
    self.init(address, port)
  }
}
