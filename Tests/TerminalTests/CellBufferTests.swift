import Testing

@testable import Terminal

@Suite struct CellBufferTests {
  private func buffer(_ columns: Int = 8, _ rows: Int = 2) -> CellBuffer {
    CellBuffer(ScreenSize(columns: columns, rows: rows))
  }

  @Test func `text stands where it was put and ends at its limit`() {
    var buffer = buffer()
    #expect(buffer.put("abcdef", column: 2, row: 0, end: 5) == 5)
    #expect(buffer.lines == ["  abc", ""])
  }

  @Test func `what lies outside the screen is left out`() {
    var buffer = buffer()
    buffer.put("abcdef", column: -3, row: 0)
    buffer.put("xyz", column: 6, row: 1)
    buffer.put("no", column: 0, row: 2)
    buffer.put("no", column: 0, row: -1)
    buffer.fill(Rectangle(column: -5, row: -5, width: 6, height: 6), "#")
    buffer.fill(Rectangle(column: 100, row: 100, width: 6, height: 6), "#")
    #expect(buffer.lines == ["#ef", "      xy"])
  }

  @Test func `a wide character takes two columns, and a blank where only one is left`() {
    var buffer = buffer()
    #expect(buffer.put("漢字", column: 0, row: 0) == 4)
    #expect(buffer[0, 0].width == 2 && buffer[1, 0].width == 0)
    buffer.put("漢", column: 7, row: 0)
    #expect(buffer.lines[0] == "漢字")
    #expect("漢字ab".columnCount == 6)
  }

  @Test func `half of a wide character is never left`() {
    for column in 0...3 {
      var buffer = buffer()
      buffer.put("漢字", column: 0, row: 0)
      buffer.put("x", column: column, row: 0)
      for place in 0..<8 where buffer[place, 0].width == 0 { #expect(buffer[place - 1, 0].width == 2) }
      for place in 0..<8 where buffer[place, 0].width == 2 { #expect(buffer[place + 1, 0].width == 0) }
    }
  }

  @Test func `marks combine with what is before them, two at the most`() {
    var buffer = buffer()
    #expect(buffer.put("e\u{301}x\u{302}\u{303}\u{304}", column: 0, row: 0) == 2)
    #expect(buffer[0, 0].text == "e\u{301}")
    #expect(Array(buffer[1, 0].text.unicodeScalars).count == 3)
    buffer.put("\u{301}", column: 0, row: 1)
    #expect(buffer.lines[1] == "")
  }

  @Test(arguments: [
    "\u{1b}[31m", "\u{0}", "\u{7f}", "\u{9b}31m", "\u{202e}", "\u{2066}", "\u{200f}", "\u{200b}", "\u{feff}",
    "\u{e0041}", "\u{ad}", "\u{2028}", "\u{61c}", "\u{3164}", "\u{f8ff}",
  ])
  func `nothing invisible or commanding reaches a cell`(text: String) {
    var buffer = buffer()
    buffer.put(text, column: 0, row: 0)
    #expect(buffer[0, 0].scalar == "\u{fffd}")
    for cell in buffer.cells { #expect(CharacterWidth.columns(of: cell.scalar) != nil) }
  }

  @Test func `an empty screen takes everything and shows nothing`() {
    var buffer = buffer(0, 0)
    buffer.put("abc", column: 0, row: 0)
    buffer.fill(Rectangle(column: 0, row: 0, width: 9, height: 9))
    #expect(buffer.cells.isEmpty)
  }
}

@Suite struct KeyTests {
  @Test func `bytes of a terminal are keys`() {
    #expect(Key(scalar: "a").code == .character("a"))
    #expect(Key(scalar: "\r").code == .enter)
    #expect(Key(scalar: "\t").code == .tab)
    #expect(Key(scalar: "\u{1b}").code == .escape)
    #expect(Key(scalar: "\u{7f}").code == .backspace)
    #expect(Key(scalar: "\u{3}").code == .control("c"))
    #expect(Key(scalar: "\u{1a}").code == .control("z"))
    #expect(Key(scalar: "\u{1c}").code == .control("\\"))
    #expect(Key(scalar: "\u{0}").code == .control("@"))
  }
}
