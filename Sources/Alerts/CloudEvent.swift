internal import Bytes
internal import Events
internal import JSON
internal import Triggers

/// The attributes of a CloudEvent, from the headers that carry them (binary mode) or from the object that wraps the data
/// (structured mode).
///
/// Falcosidekick's have the type `falco.rule.output.v1` and Falco's JSON in them. Any other alert may be in one, too.
///
/// Source: CloudEvents 1.0, "HTTP Protocol Binding" and "JSON Event Format".
struct CloudEvent: Equatable {
  var id: String?
  var origin: String?
  var time: WallTime?

  /// Binary mode: `ce-specversion`, `ce-id`, `ce-source`, `ce-time`.
  init?(headers: [String: String]) {
    guard headers["ce-specversion"] != nil else { return nil }
    self.init(AlertObject(headers.filter { $0.key.hasPrefix("ce-") }.mapValues { .string($0) }), prefix: "ce-")
  }

  /// Structured mode; nil when `value` is no CloudEvent.
  init?(structured value: JSONValue) {
    guard case .object(let members) = value, members["specversion"] != nil,
      members["data"] != nil || members["data_base64"] != nil
    else { return nil }
    self.init(AlertObject(members), prefix: "")
  }

  private init(_ attributes: AlertObject, prefix: String) {
    id = attributes.description(prefix + "id", limit: 256)
    origin = attributes.description(prefix + "source", limit: 256)
    time = attributes.time(firstOf: [prefix + "time"])
  }

  /// What a structured one carries.
  func data(of value: JSONValue) throws(AlertError) -> JSONValue {
    if let data = value["data"], data != .null {
      // A datacontenttype other than JSON puts JSON into a text.
      guard let text = data.string else { return data }
      return try AlertBatch.parse(Array(text.utf8))
    }
    guard let text = value["data_base64"]?.string, let bytes = decodeBase64(text) else {
      throw .invalid(field: "data_base64", expectation: "base64")
    }
    return try AlertBatch.parse(bytes)
  }

  /// The alert inside knows better; what it lacks is taken from here.
  func completing(_ request: TriggerRequest) -> TriggerRequest {
    var request = request
    if request.source == "request" { request.source = "cloudevents" }
    request.time = request.time ?? time
    if request.fingerprint == nil, let id { request.fingerprint = "cloudevents:\(origin ?? ""):\(id)" }
    return request
  }
}
