import FilterLanguage
import Testing

@Suite struct FilterParserTests {
  /// As it is written, and as it is printed again.
  static let accepted: [(String, String)] = [
    ("proc.name=sh", "proc.name = sh"),
    ("proc.name = sh", "proc.name = sh"),
    ("proc.name==sh", "proc.name = sh"),
    ("  proc.name\n=\tsh  ", "proc.name = sh"),
    ("fd.num>=0", "fd.num >= 0"),
    ("fd.num = -1", "fd.num = -1"),
    ("fd.num < 0x10", "fd.num < 0x10"),
    ("evt.latency > 1.5e+6", "evt.latency > 1.5e+6"),
    ("proc.name!=\"a b\"", "proc.name != \"a b\""),
    ("proc.name = 'it''", "!"),
    ("proc.name = 'a\\'b'", "proc.name = \"a'b\""),
    ("proc.name = \"\\x41\\n\\\\\\/\\\"\"", "proc.name = \"A\\n\\\\/\\\"\""),
    ("proc.name = \"\\xff\"", "proc.name = \"\\xff\""),
    ("proc.name = \"\"", "proc.name = \"\""),
    ("proc.name = \"(systemd)\"", "proc.name = \"(systemd)\""),
    ("proc.name = [kthreadd]", "proc.name = [kthreadd]"),
    ("proc.aname[2]=bash", "proc.aname[2] = bash"),
    ("proc.env[\"A B\"] exists", "proc.env[\"A B\"] exists"),
    ("container.label[io.kubernetes.pod.name] = x", "container.label[io.kubernetes.pod.name] = x"),
    ("evt.arg.fd exists", "evt.arg.fd exists"),
    ("proc.name exists and fd.name exists", "proc.name exists and fd.name exists"),
    ("proc.name in (sh,bash , 'zsh')", "proc.name in (sh, bash, \"zsh\")"),
    ("proc.name in(sh)", "proc.name in (sh)"),
    ("proc.name in ()", "proc.name in ()"),
    ("proc.name in shells", "proc.name in shells"),
    ("fd.name pmatch (/etc, /var)", "fd.name pmatch (/etc, /var)"),
    ("fd.types intersects (file)", "fd.types intersects (file)"),
    ("proc.name contains anyof (a, b)", "proc.name contains anyof (a, b)"),
    ("proc.name = oneof (a, b)", "proc.name = oneof (a, b)"),
    ("proc.name startswith allof names", "proc.name startswith allof names"),
    ("proc.name = oneof", "proc.name = oneof"),
    ("proc.name = oneof and proc.pname = x", "proc.name = oneof and proc.pname = x"),
    (
      "proc.name contains a or proc.name contains b and fd.num=1",
      "proc.name contains a or proc.name contains b and fd.num = 1"
    ),
    ("(proc.name = a or proc.name = b) and fd.num=1", "(proc.name = a or proc.name = b) and fd.num = 1"),
    ("not proc.name = a and fd.num=1", "not proc.name = a and fd.num = 1"),
    ("not(proc.name = a or proc.name=b)", "not (proc.name = a or proc.name = b)"),
    ("not not proc.name = a", "proc.name = a"),
    ("not not not spawned", "not spawned"),
    ("spawned and(container)", "spawned and container"),
    ("((((spawned))))", "spawned"),
    ("order = 1 or x", "!"),
    ("tolower(proc.name) = sh", "tolower(proc.name) = sh"),
    ("len( basename(proc.exepath) ) > 3", "len(basename(proc.exepath)) > 3"),
    ("proc.name = val(proc.pname)", "proc.name = val(proc.pname)"),
    ("proc.name != toupper(proc.aname[2])", "proc.name != toupper(proc.aname[2])"),
    ("fd.num > val(proc.pid)", "fd.num > val(proc.pid)"),
    ("join(\",\", (proc.name, \"x\", 3)) = a", "join(\",\", (proc.name, \"x\", 3)) = a"),
    ("concat(proc.name, \"-\", proc.pname) contains x", "concat(proc.name, \"-\", proc.pname) contains x"),
    ("getopt((proc.name), \"n:\")[n] = 1", "getopt((proc.name), \"n:\")[n] = 1"),
    ("fd.name glob '/home/*/.ssh/*'", "fd.name glob \"/home/*/.ssh/*\""),
    ("proc.name = é", "proc.name = é"),
    ("proc.cmdline contains -c", "proc.cmdline contains -c"),
    ("proc.name startswith \"c\\ d\"", "proc.name startswith \"c\\\\d\""),
  ]

  @Test(arguments: accepted.filter { $0.1 != "!" })
  func `a filter is read as it is meant, and printed so that it reads the same`(text: String, printed: String) throws {
    let expression = try FilterExpression(parsing: text)
    #expect(expression.description == printed)
    #expect(try FilterExpression(parsing: printed).description == printed)
  }

