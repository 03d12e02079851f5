/// What a client asks for, its body read to the end.
public struct HTTPRequest: Sendable {
  public var method: String
  /// Without the query.
  public var path: String
  /// Names in lower case; of a name that is there twice the last counts.
  public var headers: [String: String]
  public var body: [UInt8] = []
  /// The body was larger than the server's limit, and is not here.
  public var isTooLarge = false

  public init(method: String, path: String, headers: [String: String] = [:]) {
    self.method = method
    self.path = path
    self.headers = headers
  }
}

public struct HTTPResponse: Sendable {
  public var status: Int
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Answers requests, on any of the server's threads.
public protocol HTTPResponder: Sendable {
  /// Asked when a request's head is here and its body is not: an answer turns the request away without reading further.
  func refuse(_ head: HTTPRequest) -> HTTPResponse?
  func respond(to request: HTTPRequest) -> HTTPResponse
}

/// How much a server puts up with.
public struct HTTPLimits: Sendable {
  public var bodyBytes = 1 << 20
  public var connections: UInt32 = 32
  public var threads: UInt32 = 4
  /// From the connection to the end of the request, and again for the answer: a client that sends a byte a second is
  /// cut off, however busy it looks.
  public var seconds: UInt32 = 10

  public init() {}
}
