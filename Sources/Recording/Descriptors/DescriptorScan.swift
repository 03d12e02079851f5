internal import CaptureFormat
internal import Events
internal import Posix
internal import ProbeRecords

/// What a process that was there before the probes has open, by /proc.
///
/// The kernel's own number of an open file is not there: such an entry is known by device and inode until a record names
/// the descriptor.
struct DescriptorScan {
  /// Sockets by inode, read once for each network namespace.
  private var socketsByNamespace: [String: [UInt64: SocketEntry]] = [:]

  struct SocketEntry: Equatable {
    var local: SocketAddress?
    var remote: SocketAddress?
    var type: UInt16
    var networkProtocol: UInt16
    var isListening: Bool
    var path: [UInt8]?
  }

  mutating func descriptors(of pid: UInt32) -> [OpenDescriptor] {
    let directory = "/proc/\(pid)"
    guard let names = try? Directory.names(in: directory + "/fd") else { return [] }
    return names.compactMap { name in
      guard let number = Int32(name), let status = try? FileStatus(of: directory + "/fd/" + name),
        let target = try? File.linkTarget(directory + "/fd/" + name)
      else { return nil }
      return descriptor(number, status, target, directory)
    }
  }

  private mutating func descriptor(
    _ number: Int32, _ status: FileStatus, _ target: String, _ directory: String
  ) -> OpenDescriptor {
    var result = OpenDescriptor(number: number, flags: .foundByScan)
    result.inode = status.inode
    result.device = Self.kernelDevice(status.device)
    result.mode = UInt16(truncatingIfNeeded: status.mode)
    result.type = Self.type(ofMode: status.mode)
    let openFlags = Self.flags(of: directory + "/fdinfo/\(number)")
    if let openFlags, UInt64(openFlags) & DescriptorEffects.closeOnExec != 0 { result.flags.insert(.closesOnExec) }
    let definition = FileDefinition(
      file: .unknown, inode: result.inode, device: result.device, mode: result.mode, type: result.type,
      openFlags: openFlags.map { $0 & ~UInt32(DescriptorEffects.closeOnExec) })
    let deleted = " (deleted)"
    if result.type == UInt8(AT_FILE_SOCKET.rawValue) {
      if let socket = sockets(of: directory)[status.inode] {
        definition.local = socket.local
        definition.remote = socket.remote
        definition.socketType = socket.type
        definition.networkProtocol = socket.networkProtocol
        definition.path = socket.path
        if socket.isListening { result.flags.insert(.listening) }
      }
    } else if target.hasPrefix("/") {
      definition.path = Array((target.hasSuffix(deleted) ? String(target.dropLast(deleted.count)) : target).utf8)
    } else {
      let prefix = "anon_inode:"
      definition.path = Array((target.hasPrefix(prefix) ? String(target.dropFirst(prefix.count)) : target).utf8)
    }
    result.definition = definition
    return result
  }

  private static func type(ofMode mode: UInt32) -> UInt8 {
    let type: at_file_type =
      switch mode & 0o170000 {
      case 0o100000: AT_FILE_REGULAR
      case 0o040000: AT_FILE_DIRECTORY
      case 0o020000: AT_FILE_CHARACTER
      case 0o060000: AT_FILE_BLOCK
      case 0o010000: AT_FILE_PIPE
      case 0o140000: AT_FILE_SOCKET
      default: AT_FILE_ANONYMOUS
      }
    return UInt8(type.rawValue)
  }

  /// stat's encoding of a device as the kernel's own: major << 20 | minor.
  static func kernelDevice(_ device: UInt64) -> UInt32 {
    let major = (device >> 8 & 0xfff) | (device >> 32 & 0xffff_f000)
    let minor = (device & 0xff) | (device >> 12 & 0xffff_ff00)
    return UInt32(truncatingIfNeeded: major << 20 | minor)
  }

  /// `flags:` of fdinfo, octal.
  private static func flags(of path: String) -> UInt32? {
    guard let bytes = try? FileDescriptor.contents(of: path, limit: 4096) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("flags:") {
      return UInt32(line.dropFirst("flags:".count).drop { $0 == " " || $0 == "\t" }, radix: 8)
    }
    return nil
  }

  // MARK: Sockets

  private mutating func sockets(of directory: String) -> [UInt64: SocketEntry] {
    guard let namespace = try? File.linkTarget(directory + "/ns/net") else { return [:] }
    if let known = socketsByNamespace[namespace] { return known }
    var sockets: [UInt64: SocketEntry] = [:]
    for (name, type, number) in [
      ("tcp", 1, 6), ("tcp6", 1, 6), ("udp", 2, 17), ("udp6", 2, 17),
    ] as [(String, UInt16, UInt16)] {
      let text = (try? FileDescriptor.contents(of: directory + "/net/" + name, limit: 16 << 20)) ?? []
      Self.parseInternet(String(decoding: text, as: UTF8.self), type, number, into: &sockets)
    }
    let text = (try? FileDescriptor.contents(of: directory + "/net/unix", limit: 16 << 20)) ?? []
    Self.parseUnix(String(decoding: text, as: UTF8.self), into: &sockets)
    socketsByNamespace[namespace] = sockets
    return sockets
  }

  /// `sl local_address rem_address st … inode`: addresses as hexadecimal words in the processor's order.
  static func parseInternet(
    _ text: String, _ type: UInt16, _ networkProtocol: UInt16, into sockets: inout [UInt64: SocketEntry]
  ) {
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: " ")
      guard fields.count > 9, let inode = UInt64(fields[9]), inode != 0 else { continue }
      let isListening = type == 1 && fields[3] == "0A"
      let remote = address(fields[2])
      sockets[inode] = SocketEntry(
        local: address(fields[1]), remote: isListening || port(remote) == 0 ? nil : remote, type: type,
        networkProtocol: networkProtocol, isListening: isListening)
    }
  }

  private static func port(_ address: SocketAddress?) -> UInt16 {
    switch address {
    case .ipv4(_, let port), .ipv6(_, let port): port
    default: 0
    }
  }

  private static func address(_ text: Substring) -> SocketAddress? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
    var bytes: [UInt8] = []
    var rest = parts[0]
    while rest.count >= 8 {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
      rest = rest.dropFirst(8)
    }
    switch bytes.count {
    case 4: return .ipv4(address: bytes, port: port)
    case 16: return .ipv6(address: bytes, port: port)
    default: return nil
    }
  }

  /// `Num RefCount Protocol Flags Type St Inode Path`.
  static func parseUnix(_ text: String, into sockets: inout [UInt64: SocketEntry]) {
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: " ", maxSplits: 7)
      guard fields.count > 6, let inode = UInt64(fields[6]), let flags = UInt32(fields[3], radix: 16) else { continue }
      let path = fields.count > 7 ? Array(fields[7].utf8) : nil
      sockets[inode] = SocketEntry(
        local: path.map { .unix(path: $0.first == UInt8(ascii: "@") ? [0] + $0.dropFirst() : $0) }, remote: nil,
        type: UInt16(fields[4], radix: 16) ?? 0, networkProtocol: 0,
        // __SO_ACCEPTCON
        isListening: flags & 0x10000 != 0, path: path)
    }
  }
}
