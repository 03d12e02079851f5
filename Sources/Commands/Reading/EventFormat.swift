internal import Arguments
internal import FilterLanguage

/// What `-p` asks for.
enum EventFormat {
  /// sysdig's: what it has for containers and for Kubernetes, without the number of the event, which no capture tells.
  private static let presets = [
    "c":
      "%evt.time %evt.cpu %container.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.type %evt.info",
    "container":
      "%evt.time %evt.cpu %container.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.type %evt.info",
    "k": "%evt.time %evt.cpu %k8s.pod.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.type %evt.info",
    "kubernetes":
      "%evt.time %evt.cpu %k8s.pod.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.type %evt.info",
    "p": "%evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.info",
  ]

  /// - Throws: ``CommandFailure`` with the place in what was typed.
  static func format(of invocation: Invocation) throws -> EventsCommand.Format {
    let isJSON = invocation.isSet("json")
    guard let typed = invocation.value(of: "print") else { return isJSON ? .lines : .text }
    let text = presets[typed] ?? OutputTemplate.unescaped(typed)
    let template: OutputTemplate
    do throws(FilterError) { template = try OutputTemplate(text) } catch {
      throw CommandFailure("-p: " + error.description(in: text), status: 64)
    }
    guard !template.fields.isEmpty else {
      throw CommandFailure(
        "-p: there is no field in '\(typed)'", remedy: "as in -p '%evt.time %proc.name %evt.type'; or -pc, -pk, -pp",
        status: 64)
    }
    return .template(template, isJSON: isJSON)
  }
}
