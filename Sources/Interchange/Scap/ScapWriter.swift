internal import Bytes
internal import CaptureFormat
internal import Posix

/// Writes the blocks of a .scap file: today's versions, which sysdig 0.29 of Debian reads too.
final class ScapWriter {
  typealias Sink = (UnsafeRawBufferPointer) throws(SystemError) -> Void
  private let sink: Sink
  private var buffer: [UInt8] = []
  /// Events change what is known, and are not to be shown.
  var isStateOnly = false

  init(to sink: @escaping Sink) { self.sink = sink }

  func block(_ type: UInt32, _ body: [UInt8]) throws(SystemError) {
    let padding = (4 - body.count % 4) % 4
    let total = UInt32(body.count + padding + 12)
    buffer.append(littleEndian: type)
    buffer.append(littleEndian: total)
    buffer += body
    for _ in 0..<padding { buffer.append(0) }
    buffer.append(littleEndian: total)
    if buffer.count >= 1 << 16 { try flush() }
  }

  func flush() throws(SystemError) {
    let failure: SystemError? = buffer.withUnsafeBytes { bytes in
      do throws(SystemError) {
        try sink(bytes)
        return nil
      } catch { return error }
    }
    buffer.removeAll(keepingCapacity: true)
    if let failure { throw failure }
  }

  func section() throws(SystemError) {
    var body: [UInt8] = []
    body.append(littleEndian: UInt32(0x1A2B_3C4D))
    body.append(littleEndian: UInt16(1))
    body.append(littleEndian: UInt16(2))
    body.append(littleEndian: Int64(-1))
    try block(ScapBlockType.section, body)
  }

  func machine(cpuCount: UInt32, hostName: String, bootTime: UInt64) throws(SystemError) {
    var body: [UInt8] = []
    body.append(littleEndian: cpuCount)
    body.append(littleEndian: UInt64(0))
    body.append(littleEndian: UInt64(4_194_304))
    let name = Array(hostName.utf8.prefix(127))
    body += name + [UInt8](repeating: 0, count: 128 - name.count)
    body.append(littleEndian: bootTime)
    for _ in 0..<3 { body.append(littleEndian: UInt64(0)) }
    try block(ScapBlockType.machine, body)
  }

  func processes(_ entries: [ScapThreadEntry]) throws(SystemError) {
    var body: [UInt8] = []
    for entry in entries {
      let bytes = entry.encoded
      body.append(littleEndian: UInt32(bytes.count + 4))
      body += bytes
    }
    try block(ScapBlockType.processesV9, body)
  }

  /// - Parameters:
  ///   - users: With number and name.
  func accounts(users: [AccountName], groups: [AccountName]) throws(SystemError) {
    var body: [UInt8] = []
    func string(_ text: [UInt8]) {
      body.append(littleEndian: UInt16(text.count))
      body += text
    }
    for user in users {
      let name = Array(user.name.prefix(255))
      body.append(littleEndian: UInt32(4 + 1 + 8 + 2 + name.count + 4))
      body.append(0)
      body.append(littleEndian: user.id)
      // Its group, home and shell are not known.
      body.append(littleEndian: UInt32.max)
      string(name)
      string([])
      string([])
    }
    for group in groups {
      let name = Array(group.name.prefix(255))
      body.append(littleEndian: UInt32(4 + 1 + 4 + 2 + name.count))
      body.append(1)
      body.append(littleEndian: group.id)
      string(name)
    }
    if !body.isEmpty { try block(ScapBlockType.usersV2, body) }
  }

  func descriptors(of tid: Int64, _ entries: [ScapDescriptorEntry]) throws(SystemError) {
    var body: [UInt8] = []
    body.append(littleEndian: tid)
    for entry in entries {
      let bytes = entry.encoded
      body.append(littleEndian: UInt32(bytes.count + 4))
      body += bytes
    }
    try block(ScapBlockType.descriptorsV2, body)
  }

  func event(
    _ type: Int, time: UInt64, thread: Int64, cpu: UInt16, _ parameters: [[UInt8]]
  ) throws(SystemError) {
    let isLarge = type == 322 || type == 324 || type == 402
    let width = isLarge ? 4 : 2
    let dataLength = parameters.reduce(0) { $0 + $1.count }
    var body: [UInt8] = []
    body.reserveCapacity(28 + parameters.count * width + dataLength)
    body.append(littleEndian: cpu)
    if isStateOnly { body.append(littleEndian: UInt32(1)) }
    body.append(littleEndian: time)
    body.append(littleEndian: thread)
    body.append(littleEndian: UInt32(26 + parameters.count * width + dataLength))
    body.append(littleEndian: UInt16(type))
    body.append(littleEndian: UInt32(parameters.count))
    for parameter in parameters {
      if isLarge {
        body.append(littleEndian: UInt32(parameter.count))
      } else {
        body.append(littleEndian: UInt16(parameter.count))
      }
    }
    for parameter in parameters { body += parameter }
    let plain = isLarge ? ScapBlockType.largeEvents : ScapBlockType.eventsV2
    let flagged = isLarge ? ScapBlockType.largeEventsWithFlags : ScapBlockType.eventsV2WithFlags
    try block(isStateOnly ? flagged : plain, body)
  }
}

