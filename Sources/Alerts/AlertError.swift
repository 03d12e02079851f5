public import JSON

/// Why a body, or one alert of it, cannot become a trigger. The facts; their wording is below.
public enum AlertError: Error, Equatable, Sendable {
  case notJSON(JSONError)
  case tooLarge(limit: Int)
  case tooManyValues(limit: Int)
  case tooManyAlerts(limit: Int)
  /// JSON, but not an object.
  case notObject
  /// No alert in it.
  case empty
  /// None of the known formats; with the fields that it has.
  case unrecognised(fields: [String])
  /// A CloudEvent in a CloudEvent.
  case nestedEvent
  /// Of a known format, and it names no container; with the fields that could have.
  case noScope(source: String, wanted: [String])
  /// A field has a value that it cannot have.
  case invalid(field: String, expectation: String)
  /// A native alert has a field that there is not.
  case unknownField(String)
}

extension AlertError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notJSON(let error): "the alert is not JSON: \(error)"
    case .tooLarge(let limit): "the alert is larger than \(limit) bytes"
    case .tooManyValues(let limit): "the alert holds more than \(limit) values"
    case .tooManyAlerts(let limit): "more than \(limit) alerts in one body"
    case .notObject: "an alert is a JSON object, and this is none"
    case .empty: "no alert in the body"
    case .unrecognised(let fields):
      fields.isEmpty ? "the alert is an empty object" : "no known kind of alert: it has \(Self.list(fields))"
    case .nestedEvent: "a CloudEvent inside a CloudEvent"
    case .noScope(let source, let wanted):
      "the alert (\(source)) names no container: looked for \(Self.list(wanted))"
    case .invalid(let field, let expectation): "\(Self.printable(field)) is not \(expectation)"
    case .unknownField(let name): "unknown field '\(Self.printable(name))'"
    }
  }

  /// Smaller, it might be taken.
  public var isTooLarge: Bool {
    switch self {
    case .tooLarge, .tooManyValues, .tooManyAlerts: true
    default: false
    }
  }

  /// What would help; nil when the message says it all.
  public var remedy: String? {
    switch self {
    case .notJSON: "Falco sends JSON with `json_output: true`"
    case .unrecognised, .notObject, .empty:
      "send \(#"{"container": "ID"}"#), or an alert of Falco, Falcosidekick, Alertmanager or Kubernetes as it is"
    case .unknownField: "a native alert has \(Self.list(NativeAlert.fields))"
    case .noScope(let source, _):
      switch source {
      case "falco", "falcosidekick": "add %container.id to the rule's output, or name a container"
      case "alertmanager": "keep the labels `pod` and `namespace`, or `container_id`, in the alert's expression"
      case "kubernetes": "only events about pods name a container"
      default: "name one, or say \(#""host": true"#)"
      }
    default: nil
    }
  }

  /// At most eight names, none longer than a line.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(8).map(printable).joined(separator: ", ")
    return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
  }

  /// A name that came with the alert, fit for a terminal.
  private static func printable(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.prefix(60).map { isControl($0) ? "?" : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
    default: false
    }
  }
}
