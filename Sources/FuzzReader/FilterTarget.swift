internal import FilterLanguage

/// Reads the bytes as a filter, prints it and reads it again, and tries it on texts that are the same bytes.
func readFilter(_ bytes: UnsafeRawBufferPointer) {
  let text = String(decoding: bytes, as: UTF8.self)
  do throws(FilterError) {
    let expression = try FilterExpression(parsing: text)
    let printed = expression.description
    // What is printed may be a little longer, and too long.
    if printed.utf8.count <= FilterExpression.lengthLimit {
      guard let again = try? FilterExpression(parsing: printed) else {
        preconditionFailure("not read again: \(printed)")
      }
      precondition(again.description == printed)
    }
    _ = try CompiledFilter(expression, text: text, library: FilterLibrary()).matches(
      SameBytes(bytes: Array(bytes.prefix(256))))
  } catch {
    precondition(error.range.start <= error.range.end && error.range.end <= text.utf8.count)
    _ = error.description(in: text)
  }
}

/// Fields that are all the same text, or numbers made of it.
private struct SameBytes: FieldSource {
  let bytes: [UInt8]

  func value(of use: FieldUse) -> FieldValue {
    let description = FieldCatalogue[use.field]
    if description.isList { return .list([.text(bytes), .text("file")]) }
    return switch description.type {
    case .text, .bytes, .dynamic: .text(bytes)
    case .integer, .duration, .time, .port: .integer(Int64(bytes.count))
    case .boolean: .boolean(bytes.first == 1)
    case .address, .network: .address(bytes.count >= 16 ? Array(bytes.prefix(16)) : [1, 2, 3, 4])
    }
  }
}
