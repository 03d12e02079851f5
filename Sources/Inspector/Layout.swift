public import Terminal

/// Where the panes are. Depends on the size and on what is in focus, on nothing else.
public struct Layout: Hashable, Sendable {
  public var header: Rectangle
  public var breadcrumbs: Rectangle
  public var timeline: Rectangle
  public var footer: Rectangle
  /// The panes that are seen, their titles included.
  public var panes: [Pane: Rectangle]
  /// Whether there is a place for the fields of an event beside the others.
  public var hasDetail: Bool
  /// Rows of the timeline that show CPU and memory.
  public var bandCount: Int
  /// Several panes beside each other; else one at a time.
  public var isSplit: Bool

  /// - Parameters:
  ///   - shared: What the place shows that detail, state and packets share.
  ///   - hasResources: There are samples of CPU and memory.
  public init(
    size: ScreenSize, focus: Pane, containerCount: Int, shared: Pane = .detail, hasResources: Bool = false
  ) {
    let (width, height) = (size.columns, size.rows)
    header = Rectangle(column: 0, row: 0, width: width, height: 1)
    breadcrumbs = Rectangle(column: 0, row: 1, width: width, height: 1)
    footer = Rectangle(column: 0, row: height - 1, width: width, height: 1)
    isSplit = width >= 110 && height >= 30
    hasDetail = false
    bandCount = hasResources && isSplit ? 2 : 0
    let timelineHeight = isSplit ? 6 + bandCount : height >= 20 ? 4 : 2
    timeline = Rectangle(column: 0, row: 2, width: width, height: timelineHeight)
    let top = 2 + timelineHeight
    let body = Rectangle(column: 0, row: top, width: width, height: height - 1 - top)
    guard isSplit else {
      panes = [focus == .timeline || focus == .detail ? .events : focus: body]
      return
    }
    let left = min(width * 2 / 5, 90)
    let containersHeight = max(5, min(containerCount + 3, body.height / 3))
    let rest = body.height - containersHeight
    panes = [
      .containers: Rectangle(column: 0, row: top, width: left, height: containersHeight),
      .processes: Rectangle(column: 0, row: top + containersHeight, width: left, height: rest),
    ]
    let right = Rectangle(column: left + 1, row: top, width: width - left - 1, height: body.height)
    let detail = body.height >= 26 ? min(body.height * 2 / 5, 24) : 0
    hasDetail = detail > 0
    if detail == 0, focus == .state || focus == .packets {
      panes[focus] = right
      return
    }
    panes[.events] = Rectangle(column: right.column, row: top, width: right.width, height: right.height - detail)
    if detail > 0 {
      panes[shared] = Rectangle(
        column: right.column, row: top + right.height - detail, width: right.width, height: detail)
    }
  }

  /// Rows of a list in a pane: without its title and the heads of its columns.
  public func rows(of pane: Pane) -> Int {
    max((panes[pane]?.height ?? 0) - (pane == .detail || pane == .state ? 1 : 2), 0)
  }

  /// The columns of the axis itself, right of its labels.
  public var axis: Rectangle {
    let label = timeline.width >= 60 ? bandCount > 0 ? 17 : 11 : 0
    return Rectangle(
      column: label, row: timeline.row, width: max(timeline.width - label - 1, 1), height: timeline.height)
  }

  /// What a dialog covers.
  public func dialog(width: Int, height: Int) -> Rectangle {
    let width = min(width, header.width - 2)
    let height = min(height, footer.row - 2)
    return Rectangle(
      column: (header.width - width) / 2, row: max((footer.row - height) / 2, 1), width: width, height: height)
  }
}

extension InspectorState {
  public var layout: Layout {
    Layout(
      size: size, focus: focus, containerCount: tables.containers.count, shared: shared,
      hasResources: tables.hasResources)
  }

  /// The span that the axis shows.
  public var range: TimeRange { filter.range ?? TimeRange(from: tables.first, to: tables.last) }
}
