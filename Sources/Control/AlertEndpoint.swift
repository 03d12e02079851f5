internal import Alerts
internal import Gzip
public import HTTP
internal import JSON
internal import Posix
internal import Synchronization
public import Triggers

/// Where alerts come in over HTTP.
///
/// | Request | Answer |
/// |---|---|
/// | `POST /v1/trigger`, `POST /` | 202, and what became of each alert |
/// | `GET /v1/status` | 200, the recorder's account of itself |
/// | `GET /healthz` | 200, without a token |
public final class AlertEndpoint: Sendable {
  private let server: HTTPServer
  private let token: HeldToken
  public let address: String
  public var port: UInt16 { server.port }

  /// Starts to listen.
  ///
  /// - Parameter isOpen: Allow an address that is not this machine's own. There is no TLS: a proxy in front has it.
  public init(
    address: String = "127.0.0.1", port: UInt16, isOpen: Bool = false, token: BearerToken, desk: any TriggerDesk,
    limits: HTTPLimits = HTTPLimits()
  ) throws(ControlError) {
    self.address = address
    self.token = HeldToken(token)
    guard isOpen || address == "::1" || address.hasPrefix("127.") else { throw .notLoopback(address: address) }
    do throws(SystemError) {
      server = try HTTPServer(
        address: address, port: port, limits: limits,
        responder: AlertResponder(token: self.token, handling: TriggerHandling(desk: desk), bodyLimit: limits.bodyBytes)
      )
    } catch {
      throw error.isAddressInUse ? .portTaken(address: "\(address):\(port)") : .system(error)
    }
  }

  public func stop() { server.stop() }

  /// From now on this one lets senders in, and the former does not.
  public func replaceToken(_ token: BearerToken) { self.token.replace(token) }
}

/// The token that holds now.
final class HeldToken: Sendable {
  private let value: Mutex<BearerToken>

  init(_ token: BearerToken) { value = Mutex(token) }

  var current: BearerToken { value.withLock { $0 } }
  func replace(_ token: BearerToken) { value.withLock { $0 = token } }
}

/// What the endpoint says to each request.
struct AlertResponder: HTTPResponder {
  let token: HeldToken
  let handling: TriggerHandling
  let bodyLimit: Int

  private enum Route { case trigger, status, health }

  private func route(_ path: String) -> Route? {
    switch path {
    case "/", "/v1/trigger": .trigger
    case "/v1/status": .status
    case "/healthz": .health
    default: nil
    }
  }

  func refuse(_ head: HTTPRequest) -> HTTPResponse? {
    guard let route = route(head.path) else {
      return token.current.isIn(authorization: head.headers["authorization"])
        ? failure(404, "no such path: \(head.path.prefix(100))", "POST /v1/trigger, GET /v1/status, GET /healthz")
        : unauthorized
    }
    if route == .health { return isReading(head) ? nil : notAllowed("GET") }
    guard token.current.isIn(authorization: head.headers["authorization"]) else { return unauthorized }
    switch route {
    case .trigger:
      guard head.method == "POST" else { return notAllowed("POST") }
      return refuseContent(head)
    case .status, .health: return isReading(head) ? nil : notAllowed("GET")
    }
  }

  /// Checks what a trigger's headers say of its body.
  private func refuseContent(_ head: HTTPRequest) -> HTTPResponse? {
    if head.isTooLarge { return tooLarge }
    let type = head.headers["content-type"]?.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() }
    guard type.map({ $0 == "application/json" || $0 == "text/json" || $0.hasSuffix("+json") }) ?? true else {
      return failure(
        415, "the body is not JSON, its Content-Type says",
        type == "text/plain"
          ? "with `json_output: true` Falco sends JSON" : "send Content-Type: application/json")
    }
    switch head.headers["content-encoding"]?.lowercased() {
    case nil, "", "identity", "gzip", "x-gzip": return nil
    default: return failure(415, "the body is packed in an unknown way", "send it as it is, or Content-Encoding: gzip")
    }
  }

  func respond(to request: HTTPRequest) -> HTTPResponse {
    switch route(request.path) {
    case .health: return answer(200, .object(["status": .string("ok")]))
    case .status: return HTTPResponse(status: 200, headers: Self.json, body: handling.desk.statusJSON())
    default: return trigger(request)
    }
  }

  private func trigger(_ request: HTTPRequest) -> HTTPResponse {
    if request.isTooLarge { return tooLarge }
    var body = request.body
    if let encoding = request.headers["content-encoding"]?.lowercased(), encoding.hasSuffix("gzip") {
      do {
        body = try gunzip(body, limit: bodyLimit)
      } catch {
        if case .tooLarge = error { return failure(413, "\(error)", nil) }
        return failure(400, "\(error)", "leave out Content-Encoding if the body is not packed")
      }
    }
    let batch: AlertBatch
    do {
      batch = try AlertBatch(body: body, headers: request.headers, sizeLimit: bodyLimit)
    } catch {
      return failure(error.isTooLarge ? 413 : 400, error.description, error.remedy)
    }
    let outcome = handling.submit(batch)
    var response = answer(status(of: outcome.answers), outcome.json)
    if response.status == 429 { response.headers.append(("Retry-After", "1")) }
    return response
  }

  /// 202 as soon as one alert was taken: a sender that repeats the body for the sake of another would repeat it for ever.
  /// Otherwise what kept the first from being taken; what may pass goes before what will not.
  private func status(of answers: [TriggerAnswer]) -> Int {
    let refused = answers.compactMap { if case .refused(let refusal) = $0 { refusal.kind.status } else { nil } }
    if refused.count < answers.count || answers.isEmpty { return answers.isEmpty ? 200 : 202 }
    return refused.first { $0 == 429 || $0 == 503 } ?? refused[0]
  }

  private func isReading(_ head: HTTPRequest) -> Bool { head.method == "GET" || head.method == "HEAD" }

  private var tooLarge: HTTPResponse { failure(413, "the body is larger than \(bodyLimit) bytes", nil) }

  private var unauthorized: HTTPResponse {
    var response = failure(
      401, "the token is missing or wrong",
      "send `Authorization: Bearer TOKEN`, or the token as the password of the URL; it is in \(token.current.path)")
    response.headers.append(("WWW-Authenticate", "Bearer, Basic realm=\"aftertrace\""))
    return response
  }

  private func notAllowed(_ method: String) -> HTTPResponse {
    var response = failure(405, "only \(method) here", nil)
    response.headers.append(("Allow", method))
    return response
  }

  private static let json = [(name: "Content-Type", value: "application/json")]

  private func answer(_ status: Int, _ value: JSONValue) -> HTTPResponse {
    HTTPResponse(status: status, headers: Self.json, body: value.encoded + [0x0a])
  }

  private func failure(_ status: Int, _ message: String, _ remedy: String?) -> HTTPResponse {
    answer(status, .object(errorMembers(message, remedy)))
  }
}
