internal import Events
internal import Terminal

/// What each thing looks like, by what the terminal can.
struct Theme {
  var dim = Style(attributes: .dim)
  var header = Style(attributes: .reverse)
  var title = Style(attributes: [])
  var activeTitle = Style(attributes: .bold)
  var columnHead = Style(attributes: .dim)
  var cursor = Style(attributes: .reverse)
  var inactiveCursor = Style(attributes: .underline)
  var failure = Style(attributes: .bold)
  var loss = Style(attributes: [.bold, .reverse])
  var trigger = Style(attributes: .bold)
  var process = Style.plain
  var time = Style.plain
  var match = Style(attributes: [.reverse, .bold])
  var key = Style(attributes: .bold)
  var message = Style(attributes: .bold)
  var problem = Style(attributes: [.bold, .reverse])
  var life = Style.plain
  var crumb = Style(attributes: .bold)
  var dialog = Style.plain
  private var lanes = [Style(attributes: .bold), .plain, Style(attributes: .dim)]
  private let hasShades: Bool

  init(colourCount: Int) {
    hasShades = colourCount >= 256
    guard colourCount >= 8 else { return }
    failure = Style(.red, attributes: .bold)
    trigger = Style(.magenta, attributes: .bold)
    process = Style(.cyan)
    activeTitle = Style(.cyan, attributes: .bold)
    match = Style(Colour(rawValue: 0), on: .yellow)
    key = Style(.yellow)
    life = Style(.green)
    loss = Style(Colour(rawValue: 7), on: .red, .bold)
    problem = Style(Colour(rawValue: 7), on: .red, .bold)
    lanes = [Style(.yellow), Style(.cyan), Style(.blue)]
    guard hasShades else { return }
    dim = Style(Colour(rawValue: 245))
    columnHead = Style(Colour(rawValue: 245))
    time = Style(Colour(rawValue: 250))
    header = Style(Colour(rawValue: 255), on: Colour(rawValue: 24), .bold)
    cursor = Style(Colour(rawValue: 255), on: Colour(rawValue: 24))
    inactiveCursor = Style(on: Colour(rawValue: 237))
    failure = Style(Colour(rawValue: 203))
    process = Style(Colour(rawValue: 80))
    key = Style(Colour(rawValue: 221))
    life = Style(Colour(rawValue: 71))
    loss = Style(Colour(rawValue: 231), on: Colour(rawValue: 160), .bold)
    problem = loss
    lanes = [Style(Colour(rawValue: 221)), Style(Colour(rawValue: 80)), Style(Colour(rawValue: 68))]
  }

  func lane(_ lane: Lane?) -> Style {
    lane.flatMap { lanes.indices.contains(Int($0.rawValue)) ? lanes[Int($0.rawValue)] : nil } ?? dim
  }

  /// The row under the cursor: what it says keeps its colour where there are enough of them.
  func underCursor(_ style: Style, isActive: Bool) -> Style {
    let cursor = isActive ? cursor : inactiveCursor
    guard hasShades else { return cursor }
    return Style(
      style.foreground == .standard || style.foreground == dim.foreground ? cursor.foreground : style.foreground,
      on: cursor.background, style.attributes)
  }
}

extension Style {
  init(attributes: Attributes) { self.init(.standard, on: .standard, attributes) }
  init(_ foreground: Colour, attributes: Attributes) { self.init(foreground, on: .standard, attributes) }
}