  /// What is wrong, and the column where it is.
  static let rejected: [(String, Int, String)] = [
    ("", 1, "the filter is empty"),
    ("   ", 1, "the filter is empty"),
    ("proc.name", 10, "an operator expected"),
    ("proc.name =", 12, "a value after '=' expected"),
    ("proc.name = )", 13, "unexpected ')': a value after '=' expected"),
    ("proc.name = a b", 15, "unexpected 'b': 'and' or 'or' expected"),
    ("proc.name = a orproc.name = b", 15, "unexpected 'orproc.name': 'and' or 'or' expected"),
    ("proc.name = a or", 17, "a blank or '(' after 'or' expected"),
    ("proc.name = a and ", 19, "a field, a macro or '(' expected"),
    ("(proc.name = a", 15, "')', 'and' or 'or' expected"),
    ("proc.name = a)", 14, "unexpected ')': the end, or a '(' before expected"),
    ("proc.name ~ a", 11, "unexpected '~': an operator expected"),
    ("proc.name like a", 11, "unknown operator 'like'"),
    ("proc.name contain a", 11, "unknown operator 'contain'"),
    ("proc.name contains", 19, "a blank after 'contains' expected"),
    ("proc.name contains\"a\"", 19, "unexpected '\"': a blank after 'contains' expected"),
    ("proc.name = \"a", 13, "the quote is not closed"),
    ("proc.name = \"a\\d\"", 15, "'\\d' is no escape"),
    ("proc.name = 'a\\\"'", 15, "'\\\"' is no escape"),
    ("proc.name = \"\\x4\"", 14, "'\\x' is no escape"),
    ("fd.num > x", 10, "unexpected 'x': a number after '>' expected"),
    ("fd.num > 12abc", 10, "unexpected '12abc': a number after '>' expected"),
    ("proc.name in", 13, "a list in parentheses, or the name of one expected"),
    ("proc.name in (a b)", 17, "unexpected 'b': ')' or ',' expected"),
    ("proc.name in (a,)", 17, "unexpected ')': a value expected"),
    ("proc.name in (a", 16, "')' or ',' expected"),
    ("proc.aname[", 12, "an argument in the brackets expected"),
    ("proc.aname[2 = x", 13, "unexpected ' ': ']' expected"),
    ("procname = x", 1, "unknown field 'procname'"),
    ("lower(proc.name) = x", 1, "unknown transformer 'lower'"),
    ("val(proc.name) = x", 1, "unexpected 'val(': a field, as val() stands on the right side, expected"),
    ("proc.name = val(x)", 17, "unexpected 'x': a field in val() expected"),
    ("tolower() = x", 9, "unexpected ')': a field, a transformer, a quoted text or a number expected"),
    ("tolower(proc.name = x", 19, "unexpected '=': ')' or ',' expected"),
    ("not", 1, "unexpected 'not': a field, a macro or '(' expected"),
    ("and proc.name = a", 1, "unexpected 'and': a field, a macro or '(' expected"),
    ("proc.name and x", 11, "unexpected 'and': an operator, such as = or exists, expected"),
    ("proc.name = a and or", 19, "unexpected 'or': a field, a macro or '(' expected"),
    ("\u{1f600} = a", 1, "unexpected '\u{1f600}': a field, a macro or '(' expected"),
    ("proc.name = \u{e9} \u{1f600}", 15, "unexpected '\u{1f600}': 'and' or 'or' expected"),
  ]

  @Test(arguments: rejected)
  func `a mistake is named with its place`(text: String, column: Int, message: String) {
    let error = #expect(throws: FilterError.self) { try FilterExpression(parsing: text) }
    #expect(error?.problem.message == message)
    #expect(error?.place(in: text) == FilterPlace(line: 1, column: column))
  }

  @Test func `the line of a mistake is shown with a caret and what would help`() throws {
    let text = "evt.type = open\nand proc.nam = nginx\nor x"
    let error = #expect(throws: FilterError.self) { try CompiledFilter(text, library: .init(macros: [:])) }
    #expect(
      error?.description(in: text) == """
        unknown field 'proc.nam' (line 2, column 5)
          and proc.nam = nginx
              ^^^^^^^^ did you mean 'proc.name'?
        """)
  }

  @Test func `parentheses may be nested as deep as the limit and no deeper`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "(", count: depth) + "x" + String(repeating: ")", count: depth)
    }
    _ = try FilterExpression(parsing: nested(FilterExpression.depthLimit))
    let error = #expect(throws: FilterError.self) {
      try FilterExpression(parsing: nested(FilterExpression.depthLimit + 1))
    }
    #expect(error?.problem == .tooDeep(limit: FilterExpression.depthLimit))
    let calls = String(repeating: "tolower(", count: 100_000)
    #expect(throws: FilterError.self) { try FilterExpression(parsing: calls) }
    _ = try FilterExpression(parsing: String(repeating: "not ", count: 100_000) + "x")
  }

  @Test func `a filter cut at any byte gives an error or a filter, never a crash`() {
    let text =
      "not (proc.name in (sh, 'b\\x41', names) or fd.name contains anyof (\"/etc\", x)) and tolower(proc.aname[\"2\"]) = val(proc.pname) and evt.arg.fd >= 0x1f"
    for length in 0...text.utf8.count {
      let cut = String(decoding: text.utf8.prefix(length), as: UTF8.self)
      guard let expression = try? FilterExpression(parsing: cut) else { continue }
      #expect((try? FilterExpression(parsing: expression.description))?.description == expression.description)
    }
  }

  @Test func `any byte of a filter may be another`() {
    let text = Array("proc.name in (sh, 'b\\x41') or fd.num >= 1 and not tolower(proc.aname[2]) = val(proc.pname)".utf8)
    for place in text.indices {
      for byte in [UInt8(0), 0x20, 0x22, 0x27, 0x28, 0x29, 0x2c, 0x3d, 0x41, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0xff] {
        var other = text
        other[place] = byte
        guard let expression = try? FilterExpression(parsing: String(decoding: other, as: UTF8.self)) else { continue }
        #expect((try? FilterExpression(parsing: expression.description))?.description == expression.description)
      }
    }
  }

  @Test func `a filter that is too long is refused`() {
    let text = "proc.name in (" + String(repeating: "a,", count: FilterExpression.lengthLimit / 2) + "b)"
    #expect(throws: FilterError.self) { try FilterExpression(parsing: text) }
  }
}
