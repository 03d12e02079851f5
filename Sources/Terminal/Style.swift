/// A colour of the terminal's palette.
public struct Colour: RawRepresentable, Hashable, Sendable {
  public var rawValue: Int16
  public init(rawValue: Int16) { self.rawValue = rawValue }
  /// What the terminal has where nothing is said.
  public static let standard = Colour(rawValue: -1)
  public static let red = Colour(rawValue: 1)
  public static let green = Colour(rawValue: 2)
  public static let yellow = Colour(rawValue: 3)
  public static let blue = Colour(rawValue: 4)
  public static let magenta = Colour(rawValue: 5)
  public static let cyan = Colour(rawValue: 6)
}

/// How a cell looks.
public struct Style: Hashable, Sendable {
  public struct Attributes: OptionSet, Hashable, Sendable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let bold = Attributes(rawValue: 1)
    public static let dim = Attributes(rawValue: 2)
    public static let underline = Attributes(rawValue: 4)
    public static let reverse = Attributes(rawValue: 8)
  }

  public var foreground: Colour
  public var background: Colour
  public var attributes: Attributes

  public init(_ foreground: Colour = .standard, on background: Colour = .standard, _ attributes: Attributes = []) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  public static let plain = Style()

  public func adding(_ more: Attributes) -> Style { Style(foreground, on: background, attributes.union(more)) }
  public func on(_ colour: Colour) -> Style { Style(foreground, on: colour, attributes) }
}
