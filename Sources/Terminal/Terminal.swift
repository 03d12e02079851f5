internal import Bytes
internal import CNcurses
public import Posix

/// Why a terminal cannot be used.
public enum TerminalError: Error, Equatable {
  case notATerminal
  /// Nothing is known of a terminal of this type.
  case unknownType(String?)
  /// It cannot place text where it is wanted.
  case tooSimple(String?)
  case system(SystemError)
}

extension TerminalError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notATerminal: "standard output is not a terminal"
    case .unknownType(let name?): "terminal type '\(name)' is unknown here"
    case .unknownType(nil): "TERM is not set"
    case .tooSimple(let name): "terminal type '\(name ?? "")' cannot place text on the screen"
    case .system(let error): "\(error)"
    }
  }

  public var remedy: String? {
    switch self {
    case .notATerminal: "`events` and `ps` print to pipes and files"
    case .unknownType, .tooSimple: "TERM=xterm-256color fits most terminals"
    case .system: nil
    }
  }
}

/// The terminal that the program runs in. There is one, used from one thread.
///
/// Made before any other thread is: it takes signals as input, and threads inherit what is blocked. A fatal signal gives
/// the terminal back before it ends the program.
public final class Terminal: TerminalDevice {
  public private(set) var size: ScreenSize
  public let colourCount: Int

  private let input: FileDescriptor
  private let output: FileDescriptor
  private var poll: Poll
  private let signals: SignalSource
  private let bell: WakeUp
  private let screen: OpaquePointer
  private var guarding: TerminalGuard?
  private var shown: CellBuffer?
  private var pairs: [UInt32: Int32] = [:]
  private var pending: [TerminalInput] = []
  private let pairLimit: Int

  private static let inputToken: UInt64 = 1
  private static let signalToken: UInt64 = 2
  private static let bellToken: UInt64 = 3

  /// What ncurses does not switch off by itself: bracketed paste, the mouse, the other screen, the hidden cursor.
  private static let undo =
    "\u{1b}[?2004l\u{1b}[?1000l\u{1b}[?1002l\u{1b}[?1006l\u{1b}[?1l\u{1b}>\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

  /// Takes the terminal: standard output, with the keys of the controlling terminal where standard input is a file.
  public init(wantsColour: Bool = true) throws(TerminalError) {
    guard StandardStream.output.isTerminal else { throw .notATerminal }
    do {
      signals = try SignalSource([
        SignalSource.interrupt, SignalSource.terminate, SignalSource.hangUp, SignalSource.windowChanged,
        SignalSource.terminalStop,
      ])
      output = try FileDescriptor.duplicate(of: StandardStream.output.rawValue)
      input =
        StandardStream.input.isTerminal
        ? try FileDescriptor.duplicate(of: StandardStream.input.rawValue) : try openControllingTerminal()
      bell = try WakeUp()
      poll = try Poll()
      try poll.add(input.number, token: Self.inputToken)
      try poll.add(signals.number, token: Self.signalToken)
      try poll.add(bell.number, token: Self.bellToken)
      let (rows, columns) = try terminalSize(of: output.number)
      size = ScreenSize(columns: columns, rows: rows)
      guarding = try TerminalGuard(of: output.number, undo: Self.undo)
    } catch {
      throw .system(error)
    }
    guard let type = environmentVariable("TERM"), !type.isEmpty else { throw .unknownType(nil) }
    guard let screen = at_curses_start(output.number, input.number) else { throw .unknownType(type) }
    self.screen = screen
    at_curses_prepare()
    colourCount = wantsColour ? Int(at_curses_colours()) : 0
    pairLimit = Int(at_curses_pairs())
    guard at_curses_can_move() != 0 else {
      endwin()
      throw .tooSimple(type)
    }
    takeExtras()
  }

  deinit { close() }

  /// Gives the terminal back as it was. Further calls do nothing.
  public func close() {
    guard guarding != nil else { return }
    at_curses_send("\u{1b}[?2004l")
    endwin()
    send("\u{1b}[?2004l")
    guarding.take()?.release()
  }

  private func takeExtras() {
    at_curses_take_mouse()
    at_curses_flush()
    send("\u{1b}[?2004h")
  }

