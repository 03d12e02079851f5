internal import CPcap

/// Why packets cannot be captured, or a filter is none.
public struct PacketError: Error, Equatable, Sendable {
  public var message: String
}

extension PacketError: CustomStringConvertible {
  public var description: String { message }
}

/// One packet as libpcap hands it over. Valid until the handler returns.
public struct RawPacket: ~Copyable {
  /// Nanoseconds since 1970, by the kernel's clock.
  public let wallTime: Int64
  /// Of the packet, whatever was captured of it; the link layer's header included.
  public let length: UInt32
  /// What was captured, beginning with the header of LINKTYPE_LINUX_SLL2.
  public let bytes: UnsafeRawBufferPointer
}

/// The packets of all interfaces of one network namespace.
///
/// They bear the header of LINKTYPE_LINUX_SLL2: protocol, interface, direction. Opens a packet socket in the namespace that
/// the calling thread is in; from then on any thread may read it, one at a time.
public final class PacketSource: @unchecked Sendable {
  private let handle: OpaquePointer
  /// For `poll`.
  public let descriptor: Int32

  /// The kernel hands a block of packets over when it is full, or this old, in milliseconds.
  public static let blockAge: Int32 = 50
  /// Of the header that every packet begins with.
  public static let headerLength = 20

  /// - Parameters:
  ///   - snapLength: Bytes of each packet at the most, its link layer's header included.
  ///   - bufferSize: Memory in the kernel, in bytes.
  ///   - filter: In the language of pcap-filter(7).
  public init(snapLength: Int32, bufferSize: Int32, filter: String?) throws(PacketError) {
    var buffer = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = pcap_create("any", &buffer) else { throw PacketError(message: Self.text(buffer)) }
    pcap_set_snaplen(handle, snapLength)
    pcap_set_buffer_size(handle, bufferSize)
    pcap_set_timeout(handle, Self.blockAge)
    pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
    let status = pcap_activate(handle)
    guard status >= 0, pcap_set_datalink(handle, DLT_LINUX_SLL2) == 0, pcap_setnonblock(handle, 1, &buffer) == 0 else {
      let detail = String(cString: pcap_geterr(handle))
      let reason = detail.isEmpty ? String(cString: pcap_statustostr(status)) : detail
      pcap_close(handle)
      throw PacketError(message: reason)
    }
    if let filter {
      do throws(PacketError) { try Self.set(filter, of: handle) } catch {
        pcap_close(handle)
        throw error
      }
    }
    self.handle = handle
    descriptor = pcap_get_selectable_fd(handle)
  }

  deinit { pcap_close(handle) }

  /// Checks a filter without capturing anything.
  public static func check(filter: String) throws(PacketError) {
    guard let handle = pcap_open_dead(DLT_LINUX_SLL2, 262_144) else { throw PacketError(message: "no memory") }
    defer { pcap_close(handle) }
    var program = bpf_program()
    guard pcap_compile(handle, &program, filter, 1, UInt32(PCAP_NETMASK_UNKNOWN)) == 0 else {
      throw PacketError(message: String(cString: pcap_geterr(handle)))
    }
    pcap_freecode(&program)
  }

  private static func set(_ filter: String, of handle: OpaquePointer) throws(PacketError) {
    var program = bpf_program()
    guard pcap_compile(handle, &program, filter, 1, UInt32(PCAP_NETMASK_UNKNOWN)) == 0 else {
      throw PacketError(message: String(cString: pcap_geterr(handle)))
    }
    defer { pcap_freecode(&program) }
    guard pcap_setfilter(handle, &program) == 0 else {
      throw PacketError(message: String(cString: pcap_geterr(handle)))
    }
  }

  /// Hands over what is there, at most `limit` packets.
  ///
  /// - Returns: How many there were.
  public func read(limit: Int, _ handler: (borrowing RawPacket) -> Void) throws(PacketError) -> Int {
    let count = withoutActuallyEscaping(handler) { handler in
      var call = HandlerCall(handler: handler)
      return withUnsafeMutablePointer(to: &call) { call in
        pcap_dispatch(
          handle, Int32(clamping: limit),
          { user, header, bytes in
            guard let user, let header, let bytes else { return }
            let call = UnsafeMutableRawPointer(user).assumingMemoryBound(to: HandlerCall.self)
            // With this precision tv_usec holds nanoseconds.
            let wall = Int64(header.pointee.ts.tv_sec) &* 1_000_000_000 &+ Int64(header.pointee.ts.tv_usec)
            call.pointee.handler(
              RawPacket(
                wallTime: wall, length: header.pointee.len,
                bytes: UnsafeRawBufferPointer(start: bytes, count: Int(header.pointee.caplen))))
          }, UnsafeMutableRawPointer(call).assumingMemoryBound(to: UInt8.self))
      }
    }
    guard count >= 0 else { throw PacketError(message: String(cString: pcap_geterr(handle))) }
    return Int(count)
  }

  private struct HandlerCall {
    var handler: (borrowing RawPacket) -> Void
  }

  /// Packets since it was opened: those that passed the filter, and of them those that the kernel had no room for.
  public func statistics() -> (received: UInt32, dropped: UInt32) {
    var statistics = pcap_stat()
    guard pcap_stats(handle, &statistics) == 0 else { return (0, 0) }
    return (statistics.ps_recv, statistics.ps_drop)
  }

  private static func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
