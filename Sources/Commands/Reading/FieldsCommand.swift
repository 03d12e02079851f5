internal import Arguments
internal import Bytes
internal import FilterLanguage
internal import JSON
internal import Posix

/// `fields`: what a filter can name.
func runFields(_ invocation: Invocation) throws -> Int32 {
  let output = Output()
  if invocation.isSet("markdown") {
    try output.bytes(Array(fieldsPage().utf8))
    try output.flush()
    return 0
  }
  let names = invocation.operands
  for name in names where !FieldCatalogue.all.contains(where: { $0.isNamed(name) }) {
    let known = Set(FieldCatalogue.all.flatMap { [$0.fieldClass, $0.name] }).sorted()
    throw CommandFailure(
      "no field and no class of fields is called '\(name)'",
      remedy: suggestion(for: name, among: known).map { "did you mean '\($0)'?" }, status: 64)
  }
  let fields = FieldCatalogue.all.filter { field in names.isEmpty || names.contains { field.isNamed($0) } }
  if invocation.isSet("json") {
    for field in fields { try output.bytes(field.json) }
  } else {
    let width = fields.map(\.usage.count).max() ?? 0
    for field in fields {
      let usage = field.usage + String(repeating: " ", count: width - field.usage.count)
      let unit = field.unit.isEmpty ? "" : " [\(field.unit)]"
      let absence = field.absence.map { " (never: \($0))" } ?? ""
      try output.line("\(usage)  \(field.type.rawValue)\(unit): \(field.summary)\(absence)")
    }
  }
  try output.flush()
  return 0
}

extension FieldDescription {
  fileprivate func isNamed(_ name: String) -> Bool { self.name == name || fieldClass == name }

  fileprivate var json: [UInt8] {
    var json = JSONText()
    json.beginObject()
    json.set("name", name)
    json.set("class", fieldClass)
    json.set("type", type.rawValue)
    if !unit.isEmpty { json.set("unit", unit) }
    json.set("summary", summary)
    json.set("usage", usage)
    json.set("list", isList)
    json.set("captured", absence == nil)
    if let absence { json.set("absence", absence) }
    json.endObject()
    json.newline()
    return json.bytes
  }
}

/// docs/fields.md
private func fieldsPage() -> String {
  var page = """
    # Fields of the filter language

    Made by `aftertrace fields --markdown`; not edited by hand. Filters are those of sysdig and Falco: docs/filters.md says how
    they are written. A field that a capture never has may be named all the same, so that rules of others are read as they are:
    every check of it is false, `!=` included, and its row says why. `aftertrace.` fields are this program's own.

    """
  for name in FieldCatalogue.classes {
    page += "\n## \(name)\n\n| Field | Type | Unit | Meaning |\n|---|---|---|---|\n"
    for field in FieldCatalogue.all where field.fieldClass == name {
      let absence = field.absence.map { ". **Never known**: \($0)" } ?? ""
      page +=
        "| `\(field.usage)` | \(field.type.rawValue)\(field.isList ? " list" : "") | \(field.unit) | \(field.summary)\(absence) |\n"
    }
  }
  return page
}