  private func send(_ text: String) {
    var text = text
    text.withUTF8 { try? Posix.write(UnsafeRawBufferPointer($0), to: output.number) }
  }

  /// Wakes ``next(milliseconds:)``; from any thread.
  public var waker: @Sendable () -> Void {
    let number = bell.number
    return { WakeUp.ring(number) }
  }

  // MARK: Showing

  public func present(_ buffer: CellBuffer) {
    let before = shown?.size == buffer.size ? shown : nil
    if before == nil { at_curses_erase() }
    for row in 0..<min(buffer.size.rows, size.rows) {
      var column = 0
      while column < buffer.size.columns {
        let cell = buffer[column, row]
        if before.map({ $0[column, row] == cell }) ?? (cell == .blank) {
          column += 1
        } else {
          column = presentRun(buffer, before, column, row)
        }
      }
    }
    at_curses_show_cursor(Int32(buffer.cursor?.row ?? -1), Int32(buffer.cursor?.column ?? 0))
    at_curses_flush()
    shown = buffer
  }

  /// Sends cells that changed and look alike, from `start` on; answers where it stopped.
  private func presentRun(_ buffer: CellBuffer, _ before: CellBuffer?, _ start: Int, _ row: Int) -> Int {
    let style = buffer[start, row].style
    var column = start
    var text = ""
    while column < buffer.size.columns {
      let cell = buffer[column, row]
      guard cell.style == style, before.map({ $0[column, row] != cell }) ?? true else { break }
      column += 1
      guard cell.width > 0 else { continue }
      let isASCII = cell.scalar.value < 0x7f && cell.mark == 0
      if isASCII {
        text.unicodeScalars.append(cell.scalar)
        continue
      }
      // Anything else stands alone, so that a terminal of another opinion shifts nothing after it.
      flush(text, style, column - 1 - text.utf8.count, row)
      text = ""
      let isAgreed = at_curses_width(cell.scalar.value) == Int32(cell.width)
      flush(isAgreed ? cell.text : cell.width == 2 ? "??" : "?", style, column - 1, row)
    }
    flush(text, style, column - text.utf8.count, row)
    return max(column, start + 1)
  }

  private func flush(_ text: String, _ style: Style, _ column: Int, _ row: Int) {
    guard !text.isEmpty else { return }
    at_curses_style(attributes(of: style), pair(style))
    at_curses_put(Int32(row), Int32(column), text, Int32(text.utf8.count))
  }

  private func attributes(of style: Style) -> UInt32 {
    // NCURSES_BITS(1, n): standout 8, underline 9, reverse 10, blink 11, dim 12, bold 13.
    let bits: [(Style.Attributes, UInt32)] = [(.underline, 9), (.reverse, 10), (.dim, 12), (.bold, 13)]
    return bits.reduce(0) { $0 | (style.attributes.contains($1.0) ? 1 << ($1.1 + 8) : 0) }
  }

  private func pair(_ style: Style) -> Int32 {
    guard colourCount > 0 else { return 0 }
    let foreground = Int(style.foreground.rawValue) < colourCount ? style.foreground.rawValue : -1
    let background = Int(style.background.rawValue) < colourCount ? style.background.rawValue : -1
    if foreground == -1, background == -1 { return 0 }
    let key = UInt32(UInt16(bitPattern: foreground)) << 16 | UInt32(UInt16(bitPattern: background))
    if let pair = pairs[key] { return pair }
    guard pairs.count + 1 < pairLimit else { return 0 }
    let number = Int32(pairs.count + 1)
    init_pair(Int16(number), foreground, background)
    pairs[key] = number
    return number
  }

  public func redraw() {
    shown = nil
    at_curses_redraw()
  }

  public func copy(_ text: String) {
    send("\u{1b}]52;c;\(String(decoding: encodeBase64(Array(text.utf8)), as: UTF8.self))\u{7}")
  }

  public func suspend() {
    send("\u{1b}[?2004l")
    endwin()
    stopThisProcess()
    at_curses_flush()
    takeExtras()
    redraw()
    noteSize()
    pending.append(.resize(size))
  }

  private func noteSize() {
    guard let (rows, columns) = try? terminalSize(of: output.number), rows > 0, columns > 0 else { return }
    size = ScreenSize(columns: columns, rows: rows)
    resizeterm(Int32(rows), Int32(columns))
    redraw()
  }

