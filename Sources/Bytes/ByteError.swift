/// What is wrong with bytes that were to be taken apart. Offsets count from where the reader began.
public enum ByteError: Error, Equatable, Sendable {
  case truncated(at: Int, needed: Int, available: Int)
  /// A field holds what cannot be.
  case invalid(at: Int, what: String, value: UInt64)
}

extension ByteError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let offset, let needed, let available):
      "ends early: \(needed) bytes wanted at \(offset), \(available) left"
    case .invalid(let offset, let what, let value): "\(what) at \(offset) cannot be \(value)"
    }
  }
}
