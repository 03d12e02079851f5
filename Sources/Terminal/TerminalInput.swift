/// What comes from the person at the terminal.
public enum TerminalInput: Hashable, Sendable {
  case key(Key)
  case mouse(MouseAction)
  /// Text that was pasted: not to be taken for keys.
  case paste(String)
  case resize(ScreenSize)
  /// A signal wants the program to end.
  case terminate(signal: Int32)
  /// Another thread rang.
  case wakeUp
}

public struct Key: Hashable, Sendable {
  public enum Code: Hashable, Sendable {
    case character(Unicode.Scalar)
    /// With Ctrl: a lower-case letter, or one of `@[\]^_`.
    case control(Unicode.Scalar)
    case function(Int)
    case enter, tab, backTab, escape, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
  }

  public var code: Code
  public var isAlt: Bool

  public init(_ code: Code, isAlt: Bool = false) {
    self.code = code
    self.isAlt = isAlt
  }

  /// A key as a byte of a terminal's input, such as 13 for Enter.
  init(scalar: Unicode.Scalar, isAlt: Bool = false) {
    let code: Code =
      switch scalar.value {
      case 9: .tab
      case 10, 13: .enter
      case 8, 127: .backspace
      case 27: .escape
      case 0: .control("@")
      case 1...26: .control(Unicode.Scalar(UInt8(scalar.value) + 0x60))
      case 28...31: .control(Unicode.Scalar(UInt8(scalar.value) + 0x40))
      default: .character(scalar)
      }
    self.init(code, isAlt: isAlt)
  }
}

public struct MouseAction: Hashable, Sendable {
  public enum Button: Hashable, Sendable { case press, wheelUp, wheelDown }
  public var button: Button
  public var position: ScreenPosition
  public init(_ button: Button, at position: ScreenPosition) {
    self.button = button
    self.position = position
  }
}

/// What can show a ``CellBuffer``: a terminal, or a test.
public protocol TerminalDevice: AnyObject {
  var size: ScreenSize { get }
  /// 0 where there are none, or none are wanted; 8; 16; 256 or more.
  var colourCount: Int { get }
  func present(_ buffer: CellBuffer)
  /// Puts text into the clipboard of the person's own machine, where the terminal can.
  func copy(_ text: String)
  /// Gives the terminal back, stops the program, and takes the terminal again when it goes on.
  func suspend()
  /// Draws everything again at the next ``present(_:)``.
  func redraw()
}

/// A screen in memory.
public final class MemoryTerminal: TerminalDevice {
  public var size: ScreenSize
  public var colourCount: Int
  public private(set) var screen: CellBuffer
  public private(set) var copied: [String] = []
  public private(set) var suspensions = 0
  public private(set) var presented = 0

  public init(columns: Int, rows: Int, colourCount: Int = 256) {
    size = ScreenSize(columns: columns, rows: rows)
    self.colourCount = colourCount
    screen = CellBuffer(ScreenSize(columns: columns, rows: rows))
  }

  public func present(_ buffer: CellBuffer) {
    screen = buffer
    presented += 1
  }
  public func copy(_ text: String) { copied.append(text) }
  public func suspend() { suspensions += 1 }
  public func redraw() {}
}