  // MARK: Input

  /// The next thing that happens; nil after `milliseconds` without one.
  public func next(milliseconds: Int32) -> TerminalInput? {
    if pending.isEmpty { gather(milliseconds) }
    return pending.isEmpty ? nil : pending.removeFirst()
  }

  private func gather(_ milliseconds: Int32) {
    guard let tokens = try? poll.wait(milliseconds: milliseconds) else { return }
    if tokens.contains(Self.signalToken) {
      while let number = signals.next() {
        switch number {
        case SignalSource.windowChanged:
          noteSize()
          pending.append(.resize(size))
        case SignalSource.terminalStop: pending.append(.key(Key(.control("z"))))
        default: pending.append(.terminate(signal: number))
        }
      }
    }
    if tokens.contains(Self.bellToken) {
      bell.wait(milliseconds: 0)
      pending.append(.wakeUp)
    }
    if tokens.contains(Self.inputToken) {
      let before = pending.count
      readKeys()
      // Readable, and nothing there: the terminal is gone.
      if pending.count == before { emptyReads += 1 } else { emptyReads = 0 }
      if emptyReads > 50 { pending.append(.terminate(signal: SignalSource.hangUp)) }
    }
  }

  private var emptyReads = 0

  private func readKeys() {
    while pending.count < 256 {
      var value: UInt32 = 0
      let kind = at_curses_key(&value)
      if kind == ERR { return }
      if kind == KEY_CODE_YES {
        take(code: Int32(value))
      } else if value == 27 {
        takeEscape()
      } else if let scalar = Unicode.Scalar(value) {
        pending.append(.key(Key(scalar: scalar)))
      }
    }
  }

  /// Escape alone, or the Alt of the key that comes with it.
  private func takeEscape() {
    var value: UInt32 = 0
    let kind = at_curses_key(&value)
    if kind != ERR, kind != KEY_CODE_YES, value != 27, let scalar = Unicode.Scalar(value) {
      pending.append(.key(Key(scalar: scalar, isAlt: true)))
      return
    }
    pending.append(.key(Key(.escape)))
    if kind == KEY_CODE_YES { take(code: Int32(value)) }
  }

  private func take(code: Int32) {
    switch code {
    case Self.pasteBegin: pending.append(.paste(readPaste()))
    case KEY_MOUSE: takeMouse()
    case KEY_RESIZE: break
    case KEY_F0...(KEY_F0 + 63): pending.append(.key(Key(.function(Int(code - KEY_F0)))))
    default: if let key = Self.keys[code] { pending.append(.key(Key(key))) }
    }
  }

  private func takeMouse() {
    var row: Int32 = 0
    var column: Int32 = 0
    let button: MouseAction.Button
    switch at_curses_mouse(&row, &column) {
    case 1: button = .press
    case 4: button = .wheelUp
    case 5: button = .wheelDown
    default: return
    }
    pending.append(.mouse(MouseAction(button, at: ScreenPosition(column: Int(column), row: Int(row)))))
  }

  private static let pasteBegin: Int32 = 0x3f00
  private static let pasteEnd: Int32 = 0x3f01
  private static let pasteLimit = 1 << 16

  private func readPaste() -> String {
    var text = String.UnicodeScalarView()
    var pauses = 0
    while text.count < Self.pasteLimit, pauses < 20 {
      var value: UInt32 = 0
      let kind = at_curses_key(&value)
      if kind == ERR {
        _ = try? poll.wait(milliseconds: 5)
        pauses += 1
      } else if kind == KEY_CODE_YES {
        if Int32(value) == Self.pasteEnd { break }
      } else if let scalar = Unicode.Scalar(value) {
        text.append(scalar)
        pauses = 0
      }
    }
    return String(text)
  }

  private static let keys: [Int32: Key.Code] = [
    KEY_UP: .up, KEY_DOWN: .down, KEY_LEFT: .left, KEY_RIGHT: .right, KEY_HOME: .home, KEY_END: .end,
    KEY_PPAGE: .pageUp, KEY_NPAGE: .pageDown, KEY_BTAB: .backTab, KEY_BACKSPACE: .backspace, KEY_DC: .delete,
    KEY_IC: .insert, KEY_ENTER: .enter,
  ]
}
