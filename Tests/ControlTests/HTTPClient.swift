import JSON
import Posix

/// One request written by hand, so that it can be as wrong as it likes.
struct RawHTTP {
  var port: UInt16
  var token: String? = nil

  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
  }

  /// Sends a request with the right length and token.
  func send(
    _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []
  ) throws -> Answer {
    var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"]
    var headers = headers
    if let token, headers["Authorization"] == nil { headers["Authorization"] = "Bearer \(token)" }
    if method == "POST", headers["Content-Length"] == nil, headers["Transfer-Encoding"] == nil {
      headers["Content-Length"] = String(body.count)
    }
    lines += headers.map { "\($0.key): \($0.value)" }
    return try exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
  }

  func post(_ body: String, headers: [String: String] = ["Content-Type": "application/json"]) throws -> Answer {
    try send("POST", "/v1/trigger", headers: headers, body: Array(body.utf8))
  }

  /// Sends `bytes` as they are and reads to the end of the connection.
  func exchange(_ bytes: [UInt8]) throws -> Answer {
    let socket = try ConnectedSocket(to: "127.0.0.1", port: port)
    socket.setTimeout(seconds: 30)
    // An answer may come before all is sent; then sending fails and reading does not.
    try? socket.send(bytes)
    var received: [UInt8] = []
    while (try? socket.descriptor.appendAvailable(to: &received)) == true {}
    return Self.parse(received)
  }

  private static func parse(_ bytes: [UInt8]) -> Answer {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return Answer(status: 0, headers: [:], body: bytes) }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    return Answer(
      status: words.count > 1 ? Int(words[1]) ?? 0 : 0, headers: headers, body: Array(text[end.upperBound...].utf8))
  }
}
