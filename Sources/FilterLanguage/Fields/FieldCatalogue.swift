internal import Arguments

/// What a field's values are.
public enum FieldType: String, Sendable, CaseIterable {
  case text, integer, boolean
  /// Nanoseconds.
  case duration
  /// Nanoseconds since 1970.
  case time
  case port
  /// An IP address.
  case address
  /// An IP address that is compared with networks.
  case network
  case bytes
  /// A number where the value is one, else a text.
  case dynamic = "number or text"

  var isNumber: Bool { self == .integer || self == .duration || self == .time || self == .port }
  var isText: Bool { self == .text || self == .bytes || self == .dynamic }

  /// With its article, for messages.
  var phrase: String {
    switch self {
    case .text: "a text"
    case .integer: "a number"
    case .boolean: "true or false"
    case .duration: "a duration in nanoseconds"
    case .time: "a time in nanoseconds"
    case .port: "a port"
    case .address: "an IP address"
    case .network: "an IP address or network"
    case .bytes: "bytes"
    case .dynamic: "a number or a text"
    }
  }

  /// A value that can be compared with it.
  var example: String {
    switch self {
    case .text, .dynamic: "\"a text\""
    case .integer: "3"
    case .boolean: "true"
    case .duration, .time: "5000000000"
    case .port: "443"
    case .address: "10.0.0.1"
    case .network: "10.0.0.0/8"
    case .bytes: "\"a text\""
    }
  }

  func suits(_ comparator: FilterOperator) -> Bool {
    switch comparator {
    case .exists, .equals, .differs, .in, .intersects: true
    case .less, .atMost, .greater, .atLeast: isNumber || isText
    case .contains, .icontains, .startswith, .endswith, .glob, .iglob, .bcontains, .bstartswith: isText
    case .regex, .pmatch: self == .text || self == .dynamic
    }
  }
}

/// Whether a field takes an argument in brackets or after a point.
public enum FieldArgumentRule: Sendable {
  case none
  /// `proc.aname[2]`; without it the check is of all ancestors.
  case optionalIndex
  /// `container.label.app`
  case key
  case optionalKey
  /// `evt.arg.fd`, `evt.arg[0]`
  case nameOrIndex

  var isNeeded: Bool { self == .key || self == .nameOrIndex }
}

/// One row of the catalogue.
public struct FieldDescription: Sendable {
  public var field: FilterField
  public var type: FieldType
  /// Lower case, without a full stop.
  public var summary: String
  /// Empty where there is none.
  public var unit: String
  public var argument: FieldArgumentRule
  /// Several values at once: only in, intersects and exists compare it.
  public var isList: Bool
  /// Stands for both ends of a connection.
  public var isEitherSide: Bool
  /// Why a capture never has it; nil where it may.
  public var absence: String?

  init(
    _ field: FilterField, _ type: FieldType, _ summary: String, unit: String = "", argument: FieldArgumentRule = .none,
    isList: Bool = false, isEitherSide: Bool = false, absence: String? = nil
  ) {
    self.field = field
    self.type = type
    self.summary = summary
    self.unit = unit
    self.argument = argument
    self.isList = isList
    self.isEitherSide = isEitherSide
    self.absence = absence
  }

  public var name: String { field.rawValue }
  /// `evt`, `proc`, `aftertrace`: what stands before the first point.
  public var fieldClass: String { String(name.prefix { $0 != "." }) }
  /// As it is written in a filter, with what its argument may be.
  public var usage: String {
    switch argument {
    case .none: name
    case .optionalIndex: name + "[N]"
    case .key: name + ".NAME"
    case .optionalKey: name + "[NAME]"
    case .nameOrIndex: name + ".NAME"
    }
  }
}

/// Every field that a filter can name, also those that a capture cannot know: rules that name them are valid.
public enum FieldCatalogue {
  /// In the order that they are listed in.
  public static let all: [FieldDescription] = table

  /// In the order of their first fields.
  public static let classes: [String] = all.reduce(into: []) { classes, field in
    if !classes.contains(field.fieldClass) { classes.append(field.fieldClass) }
  }

  private static let places: [String: Int] = Dictionary(
    uniqueKeysWithValues: table.enumerated().map { ($1.name, $0) })
  private static let byField: [FilterField: Int] = Dictionary(
    uniqueKeysWithValues: table.enumerated().map { ($1.field, $0) })

  public static subscript(field: FilterField) -> FieldDescription { table[byField[field]!] }
  public static subscript(name: String) -> FieldDescription? { places[name].map { table[$0] } }

  /// The field that a name with points means, and what of it is its argument: `evt.arg.fd` is `evt.arg` of `fd`.
  static func find(_ name: String) -> (FieldDescription, argument: Substring?)? {
    if let found = self[name] { return (found, nil) }
    var end = name.endIndex
    while let point = name[..<end].lastIndex(of: ".") {
      if let found = self[String(name[..<point])], found.argument != .none, found.argument != .optionalIndex {
        return (found, name[name.index(after: point)...])
      }
      end = point
    }
    return nil
  }

  static func suggestion(for name: String) -> String? { nearest(name, among: places.keys.sorted()) }
}