extension ScapThreadEntry {
  /// What sysdig takes at most of a path.
  private static let pathLimit = 1024
  static let textLimit = 4096

  /// As version 9 has it, without its length.
  fileprivate var encoded: [UInt8] {
    var bytes: [UInt8] = []
    func string(_ text: [UInt8], limit: Int = ScapThreadEntry.pathLimit) {
      let text = text.prefix(limit)
      bytes.append(littleEndian: UInt16(text.count))
      bytes += text
    }
    for number in [tid, pid, parent, session ?? -1, -1] { bytes.append(littleEndian: number) }
    string(comm)
    string(exe)
    string(executablePath)
    string(arguments, limit: Self.textLimit)
    string(directory)
    bytes.append(littleEndian: Int64(1024))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: userID)
    bytes.append(littleEndian: groupID)
    for _ in 0..<3 { bytes.append(littleEndian: UInt32(0)) }
    for _ in 0..<2 { bytes.append(littleEndian: UInt64(0)) }
    string([])
    bytes.append(littleEndian: threadInNamespace ?? tid)
    bytes.append(littleEndian: pidInNamespace ?? pid)
    string(cgroups, limit: Self.textLimit)
    string(Array("/".utf8))
    // Of the user who logged in nothing is known.
    bytes.append(littleEndian: Int32(-1))
    return bytes
  }
}

extension ScapDescriptorEntry {
  fileprivate var encoded: [UInt8] {
    var bytes: [UInt8] = []
    func string(_ text: [UInt8]) {
      let text = text.prefix(1023)
      bytes.append(littleEndian: UInt16(text.count))
      bytes += text
    }
    bytes.append(littleEndian: descriptor)
    bytes.append(littleEndian: inode)
    bytes.append(type)
    switch type {
    case ScapDescriptorType.ipv4, ScapDescriptorType.ipv6:
      bytes += source + destination
      bytes.append(littleEndian: sourcePort)
      bytes.append(littleEndian: destinationPort)
      bytes.append(networkProtocol)
    case ScapDescriptorType.ipv4Server, ScapDescriptorType.ipv6Server:
      bytes += source
      bytes.append(littleEndian: sourcePort)
      bytes.append(networkProtocol)
    case ScapDescriptorType.unix:
      bytes.append(littleEndian: UInt64(0))
      bytes.append(littleEndian: UInt64(0))
      string(name)
    case ScapDescriptorType.fileV2:
      bytes.append(littleEndian: flags ?? 0)
      string(name)
      bytes.append(littleEndian: device)
    default: string(name)
    }
    return bytes
  }

  /// What a .scap file says of an open file.
  init(_ descriptor: Int32, _ file: BlockFile, isListening: Bool) {
    self.descriptor = Int64(descriptor)
    inode = file.inode
    name = file.path ?? []
    switch file.type {
    case .directory: type = ScapDescriptorType.directory
    case .pipe: type = ScapDescriptorType.fifo
    case .socket: setSocket(file, isListening: isListening)
    case .anonymous:
      let known: [(String, UInt8)] = [
        ("eventfd", 9), ("signalfd", 11), ("eventpoll", 12), ("inotify", 13), ("timerfd", 14),
      ]
      let text = String(decoding: name, as: UTF8.self)
      type = known.first { text.contains($0.0) }?.1 ?? ScapDescriptorType.unsupported
    default:
      type = ScapDescriptorType.fileV2
      flags = UInt32(truncatingIfNeeded: ScapFlags.scapOpen(Int64(file.openFlags ?? 0)))
      device = Self.packed(device: file.device)
    }
  }

  private mutating func setSocket(_ file: BlockFile, isListening: Bool) {
    networkProtocol = file.socketType == 1 ? 1 : file.socketType == 2 ? 2 : 0
    switch (file.localAddress, file.remoteAddress) {
    case (.ipv4(let local, let port), let remote):
      source = local
      sourcePort = port
      if case .ipv4(let address, let port) = remote, !isListening {
        (type, destination, destinationPort) = (ScapDescriptorType.ipv4, address, port)
      } else {
        type = ScapDescriptorType.ipv4Server
      }
    case (.ipv6(let local, let port), let remote):
      source = local
      sourcePort = port
      if case .ipv6(let address, let port) = remote, !isListening {
        (type, destination, destinationPort) = (ScapDescriptorType.ipv6, address, port)
      } else {
        type = ScapDescriptorType.ipv6Server
      }
    case (.unix(let path), .unix(let other)):
      type = ScapDescriptorType.unix
      name = path.isEmpty ? other : path
    case (.unix(let path), _), (_, .unix(let path)):
      type = ScapDescriptorType.unix
      name = path
    default:
      type = ScapDescriptorType.unsupported
      name = Array("socket".utf8)
    }
  }

  /// The inverse of ``device(_:)``.
  static func packed(device: UInt32) -> UInt32 {
    let major = device >> 20
    let minor = device & 0xFFFFF
    return (minor & 0xFF) | major << 8 | (minor & ~0xFF) << 12
  }
}
