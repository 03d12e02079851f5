internal import CMicroHTTPD
public import Posix
internal import Synchronization

/// An HTTP server on one socket. The corresponding C function is `MHD_start_daemon`.
///
/// One request a connection: a client that keeps its connection open would hold one of few places. Whoever stays too long
/// is disconnected by a thread that looks around every quarter of a second.
public final class HTTPServer: Sendable {
  public let port: UInt16
  private let service: HTTPService
  private let daemon: Daemon
  private let reaper: Reaper

  /// Starts to serve; the threads are libmicrohttpd's own.
  ///
  /// - Parameter address: Numeric, `127.0.0.1` or `::1`.
  /// - Parameter port: 0 is any that is free.
  public init(address: String, port: UInt16, limits: HTTPLimits = HTTPLimits(), responder: any HTTPResponder)
    throws(SystemError)
  {
    let socket = try ListeningSocket(address: address, port: port)
    self.port = socket.port ?? port
    service = HTTPService(limits: limits, responder: responder)
    let context = Unmanaged.passUnretained(service).toOpaque()
    guard
      let daemon = at_http_start(
        socket.descriptor.number, limits.threads, limits.connections, limits.seconds, handleRequest, endRequest,
        noteConnection, context)
    else { throw SystemError(call: "MHD_start_daemon", subject: "\(address):\(port)", code: 12) }
    // From here on the socket is libmicrohttpd's, which closes it.
    _ = socket.release()
    self.daemon = Daemon(pointer: daemon)
    let service = service
    reaper = try Reaper(service)
  }

  deinit { stop() }

  /// Ends: no new request is taken, those under way are answered or cut off. May be called again.
  public func stop() {
    reaper.stop()
    daemon.stop()
  }
}

/// Owns libmicrohttpd's daemon.
private final class Daemon: Sendable {
  private let pointer: Mutex<UInt?>
  init(pointer: OpaquePointer) { self.pointer = Mutex(UInt(bitPattern: pointer)) }

  func stop() {
    let address = pointer.withLock { pointer in
      defer { pointer = nil }
      return pointer
    }
    if let address { MHD_stop_daemon(OpaquePointer(bitPattern: address)) }
  }
}

/// Disconnects who stays too long.
private final class Reaper: Sendable {
  private let isOver = Mutex(false)
  private let bell: WakeUp
  private let ended: WakeUp

  init(_ service: HTTPService) throws(SystemError) {
    bell = try WakeUp()
    ended = try WakeUp()
    try WorkerThread(name: "http-deadlines") { [self] in
      while !isOver.withLock({ $0 }) {
        service.disconnectLate()
        bell.wait(milliseconds: 250)
      }
      ended.ring()
    }.detach()
  }

  func stop() {
    let wasOver = isOver.withLock { isOver in
      defer { isOver = true }
      return isOver
    }
    if wasOver { return }
    bell.ring()
    ended.wait(milliseconds: nil)
  }
}

/// What libmicrohttpd's callbacks share.
private final class HTTPService: Sendable {
  let limits: HTTPLimits
  let responder: any HTTPResponder
  /// By the connection's descriptor: when its time is over, monotonic.
  private let deadlines = Mutex<[Int32: UInt64]>([:])

  init(limits: HTTPLimits, responder: any HTTPResponder) {
    self.limits = limits
    self.responder = responder
  }

  func extend(_ number: Int32) {
    let end = Clock.monotonic + UInt64(limits.seconds) * 1_000_000_000
    deadlines.withLock { $0[number] = end }
  }

  func forget(_ number: Int32) { _ = deadlines.withLock { $0.removeValue(forKey: number) } }

  func disconnectLate() {
    let now = Clock.monotonic
    deadlines.withLock { deadlines in
      // Within the lock: a descriptor cannot be closed, and its number used again, before `forget`.
      for (number, end) in deadlines where end <= now {
        shutDownSocket(number)
        deadlines.removeValue(forKey: number)
      }
    }
  }
}

