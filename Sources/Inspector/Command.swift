public import Terminal

/// What a person wants, whatever key or click said so.
public enum Command: Hashable, Sendable {
  case move(Int)
  /// Pages, or halves of them.
  case page(Double)
  case top, bottom
  case sideways(Int)
  case nextPane, previousPane
  case focus(Pane)
  case choose
  case back
  case search, findNext, findPrevious
  case filterMenu, filterPrompt
  case toggleFailed, toggleDescendants, clearFilters
  case goToTime
  case export
  case copyLine
  case follow
  case help
  case files
  case findings
  case toggleState, showPackets
  case zoomIn, zoomOut, zoomWhole, mark
  case suspend, redraw, quit
  case toggle
  case edit(Edit)
  case click(ScreenPosition)
  case wheel(Int, ScreenPosition)
  case resize(ScreenSize)

  /// In a line that is being typed.
  public enum Edit: Hashable, Sendable {
    case insert(String)
    case deleteBackward, deleteForward, deleteWord, deleteAll
    case move(Int)
    case home, end
    case accept, cancel
  }
}

extension InspectorState {
  /// What an input means where the screen stands; nil for nothing.
  public func command(for input: TerminalInput) -> Command? {
    switch input {
    case .key(let key): prompt == nil ? command(for: key) : edit(for: key).map { .edit($0) }
    case .mouse(let action):
      switch action.button {
      case .press: .click(action.position)
      case .wheelUp: .wheel(-3, action.position)
      case .wheelDown: .wheel(3, action.position)
      }
    case .paste(let text): prompt == nil ? nil : .edit(.insert(text))
    case .resize(let size): .resize(size)
    case .terminate, .wakeUp: nil
    }
  }

  private func edit(for key: Key) -> Command.Edit? {
    switch key.code {
    case .character(let scalar): key.isAlt ? nil : .insert(String(Character(scalar)))
    case .enter: .accept
    case .escape, .control("c"), .control("g"): .cancel
    case .backspace, .control("h"): .deleteBackward
    case .delete, .control("d"): .deleteForward
    case .control("w"): .deleteWord
    case .control("u"): .deleteAll
    case .left, .control("b"): .move(-1)
    case .right, .control("f"): .move(1)
    case .home, .control("a"): .home
    case .end, .control("e"): .end
    default: nil
    }
  }

  private func command(for key: Key) -> Command? {
    if key.isAlt { return nil }
    switch key.code {
    case .character(let scalar): return command(for: scalar)
    case .control(let letter): return Self.controls[letter]
    case .function(1): return .help
    case .function(10): return .quit
    case .function(3): return .findNext
    case .function(4): return .filterMenu
    case .function: return nil
    case .enter: return .choose
    case .tab: return .nextPane
    case .backTab: return .previousPane
    case .escape, .backspace: return .back
    case .up: return .move(-1)
    case .down: return .move(1)
    case .left: return .sideways(-1)
    case .right: return .sideways(1)
    case .home: return .top
    case .end: return .bottom
    case .pageUp: return .page(-1)
    case .pageDown: return .page(1)
    case .insert, .delete: return nil
    }
  }

  private func command(for scalar: Unicode.Scalar) -> Command? { Self.letters[scalar] }

  private static let letters: [Unicode.Scalar: Command] = [
    "j": .move(1), "k": .move(-1), "h": .sideways(-1), "l": .sideways(1), "g": .top, "G": .bottom, "q": .quit,
    "?": .help, "/": .search, "n": .findNext, "N": .findPrevious, "f": .filterMenu, "&": .filterPrompt, "!": .findings,
    "x": .toggleFailed,
    "d": .toggleDescendants, "0": .zoomWhole, "+": .zoomIn, "=": .zoomIn, "-": .zoomOut, "z": .zoomIn, "Z": .zoomOut,
    "m": .mark, " ": .toggle, ":": .goToTime, "e": .export, "y": .copyLine, "F": .follow, "o": .files,
    "r": .clearFilters, "1": .focus(.timeline), "2": .focus(.containers), "3": .focus(.processes),
    "4": .focus(.events), "5": .focus(.detail), "6": .focus(.state), "s": .toggleState,
    "7": .showPackets, "p": .showPackets,
  ]

  private static let controls: [Unicode.Scalar: Command] = [
    "f": .page(1), "b": .page(-1), "d": .page(0.5), "u": .page(-0.5), "n": .move(1), "p": .move(-1), "e": .move(1),
    "y": .move(-1), "l": .redraw, "z": .suspend, "c": .quit, "g": .back,
  ]
}
