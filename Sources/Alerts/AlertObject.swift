internal import Arguments
internal import Events
internal import JSON

/// One JSON object of an alert, read field by field with limits.
///
/// A field that is null, empty, or Falco's `<NA>` counts as absent. One of the wrong type is an error where it
/// would name a container, because a guess would capture another one, and absent where it only describes.
struct AlertObject {
  let members: [String: JSONValue]
  init(_ members: [String: JSONValue]) { self.members = members }

  /// Longer than any id, name or path that a kernel or a runtime gives out.
  static let identityLimit = 4096

  /// A text that names something.
  func identity(_ field: String) throws(AlertError) -> String? {
    switch members[field] {
    case nil, .null, .string(""), .string("<NA>"), .string("N/A"): return nil
    case .string(let text):
      guard text.utf8.count <= Self.identityLimit, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
        throw .invalid(field: field, expectation: "a name: at most \(Self.identityLimit) bytes, no control characters")
      }
      return text
    default: throw .invalid(field: field, expectation: "a text")
    }
  }

  /// The first of `fields` that names something.
  func identity(_ fields: [String]) throws(AlertError) -> String? {
    for field in fields { if let text = try identity(field) { return text } }
    return nil
  }

  /// A text that describes; what is longer than `limit` bytes is cut.
  func description(_ field: String, limit: Int = 1024) -> String? {
    guard let text = members[field]?.nonEmptyString else { return nil }
    return text.utf8.count <= limit ? text : String(decoding: text.utf8.prefix(limit), as: UTF8.self)
  }

  /// A process id, as a number or as its digits.
  func pid(_ field: String) throws(AlertError) -> UInt32? {
    let number: Int64? =
      switch members[field] {
      case nil, .null: nil
      case .integer(let value): value
      case .real(let value): Int64(exactly: value) ?? -1
      case .string(let text): text.isEmpty || text == "<NA>" ? nil : Int64(text) ?? -1
      default: -1
      }
    guard let number else { return nil }
    // PID_MAX_LIMIT of a 64-bit kernel.
    guard number > 0, number <= 4_194_304 else {
      throw .invalid(field: field, expectation: "a process id (1 to 4194304)")
    }
    return UInt32(number)
  }

  /// ISO 8601 with a zone or in UTC, to nine digits of a second; or nanoseconds since 1970.
  func time(_ field: String) throws(AlertError) -> WallTime? {
    switch members[field] {
    case nil, .null, .string(""), .string("<NA>"): return nil
    case .string(let text):
      if let time = parseTime(text) { return time }
    case .integer(let value):
      if let time = plausible(value) { return time }
    case .real(let value):
      if let number = Int64(exactly: value.rounded()), let time = plausible(number) { return time }
    default: break
    }
    throw .invalid(
      field: field, expectation: "a time (2026-01-31T14:02:05.123456789Z, or nanoseconds since 1970)")
  }

  /// The first of `fields` that holds a time. A time that cannot be read is passed over: the next, or now, is better than
  /// no capture.
  func time(firstOf fields: [String]) -> WallTime? {
    for field in fields { if let time = try? time(field) { return time } }
    return nil
  }

  /// `30s`, or a whole number of seconds; at most a day.
  func duration(_ field: String) throws(AlertError) -> Duration? {
    let duration: Duration?
    switch members[field] {
    case nil, .null: return nil
    case .string(let text): duration = parseDuration(text)
    case .integer(let seconds): duration = (0...86_400).contains(seconds) ? .seconds(seconds) : nil
    default: duration = nil
    }
    guard let duration, duration >= .zero, duration <= .seconds(86_400) else {
      throw .invalid(field: field, expectation: "a duration such as \"30s\", of at most 24h")
    }
    return duration
  }
}

/// An ISO 8601 date and time; UTC when it has no zone. Nanoseconds since 1970, as Falcosidekick makes labels of them, too.
func parseTime(_ text: String) -> WallTime? {
  guard text.utf8.count <= 64 else { return nil }
  if let number = Int64(text) { return plausible(number) }
  guard case .instant(let nanoseconds, _) = TimeExpression(text) else { return nil }
  // Go writes the year 1 where it means "not yet".
  return plausible(nanoseconds)
}

/// After 2001: a number of seconds or milliseconds taken for nanoseconds would be in 1970.
private func plausible(_ nanoseconds: Int64) -> WallTime? {
  nanoseconds >= 1_000_000_000_000_000_000 ? WallTime(nanoseconds: nanoseconds) : nil
}

/// `containerd://0123…`, as Kubernetes writes it, without the runtime.
func withoutScheme(_ id: String) -> String {
  guard let end = id.firstRange(of: "://") else { return id }
  return String(id[end.upperBound...])
}
