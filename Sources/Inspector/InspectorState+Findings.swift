internal import Events
internal import Interchange
internal import Reconstruction
internal import Rules
internal import Terminal

extension InspectorState {
  var findingsDialog: Rectangle { layout.dialog(width: 120, height: max(findings?.items.count ?? 0, 1) + 5) }

  /// Shows what the built-in rules found, and has it looked for where nobody has yet.
  mutating func openFindings() -> [Effect] {
    overlay = .findings(ListPlace())
    guard findings == nil else { return [] }
    findings = Findings()
    return [.ask(.findings)]
  }

  mutating func actInFindings(_ command: Command, _ place: ListPlace) -> [Effect] {
    var place = place
    let items = findings?.items ?? []
    switch command {
    case .move(let count), .wheel(let count, _): place.cursor += count
    case .top: place.cursor = 0
    case .bottom: place.cursor = items.count - 1
    case .page(let pages): place.cursor += Int(pages * 10)
    case .choose, .toggle:
      guard let finding = items.element(place.cursor) else { break }
      overlay = .none
      return show(finding)
    default: break
    }
    overlay = .findings(place)
    return []
  }

  /// Goes to the first event of a finding, with nothing but its container narrowing what is shown.
  private mutating func show(_ finding: Finding) -> [Effect] {
    filter = Filter()
    filter.container = tables.container(finding.container) == nil ? nil : finding.container
    containers.cursor =
      filter.container.flatMap { key in tables.containers.firstIndex { $0.key == key } }.map { $0 + 1 } ?? 0
    processes.cursor = 0
    rebuildProcesses()
    anchor = finding.first
    focus = .events
    message = Message(text: finding.rule + ": " + finding.text)
    return refilter()
  }
}

extension Canvas {
  mutating func drawFindings(_ place: ListPlace) {
    let area = state.findingsDialog
    let findings = state.findings ?? Findings()
    let title = findings.progress < 1 ? "Findings, \(Int(findings.progress * 100)) % read" : "Findings"
    box(area, title)
    if findings.items.isEmpty {
      let text = findings.progress < 1 ? "looking…" : "the built-in rules found nothing"
      return cell(text, area.column + 2, area.row + 2, width: area.width - 4, style: theme.dim)
    }
    for line in 0..<max(area.height - 5, 0) {
      guard let finding = findings.items.element(place.top + line) else { break }
      let row = area.row + 2 + line
      let isGrave = finding.priority <= .error
      cell(
        finding.priority.name.uppercased(), area.column + 2, row, width: 9, style: isGrave ? theme.problem : theme.key)
      cell(times.time(finding.first.time, digits: 0), area.column + 12, row, width: 8, style: theme.dim)
      let container = state.tables.container(finding.container)?.label ?? "host"
      cell(container, area.column + 21, row, width: 14)
      let count = finding.count > 1 ? " ×\(finding.count)" : ""
      let techniques = finding.techniques.joined(separator: " ")
      cell("\(finding.rule)\(count)  \(techniques)", area.column + 36, row, width: area.width - 38)
      if place.top + line == place.cursor { markCursor(area.inset(by: 1, 0), row: row, isActive: true) }
    }
    if let finding = findings.items.element(place.cursor) {
      cell(finding.text, area.column + 2, area.row + area.height - 2, width: area.width - 4, style: theme.dim)
    }
  }
}
