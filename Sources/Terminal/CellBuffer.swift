/// One place of the grid: a character with the marks on it, and its style.
public struct Cell: Hashable, Sendable {
  public var scalar: Unicode.Scalar
  /// At most two marks that combine with it; zero is none. More are left out: nobody can read them.
  public var mark: UInt32 = 0
  public var secondMark: UInt32 = 0
  public var style: Style
  /// 1 or 2; 0 is the second half of the wide character before it.
  public var width: UInt8 = 1

  public init(_ scalar: Unicode.Scalar, _ style: Style = .plain, width: UInt8 = 1) {
    self.scalar = scalar
    self.style = style
    self.width = width
  }

  public static let blank = Cell(" ")

  /// The character and its marks.
  public var text: String {
    var text = String.UnicodeScalarView()
    text.append(scalar)
    for mark in [mark, secondMark] where mark != 0 { Unicode.Scalar(mark).map { text.append($0) } }
    return String(text)
  }
}

public struct ScreenSize: Hashable, Sendable {
  public var columns: Int
  public var rows: Int
  public init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

public struct ScreenPosition: Hashable, Sendable {
  public var column: Int
  public var row: Int
  public init(column: Int, row: Int) {
    self.column = column
    self.row = row
  }
}

/// A part of the grid.
public struct Rectangle: Hashable, Sendable {
  public var column: Int
  public var row: Int
  public var width: Int
  public var height: Int
  public init(column: Int, row: Int, width: Int, height: Int) {
    self.column = column
    self.row = row
    self.width = max(width, 0)
    self.height = max(height, 0)
  }

  public var endColumn: Int { column + width }
  public var endRow: Int { row + height }
  public var isEmpty: Bool { width == 0 || height == 0 }
  public func contains(_ position: ScreenPosition) -> Bool {
    position.column >= column && position.column < endColumn && position.row >= row && position.row < endRow
  }
  /// What is left after taking off so much at each side.
  public func inset(by columns: Int, _ rows: Int) -> Rectangle {
    Rectangle(
      column: column + columns, row: row + rows, width: width - 2 * columns, height: height - 2 * rows)
  }
}

/// What a screen shows: a grid that is drawn into, and compared with the one before.
///
/// Nothing reaches a terminal that is not a visible character: what has no width is replaced, whoever drew it.
public struct CellBuffer: Hashable, Sendable {
  public let size: ScreenSize
  public private(set) var cells: [Cell]
  /// Where a cursor blinks; nil hides it.
  public var cursor: ScreenPosition?

  public init(_ size: ScreenSize) {
    self.size = ScreenSize(columns: max(size.columns, 0), rows: max(size.rows, 0))
    cells = [Cell](repeating: .blank, count: self.size.columns * self.size.rows)
  }

  public subscript(column: Int, row: Int) -> Cell { cells[row * size.columns + column] }

  /// Draws text from a column on, up to the column `end` (the screen's edge when nil).
  ///
  /// What lies outside the screen is left out. A wide character that does not fit becomes a blank.
  ///
  /// - Returns: The column after what was drawn.
  @discardableResult
  public mutating func put(
    _ text: String, column: Int, row: Int, end: Int? = nil, style: Style = .plain
  ) -> Int {
    let end = min(end ?? size.columns, size.columns)
    guard row >= 0, row < size.rows else { return column }
    var column = column
    for scalar in text.unicodeScalars {
      let isASCII = scalar.value >= 0x20 && scalar.value < 0x7f
      let width = isASCII ? 1 : CharacterWidth.columns(of: scalar)
      if width == 0 {
        if column > 0, column <= end { combine(scalar.value, before: column, row) }
        continue
      }
      guard column < end else { return column }
      let columns = width ?? 1
      if column + columns > end {
        if column >= 0 { set(Cell(" ", style), column, row) }
        return end
      }
      // A character without a width is shown as one that nobody can mistake for anything.
      if column >= 0 { set(Cell(width == nil ? "\u{fffd}" : scalar, style, width: UInt8(columns)), column, row) }
      if columns == 2, column >= -1 { set(Cell(" ", style, width: column >= 0 ? 0 : 1), column + 1, row) }
      column += columns
    }
    return column
  }

  /// Fills a rectangle, as far as it lies on the screen.
  public mutating func fill(_ area: Rectangle, _ scalar: Unicode.Scalar = " ", style: Style = .plain) {
    for row in max(area.row, 0)..<max(min(area.endRow, size.rows), max(area.row, 0)) {
      for column in max(area.column, 0)..<max(min(area.endColumn, size.columns), max(area.column, 0)) {
        set(Cell(scalar, style), column, row)
      }
    }
  }

  /// Changes the style of what is drawn already.
  public mutating func restyle(_ area: Rectangle, _ change: (Style) -> Style) {
    for row in max(area.row, 0)..<max(min(area.endRow, size.rows), max(area.row, 0)) {
      for column in max(area.column, 0)..<max(min(area.endColumn, size.columns), max(area.column, 0)) {
        let index = row * size.columns + column
        cells[index].style = change(cells[index].style)
      }
    }
  }

  /// Sets one cell, and blanks what would be left of a wide character that it half covers.
  private mutating func set(_ cell: Cell, _ column: Int, _ row: Int) {
    guard column >= 0, column < size.columns else { return }
    let index = row * size.columns + column
    if cells[index].width == 0, cell.width != 0, column > 0 {
      cells[index - 1] = Cell(" ", cells[index - 1].style)
    }
    if cells[index].width == 2, column + 1 < size.columns {
      cells[index + 1] = Cell(" ", cells[index + 1].style)
    }
    cells[index] = cell
  }

  private mutating func combine(_ mark: UInt32, before column: Int, _ row: Int) {
    var index = row * size.columns + column - 1
    if cells[index].width == 0, column > 1 { index -= 1 }
    if cells[index].mark == 0 {
      cells[index].mark = mark
    } else if cells[index].secondMark == 0 {
      cells[index].secondMark = mark
    }
  }
}

extension CellBuffer {
  /// The rows as text, blanks at their ends left out: what tests compare.
  public var lines: [String] {
    (0..<size.rows).map { row in
      var line = ""
      for column in 0..<size.columns where self[column, row].width > 0 { line += self[column, row].text }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  public var text: String { lines.joined(separator: "\n") + "\n" }
}
