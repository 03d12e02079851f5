import RegularExpressions
import Testing

@Suite struct RegularExpressionTests {
  @Test(arguments: [
    ("a+b", "aab", true), ("a+b", "xaab", false), ("a+b", "aabx", false), (".*b", "aab", true), ("", "", true),
    ("", "a", false), ("[[:digit:]]{2,3}", "123", true), ("[[:digit:]]{2,3}", "1234", false),
    ("(a|ab)(c|bcd)", "abcd", true),
    ("^/etc/.*$", "/etc/shadow", true), ("é.", "éa", true), ("a.b", "a\nb", false), ("(?i)abc", "ABC", false),
  ])
  func `it matches the whole text or nothing`(pattern: String, text: String, isMatched: Bool) throws {
    // POSIX syntax has no `(?i)`: that one must not compile at all.
    guard let expression = try? RegularExpression(pattern) else {
      #expect(pattern == "(?i)abc")
      return
    }
    #expect(expression.matches(Array(text.utf8)) == isMatched)
  }

  @Test(arguments: ["(a", "a)", "[a", "a{2,1}", "*", "\\d", "(?=a)", "\\1", "a{1001}"])
  func `what is no POSIX expression says why`(pattern: String) {
    let error = #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) }
    #expect(error?.message.isEmpty == false)
  }

  @Test func `an expression that backtracking cannot finish is matched in no time`() throws {
    let expression = try RegularExpression("(a*)*(a*)*b")
    #expect(!expression.matches([UInt8](repeating: UInt8(ascii: "a"), count: 100_000)))
  }

  @Test func `an expression that would take too much memory is refused`() {
    #expect(throws: RegularExpressionError.self) {
      try RegularExpression("((a{100}){100}){100}")
    }
  }

  @Test func `bytes that are no UTF-8 are no match and no harm`() throws {
    let expression = try RegularExpression("a.b")
    #expect(!expression.matches([0x61, 0xff, 0x62]))
  }
}
