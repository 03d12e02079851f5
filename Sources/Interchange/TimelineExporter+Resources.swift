internal import CaptureFormat
internal import Events
internal import JSON

extension TimelineExporter {
  /// Every number under the column's own name, and what ECS has a field for under that name too.
  ///
  /// Totals are strings, as all that may be larger than what JSON readers keep whole.
  func writeResources(_ event: EventBlock, _ json: inout JSONText) {
    for column in event.columns {
      guard let value = event.value(column), let known = column.catalogueEntry else { continue }
      let name = "aftertrace.resources." + known.name
      if known.unit == "ns" {
        json.set(name, "\(UInt64(bitPattern: value))")
      } else {
        json.set(name, UInt64(bitPattern: value))
      }
    }
    guard let used = event.value(.memoryCurrent), let limit = event.value(.memoryMax), limit > 0 else { return }
    json.set("aftertrace.resources.memory_percent", UInt64(bitPattern: used) / max(UInt64(bitPattern: limit) / 100, 1))
  }
}