/// One request on its way in.
private final class Exchange {
  var request: HTTPRequest
  /// Decided by the head: the body is read and thrown away.
  var refusal: HTTPResponse?
  var discarded = 0
  init(_ request: HTTPRequest) { self.request = request }
}

/// Bytes of a refused body that are read before the connection is cut.
private let discardLimit = 16 << 20

private func handleRequest(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ data: UnsafePointer<CChar>?,
  _ count: UnsafeMutablePointer<Int>?, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context, let connection, let url, let method, let count, let state else { return .NO }
  let service = Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue()
  guard let known = state.pointee else {
    let exchange = Exchange(
      HTTPRequest(method: String(cString: method), path: String(cString: url), headers: headers(of: connection)))
    state.pointee = Unmanaged.passRetained(exchange).toOpaque()
    return begin(exchange, connection, service)
  }
  let exchange = Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
  if count.pointee > 0, let data {
    let chunk = UnsafeRawBufferPointer(start: data, count: count.pointee)
    count.pointee = 0
    return take(chunk, exchange, service)
  }
  service.extend(at_http_socket(connection))
  return send(exchange.refusal ?? service.responder.respond(to: exchange.request), on: connection)
}

private func begin(_ exchange: Exchange, _ connection: OpaquePointer, _ service: HTTPService) -> MHD_Result {
  let head = exchange.request.headers
  let length = head["content-length"].flatMap { Int($0) } ?? 0
  if length > service.limits.bodyBytes { exchange.request.isTooLarge = true }
  exchange.refusal = service.responder.refuse(exchange.request)
  // A client that waits for "100 Continue", or that would send too much, is answered before its body.
  guard exchange.request.isTooLarge || (exchange.refusal != nil && head["expect"] != nil) else { return .YES }
  return send(exchange.refusal ?? service.responder.respond(to: exchange.request), on: connection)
}

private func take(_ chunk: UnsafeRawBufferPointer, _ exchange: Exchange, _ service: HTTPService) -> MHD_Result {
  if exchange.refusal == nil, !exchange.request.isTooLarge,
    exchange.request.body.count + chunk.count <= service.limits.bodyBytes
  {
    exchange.request.body.append(contentsOf: chunk)
    return .YES
  }
  if exchange.refusal == nil {
    exchange.request.isTooLarge = true
    exchange.request.body = []
  }
  exchange.discarded += chunk.count
  return exchange.discarded <= discardLimit ? .YES : .NO
}

private func send(_ response: HTTPResponse, on connection: OpaquePointer) -> MHD_Result {
  var body = response.body
  let made = body.withUnsafeMutableBytes {
    MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
  }
  guard let made else { return .NO }
  defer { MHD_destroy_response(made) }
  for header in response.headers { MHD_add_response_header(made, header.name, header.value) }
  MHD_add_response_header(made, "Connection", "close")
  return MHD_queue_response(connection, UInt32(response.status), made)
}

private func headers(of connection: OpaquePointer) -> [String: String] {
  var headers: [String: String] = [:]
  withUnsafeMutablePointer(to: &headers) { target in
    _ = MHD_get_connection_values(
      connection, .HEADER_KIND,
      { target, _, name, value in
        if let target, let name {
          target.assumingMemoryBound(to: [String: String].self).pointee[String(cString: name).lowercased()] =
            value.map { String(cString: $0) } ?? ""
        }
        return .YES
      }, target)
  }
  return headers
}

private func endRequest(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
  guard let known = state?.pointee else { return }
  Unmanaged<Exchange>.fromOpaque(known).release()
  state?.pointee = nil
}

private func noteConnection(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ what: MHD_ConnectionNotificationCode
) {
  guard let context, let connection else { return }
  let service = Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue()
  let number = at_http_socket(connection)
  if what == .CONNECTION_NOTIFY_STARTED { service.extend(number) } else { service.forget(number) }
}
