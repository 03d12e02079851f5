internal import Events
internal import JSON
public import Triggers

/// The triggers that one body asks for.
///
/// Whoever raises an alarm does it in words of their own. Which ones a body is written in is told from the body itself:
/// native JSON, Falco's, Falcosidekick's, Alertmanager's, Grafana's, a Kubernetes event, a CloudEvent around any of them, or
/// an array of them.
///
/// A body comes from the network and is hostile: its size, its depth, the count of its values and of its alerts, and the
/// length of each text are bounded.
public struct AlertBatch: Equatable, Sendable {
  /// One for each alert that fires, in the order of the body.
  public var entries: [Entry] = []
  /// Alerts that say that something is over: nothing to keep.
  public var resolvedCount = 0

  /// One alert of a body. One that nobody can act on does not spoil its neighbours.
  public enum Entry: Equatable, Sendable {
    case request(TriggerRequest)
    case refused(AlertError)
  }

  public static let sizeLimit = 1 << 20
  /// A parsed value takes up to 300 bytes: this many take 20 MB.
  public static let valueLimit = 1 << 16
  public static let alertLimit = 1024
}

extension AlertBatch {
  /// Reads a body.
  ///
  /// - Parameter headers: Those of the HTTP request, names in lower case: a CloudEvent in binary mode has its own
  ///   attributes there.
  /// - Parameter sizeLimit: Bytes; a sender of larger ones can be allowed more.
  /// - Throws: ``AlertError`` when the body as a whole is of no use; also when it holds one alert, and that is not.
  public init(body: [UInt8], headers: [String: String] = [:], sizeLimit: Int = sizeLimit) throws(AlertError) {
    guard body.count <= sizeLimit else { throw .tooLarge(limit: sizeLimit) }
    let root = try Self.parse(body)
    var reader = AlertReader()
    if let event = CloudEvent(headers: headers) {
      try reader.read(event, data: root, body: body)
    } else {
      try reader.read(root, body: body)
    }
    entries = reader.entries
    resolvedCount = reader.resolvedCount
    if entries.count == 1, resolvedCount == 0, case .refused(let error) = entries[0] { throw error }
  }

  /// A document as it came, or what a CloudEvent carries as text: every key once, and not too many values.
  static func parse(_ body: [UInt8]) throws(AlertError) -> JSONValue {
    guard valueCount(of: body) <= valueLimit else { throw .tooManyValues(limit: valueLimit) }
    do {
      return try JSONValue(parsing: body, .refusingDuplicateKeys)
    } catch {
      // Falco's fields are as wide as the kernel's: an unsigned one may not fit. Reals are good enough beside it.
      guard error.reason.contains("integer"),
        let value = try? JSONValue(parsing: body, [.refusingDuplicateKeys, .integersAsReals])
      else { throw .notJSON(error) }
      return value
    }
  }

  /// How many values the text can hold at most. O(its length), before anything is allocated.
  private static func valueCount(of body: [UInt8]) -> Int {
    body.withUnsafeBufferPointer { bytes in
      var count = 1
      for byte in bytes where byte == 0x2c || byte == 0x5b || byte == 0x7b { count += 1 }
      return count
    }
  }
}

/// Takes a body apart into alerts, each of which becomes a request or a refusal.
struct AlertReader {
  var entries: [AlertBatch.Entry] = []
  var resolvedCount = 0

  /// Reads a whole body: an alert, an array of them, or what wraps them.
  ///
  /// - Parameter body: The text of `value`, kept with the request if that is all it holds.
  mutating func read(_ value: JSONValue, body: [UInt8]?) throws(AlertError) {
    if case .array(let elements) = value {
      guard elements.count <= AlertBatch.alertLimit else { throw .tooManyAlerts(limit: AlertBatch.alertLimit) }
      if elements.isEmpty { throw .empty }
      for element in elements { readElement(element) }
    } else if let event = CloudEvent(structured: value) {
      try read(event, data: try event.data(of: value), body: body)
    } else {
      try readAlert(value, body: body)
    }
  }

  /// Reads what a CloudEvent carries: one alert of any other kind.
  mutating func read(_ event: CloudEvent, data: JSONValue, body: [UInt8]?) throws(AlertError) {
    guard CloudEvent(structured: data) == nil else { throw .nestedEvent }
    if case .array = data { throw .unrecognised(fields: ["an array"]) }
    let first = entries.count
    try readAlert(data, body: body)
    for index in entries.indices[first...] {
      if case .request(let request) = entries[index] { entries[index] = .request(event.completing(request)) }
    }
  }

  private mutating func readElement(_ element: JSONValue) {
    do throws(AlertError) {
      if case .array = element { throw .unrecognised(fields: ["an array"]) }
      try read(element, body: nil)
    } catch {
      entries.append(.refused(error))
    }
  }

  private mutating func readAlert(_ value: JSONValue, body: [UInt8]?) throws(AlertError) {
    guard case .object(let members) = value else { throw .notObject }
    let alert = AlertObject(members)
    switch AlertFormat(of: alert) {
    case .alertmanager: try readGroup(alert, body: body)
    case .alertmanagerAlert: append(body, value) { () throws(AlertError) in try Self.request(alertmanager: alert) }
    case .falco: append(body, value) { () throws(AlertError) in try Self.request(falco: alert) }
    case .kubernetes: append(body, value) { () throws(AlertError) in try Self.request(kubernetes: alert) }
    case .kubernetesWatch: try readChange(alert, body: body)
    case .native: append(body, value) { () throws(AlertError) in try Self.request(native: alert) }
    case nil: throw .unrecognised(fields: members.keys.sorted())
    }
  }

  /// Alertmanager's webhook: one request for each alert that fires.
  private mutating func readGroup(_ group: AlertObject, body: [UInt8]?) throws(AlertError) {
    let alerts = group.members["alerts"]?.elements ?? []
    guard alerts.count <= AlertBatch.alertLimit else { throw .tooManyAlerts(limit: AlertBatch.alertLimit) }
    if alerts.isEmpty { throw .empty }
    for element in alerts {
      guard case .object(let members) = element else {
        entries.append(.refused(.notObject))
        continue
      }
      // Each alert is kept alone: what is beside it in the body may be about somebody else's container.
      append(alerts.count == 1 ? body : nil, element) { () throws(AlertError) in
        try Self.request(alertmanager: AlertObject(members))
      }
    }
  }

  /// A line of the Kubernetes API's watch.
  private mutating func readChange(_ change: AlertObject, body: [UInt8]?) throws(AlertError) {
    guard let object = change.members["object"] else { throw .unrecognised(fields: change.members.keys.sorted()) }
    if change.members["type"]?.string == "DELETED" {
      resolvedCount += 1
    } else {
      append(body, object) { () throws(AlertError) in try Self.request(kubernetes: AlertObject(object.members)) }
    }
  }

  /// - Parameter make: Nil from it is an alert that is over.
  private mutating func append(
    _ body: [UInt8]?, _ value: JSONValue, _ make: () throws(AlertError) -> TriggerRequest?
  ) {
    do throws(AlertError) {
      guard var request = try make() else {
        resolvedCount += 1
        return
      }
      let whole = body ?? value.encoded
      request.bodyLength = whole.count
      request.body = whole.count > TriggerRequest.bodyLimit ? Array(whole.prefix(TriggerRequest.bodyLimit)) : whole
      entries.append(.request(request))
    } catch {
      entries.append(.refused(error))
    }
  }
}
