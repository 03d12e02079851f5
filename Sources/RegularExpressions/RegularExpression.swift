internal import CRE2

/// A regular expression of RE2's POSIX syntax, which matches the whole of a text or nothing.
///
/// Matching takes time linear in the text whatever the expression is, so that neither who writes a filter nor who wrote
/// what is in a capture can make it hang. Texts are UTF-8; a byte that is not matches nothing but `\C`.
public final class RegularExpression: Sendable {
  public let pattern: String
  // Immutable once made; RE2 locks what it builds when it is first used.
  nonisolated(unsafe) private let compiled: OpaquePointer

  /// Bytes that one expression may take, with what it builds while matching.
  private static let memoryLimit: Int64 = 8 << 20

  /// - Throws: ``RegularExpressionError`` when `pattern` is none, or too large.
  public init(_ pattern: String) throws(RegularExpressionError) {
    self.pattern = pattern
    var text = pattern
    compiled = text.withUTF8 { cre2_compile($0.baseAddress, $0.count, Self.memoryLimit) }
    guard let message = cre2_error(compiled) else { return }
    let piece = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      cre2_error_piece(compiled, buffer.baseAddress!, buffer.count)
      return String(cString: buffer.baseAddress!)
    }
    throw RegularExpressionError(message: String(cString: message), piece: piece)
  }

  deinit { cre2_free(compiled) }

  public func matches(_ text: [UInt8]) -> Bool { text.withUnsafeBufferPointer { matches($0) } }

  public func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    cre2_matches(compiled, text.baseAddress, text.count)
  }
}

/// Why a text is no regular expression.
public struct RegularExpressionError: Error, Hashable, Sendable {
  /// `missing ): (ab`
  public var message: String
  /// The part of the pattern that it is about; empty where that is not known.
  public var piece: String
}
