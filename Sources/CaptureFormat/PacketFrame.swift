internal import Bytes
internal import Digests
internal import Events

/// What stands in a capture in pcapng's own blocks: interfaces and packets.
enum PacketFrame {
  static let interfaceType: UInt32 = 1
  static let packetType: UInt32 = 6
  /// LINKTYPE_LINUX_SLL2: with protocol, interface and direction, whatever the interface is. One for all interfaces: some
  /// readers stop at a second.
  static let linkType: UInt16 = 276
  static let snapLength: UInt32 = 262_144
  private static let nanoseconds: UInt8 = 9
  private enum Option {
    static let end: UInt16 = 0
    static let comment: UInt16 = 1
    static let name: UInt16 = 2
    static let description: UInt16 = 3
    static let resolution: UInt16 = 9
    static let packetFlags: UInt16 = 2
  }

  /// An Interface Description Block.
  ///
  /// ```
  ///  0  u32  1
  ///  4  u32  total length
  ///  8  u16  276, LINKTYPE_LINUX_SLL2
  /// 10  u16  0
  /// 12  u32  262,144
  /// 16       options: if_name, if_description, if_tsresol (10⁻⁹ s), the end
  ///  …  u32  total length again
  /// ```
  static func interface(name: String? = nil, description: String? = nil) -> [UInt8] {
    var body: [UInt8] = []
    body.append(littleEndian: linkType)
    body.append(littleEndian: UInt16(0))
    body.append(littleEndian: snapLength)
    if let name { append(Option.name, Array(name.utf8), to: &body) }
    if let description { append(Option.description, Array(description.utf8), to: &body) }
    append(Option.resolution, [nanoseconds], to: &body)
    body.append(littleEndian: UInt32(Option.end))
    return framed(interfaceType, body)
  }

  static func interface(of interface: PacketInterface) -> [UInt8] {
    let text = "interface \(interface.index) of network namespace \(interface.namespace)"
    return self.interface(name: interface.name, description: text)
  }

  /// Appends an Enhanced Packet Block.
  ///
  /// ```
  ///  0  u32  6
  ///  4  u32  total length
  ///  8  u32  interface, by its place in the section
  /// 12  u32  time since 1970 in nanoseconds, the upper half
  /// 16  u32  the lower half
  /// 20  u32  captured length
  /// 24  u32  length on the wire
  /// 28       the packet, padded to 4
  ///  …       options: epb_flags (direction), opt_comment, the end
  ///  …  u32  total length again
  /// ```
  static func append(
    _ head: PacketHead, _ packet: UnsafeRawBufferPointer, interface: UInt32, comment: [UInt8], to bytes: inout [UInt8]
  ) {
    let total = UInt32(length(captured: packet.count, comment: comment.count))
    let time = UInt64(bitPattern: head.wallTime)
    bytes.append(littleEndian: packetType)
    bytes.append(littleEndian: total)
    bytes.append(littleEndian: interface)
    bytes.append(littleEndian: UInt32(time >> 32))
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: time))
    bytes.append(littleEndian: UInt32(packet.count))
    bytes.append(littleEndian: max(head.length, UInt32(packet.count)))
    bytes.append(contentsOf: packet)
    bytes.append(contentsOf: repeatElement(0, count: padding(packet.count)))
    bytes.append(littleEndian: Option.packetFlags)
    bytes.append(littleEndian: UInt16(4))
    bytes.append(littleEndian: UInt32(head.direction.rawValue))
    if !comment.isEmpty { append(Option.comment, comment, to: &bytes) }
    bytes.append(littleEndian: UInt32(Option.end))
    bytes.append(littleEndian: total)
  }

  /// The comment among a block's options; empty where there is none.
  ///
  /// - Parameter end: Where the packet ends, before its padding.
  static func comment(in block: [UInt8], from end: Int) -> [UInt8] {
    let span = block.span.bytes
    var place = end + padding(end)
    while let option = span.integer(at: place, as: UInt16.self), option != Option.end,
      let length = span.integer(at: place + 2, as: UInt16.self)
    {
      let value = place + 4
      guard value + Int(length) <= block.count - 4 else { return [] }
      if option == Option.comment { return Array(block[value..<(value + Int(length))]) }
      place = value + Int(length) + padding(Int(length))
    }
    return []
  }

  static func length(captured: Int, comment: Int) -> Int {
    28 + captured + padding(captured) + 8 + (comment == 0 ? 0 : 4 + comment + padding(comment)) + 4 + 4
  }

  private static func append(_ option: UInt16, _ value: [UInt8], to bytes: inout [UInt8]) {
    let value = value.prefix(Int(UInt16.max))
    bytes.append(littleEndian: option)
    bytes.append(littleEndian: UInt16(value.count))
    bytes.append(contentsOf: value)
    bytes.append(contentsOf: repeatElement(0, count: padding(value.count)))
  }

  private static func framed(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: type)
    bytes.append(littleEndian: UInt32(body.count + 12))
    bytes += body
    bytes.append(littleEndian: UInt32(body.count + 12))
    return bytes
  }

  private static func padding(_ length: Int) -> Int { (4 - length % 4) % 4 }
}

extension PacketRun {
  /// The block that tells of the packets, before they follow.
  ///
  /// - Parameter bytes: The packets one after the other.
  func seal(_ description: BlockDescription, with assembler: BlockAssembler, _ bytes: [UInt8]) -> SealedBlock {
    let packets = TableBuilder(.packets)
    bytes.withUnsafeBytes { bytes in
      var start = 0
      for head in heads {
        let end = start + Int(head.capturedLength)
        packets.set(.time, head.time.nanoseconds)
        packets.set(.interface, head.interface)
        packets.set(.packetDirection, head.direction.rawValue)
        packets.set(.packetLength, head.length)
        packets.set(.capturedLength, head.capturedLength)
        packets.set(.packetChecksum, CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<end])))
        packets.set(.pid, head.process?.pid)
        packets.set(.start, head.process?.start.nanoseconds)
        packets.endRow()
        start = end
      }
    }
    let table = TableBuilder(.interfaces)
    for interface in interfaces {
      table.set(.interface, interface.number)
      table.set(.interfaceIndex, interface.index)
      table.set(.interfaceName, interface.name)
      table.set(.networkNamespace, interface.namespace)
      table.endRow()
    }
    assembler.raw.removeAll()
    let images = [packets.finish(into: &assembler.raw), table.finish(into: &assembler.raw)]
    var block = assembler.assemble(description, tables: images)
    block.packets = self
    return block
  }

  /// Appends the packets as blocks of pcapng.
  ///
  /// - Parameter place: Of an interface in the section.
  func write(to target: inout [UInt8], place: (UInt32) -> UInt32) {
    bytes().withUnsafeBytes { bytes in
      var start = 0
      for head in heads {
        let end = min(start + Int(head.capturedLength), bytes.count)
        PacketFrame.append(
          head, UnsafeRawBufferPointer(rebasing: bytes[start..<end]), interface: place(head.interface),
          comment: comments[Int(head.comment)], to: &target)
        start = end
      }
    }
  }
}
