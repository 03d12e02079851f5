import FilterLanguage
import Testing

/// Fields with the values that a test gives them.
struct GivenFields: FieldSource {
  var values: [String: FieldValue] = [:]

  func value(of use: FieldUse) -> FieldValue {
    let suffix = use.index.map { "[\($0)]" } ?? use.key.map { "[\($0)]" } ?? ""
    return values[use.field.rawValue + suffix] ?? .absent
  }
}

@Suite struct CompiledFilterTests {
  static let sample = GivenFields(values: [
    "evt.type": .text("openat"), "evt.failed": .boolean(false), "evt.rawres": .integer(3),
    "evt.latency": .integer(1500),
    "evt.rawtime": .integer(1_700_000_000_000_000_000), "evt.arg[flags]": .text("O_RDONLY|O_CLOEXEC"),
    "evt.arg[0]": .text("3"),
    "evt.rawarg[fd]": .integer(3), "evt.rawarg[path]": .text("/etc/x"), "evt.buffer": .text([0x7f, 0x45, 0x4c, 0x46]),
    "proc.name": .text("Bash"), "proc.pname": .text("sshd"), "proc.exepath": .text("/usr/bin/bash"),
    "proc.cmdline": .text("bash -c ls"), "proc.aname": .anyOf([.text("sshd"), .text("systemd")]),
    "proc.aname[2]": .text("systemd"), "proc.pid": .integer(7), "proc.ppid": .integer(7),
    "fd.num": .integer(3), "fd.name": .text("/var/run/docker.sock"), "fd.directory": .text("/var/run"),
    "fd.sip": .address([10, 0, 0, 5]), "fd.snet": .address([10, 0, 0, 5]), "fd.sport": .integer(443),
    "fd.ip": .sides([.address([10, 0, 0, 5]), .address([192, 168, 1, 9])]),
    "fd.net": .sides([.address([10, 0, 0, 5]), .address([192, 168, 1, 9])]),
    "fd.port": .sides([.integer(443), .integer(50000)]),
    "fd.types": .list([.text("file"), .text("pipe")]), "container.id": .text("0123456789ab"),
    "container.label[app]": .text("web"), "aftertrace.file.id": .integer(-1),
  ])

  /// Filters, and whether they hold for the sample.
  static let semantics: [(String, Bool)] = [
    ("proc.name = Bash", true), ("proc.name = bash", false), ("proc.name != bash", true),
    ("not proc.name = bash", true),
    ("tolower(proc.name) = bash", true), ("toupper(proc.name) = BASH", true), ("len(proc.name) = 4", true),
    ("basename(proc.exepath) = bash", true), ("basename(proc.exepath) = val(proc.name)", false),
    ("tolower(proc.name) = basename(proc.exepath)", true), ("proc.pid = val(proc.ppid)", true),
    ("proc.pid >= val(proc.ppid)", true), ("proc.pid > val(proc.ppid)", false),
    // Missing fields make every check false, and its negation true.
    ("user.name = root", false), ("user.name != root", false), ("not user.name = root", true),
    ("user.name exists", false),
    ("not user.name exists", true), ("proc.env[HOME] != x", false), ("evt.num >= 0", false), ("not evt.num = 0", true),
    ("proc.name = val(user.name)", false), ("proc.name != val(user.name)", false),
    ("proc.name != val(proc.env[A])", false),
    // Precedence: not, and, or.
    ("proc.name = x and proc.name = x or fd.num = 3", true), ("fd.num = 3 or proc.name = x and proc.name = x", true),
    ("(fd.num = 3 or proc.name = x) and proc.name = x", false), ("not fd.num = 4 and fd.num = 3", true),
    // Texts.
    ("proc.cmdline contains ' -c '", true), ("proc.cmdline icontains BASH", true),
    ("proc.cmdline contains BASH", false),
    ("proc.cmdline startswith bash", true), ("proc.cmdline endswith ls", true),
    ("proc.cmdline endswith 'bash -c ls -l'", false),
    ("proc.cmdline contains ''", true), ("proc.cmdline glob 'b*ls'", true), ("proc.cmdline glob 'b*l'", false),
    ("fd.name glob '/var/*.sock'", true), ("fd.name glob '/v?r/[a-r]un/*'", true),
    ("fd.name glob '/v?r/[!a-r]un/*'", false),
    ("fd.name iglob '/VAR/*'", true), ("fd.name regex '/var/.*'", true), ("fd.name regex 'var'", false),
    ("fd.name regex '.*[[:alpha:]]+\\\\.sock'", true), ("fd.name pmatch (/var/run, /x)", true),
    ("fd.name pmatch (/var/ru)", false),
    ("fd.name pmatch (/var/run/docker.sock)", true), ("fd.name pmatch (/var/run/docker.sock/x)", false),
    ("fd.name pmatch (/)", true), ("fd.name pmatch (/*/run)", true), ("fd.name pmatch (/var/run/)", true),
    ("evt.buffer bcontains 454c", true), ("evt.buffer bstartswith 7f45", true), ("evt.buffer bstartswith 45", false),
    ("proc.name < 0", false), ("proc.name > 0", true),
    // Numbers.
    ("fd.num = 3", true), ("fd.num = 0x3", true), ("fd.num != 3", false), ("fd.num in (1, 2, 3)", true),
    ("fd.num < 3.5", true),
    ("fd.num > 3.5", false), ("evt.latency >= 1500", true), ("evt.latency < 1.5e+3", false), ("evt.rawres >= 0", true),
    ("aftertrace.file.id = 0xffffffffffffffff", true),
    ("evt.failed = false", true), ("evt.failed = true", false), ("evt.failed != true", true),
    ("evt.failed in (false)", true),
    // Arguments.
    ("evt.arg.flags contains O_RDONLY", true), ("evt.arg[flags] contains O_CREAT", false), ("evt.arg[0] = 3", true),
    ("evt.rawarg.fd = 3", true), ("evt.rawarg.fd > 2", true), ("evt.rawarg.fd = x", false),
    ("evt.rawarg.path = /etc/x", true),
    ("evt.rawarg.path contains etc", true), ("container.label.app = web", true),
    ("container.label[app] in (web, db)", true),
    ("container.label.other exists", false),
    // Lists.
    ("proc.name in (sh, Bash)", true), ("proc.name in ()", false), ("not proc.name in (sh)", true),
    ("proc.name intersects (sh, Bash)", true), ("fd.types in (file, pipe, ipv4)", true), ("fd.types in (file)", false),
    ("fd.types intersects (file)", true), ("fd.types exists", true), ("len(fd.types) = 2", true),
    ("proc.cmdline contains anyof (x, ls)", true), ("proc.cmdline contains allof (bash, ls)", true),
    ("proc.cmdline contains allof (bash, x)", false), ("proc.cmdline contains oneof (bash, ls)", false),
    ("proc.cmdline contains oneof (bash, x)", true), ("proc.name != allof (a, b)", true),
    ("proc.name != anyof (Bash, b)", true),
    ("proc.name = oneof (Bash, b)", true), ("proc.name = allof ()", false), ("proc.name = anyof ()", false),
    // Ancestors: any of them.
    ("proc.aname = systemd", true), ("proc.aname = sshd", true), ("proc.aname = Bash", false),
    ("proc.aname != sshd", true),
    ("proc.aname in (x, systemd)", true), ("proc.aname[2] = systemd", true), ("proc.aname[3] = x", false),
    // Either end of a connection; `!=` of both.
    ("fd.ip = 10.0.0.5", true), ("fd.ip = 192.168.1.9", true), ("fd.ip != 10.0.0.5", false),
    ("fd.ip != 10.0.0.6", true),
    ("fd.port = 50000", true), ("fd.port != 443", false), ("fd.port in (443)", true), ("fd.port > 1000", true),
    ("fd.net = 10.0.0.0/8", true), ("fd.net in (172.16.0.0/12, 192.168.0.0/16)", true), ("fd.net != 10.0.0.0/8", false),
    ("fd.net != 172.16.0.0/12", true), ("fd.snet = 10.0.0.0/30", false), ("fd.snet = 10.0.0.4/30", true),
    ("fd.sip = ::1", false), ("fd.sip in (10.0.0.5)", true),
    // Types of events: upstream's names and the kernel's.
    ("evt.type = openat", true), ("evt.type in (open, openat, openat2)", true), ("evt.type = pread64", false),
    // What is made of several.
    ("join(',', (proc.name, proc.pname)) = 'Bash,sshd'", true),
    ("concat(proc.name, '-', proc.pname) = Bash-sshd", true),
    ("concat(proc.name, user.name) exists", false), ("getopt(('-n', 'x', '-v'), 'n:v')[n] = x", true),
    ("getopt(('-nx', '-v'), 'n:v')[v] = v", true), ("getopt(('-v'), 'n:v')[n] exists", false),
    ("getopt(('-v', 'end', '-n'), 'nv') intersects (n)", false), ("b64(evt.arg.flags) exists", false),
  ]

  @Test(arguments: semantics) func `a filter means what it means upstream`(text: String, holds: Bool) throws {
    #expect(try CompiledFilter(text).matches(Self.sample) == holds)
  }

  @Test func `base64 is decoded, with its padding or without`() throws {
    for text in ["YmFzaCAtYw==", "YmFzaCAtYw"] {
      let source = GivenFields(values: ["proc.cmdline": .text(text)])
      #expect(try CompiledFilter("b64(proc.cmdline) = 'bash -c'").matches(source))
    }
  }

  /// What is wrong, where, and what would help.
  static let rejected: [(String, Int, String, String?)] = [
    ("proc.nam = nginx", 1, "unknown field 'proc.nam'", "did you mean 'proc.name'?"),
    ("zzz.yyyyyyy = 1", 1, "unknown field 'zzz.yyyyyyy'", "`aftertrace fields` lists them"),
    ("proc.name[1] = x", 11, "'proc.name' takes no argument", nil),
    ("proc.aname[x] = x", 12, "'proc.aname' wants a number in brackets, not 'x'", nil),
    ("evt.arg = x", 1, "'evt.arg' lacks its argument", "as in evt.arg.fd"),
    ("container.label = x", 1, "'container.label' lacks its argument", "as in container.label[app]"),
    (
      "fd.num contains 3", 8, "'contains' cannot compare 'fd.num', which is a number",
      "it can be compared with exists < <= > >= = != in intersects"
    ),
    (
      "fd.ip > 3", 7, "'>' cannot compare 'fd.ip', which is an IP address",
      "it can be compared with exists = != in intersects"
    ),
    (
      "fd.types = file", 10, "'=' cannot compare 'fd.types', which is a list",
      "it can be compared with in, intersects and exists"
    ),
    ("fd.num = x", 10, "'x' cannot be compared with 'fd.num', which is a number", "as in 3"),
    ("fd.num = 1.5", 10, "'1.5' cannot be compared with 'fd.num', which is a number", "as in 3"),
    ("fd.num in (1, x)", 15, "'x' cannot be compared with 'fd.num', which is a number", "as in 3"),
    ("evt.failed = yes", 14, "'yes' cannot be compared with 'evt.failed', which is true or false", "as in true"),
    (
      "fd.sip = 10.0.0.300", 10, "'10.0.0.300' cannot be compared with 'fd.sip', which is an IP address",
      "as in 10.0.0.1"
    ),
    (
      "fd.sip = 10.0.0.0/8", 10, "'10.0.0.0/8' cannot be compared with 'fd.sip', which is an IP address",
      "as in 10.0.0.1"
    ),
    (
      "fd.snet = 10.0.0.0/33", 11, "'10.0.0.0/33' cannot be compared with 'fd.snet', which is an IP address or network",
      "as in 10.0.0.0/8"
    ),
    (
      "proc.name regex '(a'", 17, "the regular expression is invalid: missing ): (a",
      "RE2's POSIX syntax: [[:digit:]], not \\d"
    ),
    (
      "proc.name regex '\\\\d'", 17, "the regular expression is invalid: invalid escape sequence: \\d",
      "RE2's POSIX syntax: [[:digit:]], not \\d"
    ),
    (
      "proc.name bcontains xyz", 21, "'xyz' cannot be compared with 'bcontains', which is hexadecimal digits in pairs",
      "as in 7f454c46"
    ),
    ("proc.name = val(fd.num)", 17, "'proc.name' cannot be compared with 'fd.num'", nil),
    ("proc.name regex val(proc.pname)", 21, "'proc.name' cannot be compared with 'proc.pname'", nil),
    ("fd.net = val(fd.sip)", 14, "'fd.net' cannot be compared with 'fd.sip'", nil),
    ("tolower(fd.num) = 3", 9, "'tolower' cannot take 'fd.num': it wants a text", nil),
    ("tolower(proc.name, proc.pname) = 3", 1, "'tolower' wants one field", nil),
    ("join(proc.name, proc.pname) = 3", 1, "'join' wants a separator and a list", nil),
    ("tolower(proc.name)[1] = 3", 20, "'tolower' takes no argument", nil),
    ("getopt((proc.name), 'a')[ab] = 3", 26, "'getopt' wants one letter in brackets, not 'ab'", nil),
    ("shel_procs", 1, "unknown macro 'shel_procs'", "did you mean 'shell_procs'?"),
    ("proc.name in shell_binarie", 14, "unknown list 'shell_binarie'", "did you mean 'shell_binaries'?"),
  ]

  private static func words(_ texts: [String]) -> [FilterWord] {
    texts.map { FilterWord(bytes: Array($0.utf8), isQuoted: false, range: FilterRange(0, 0)) }
  }

  static var library: FilterLibrary {
    get throws {
      FilterLibrary(
        lists: [
          "shell_binaries": words(["sh", "more_shells"]), "more_shells": words(["Bash", "zsh"]),
          "ring": words(["a", "gnir"]), "gnir": words(["ring"]), "numbers": words(["3", "x"]),
        ],
        macros: [
          "shell_procs": try FilterExpression(parsing: "proc.name in (shell_binaries)"),
          "ours": try FilterExpression(parsing: "shell_procs and not fd.num = 4"),
          "loop": try FilterExpression(parsing: "fd.num = 1 or pool"), "pool": try FilterExpression(parsing: "loop"),
          "bad": try FilterExpression(parsing: "proc.nam = x"),
        ])
    }
  }

  @Test(arguments: rejected)
  func `what has no meaning is named with its place and a remedy`(
    text: String, column: Int, message: String, hint: String?
  ) throws {
    let library = try Self.library
    let error = #expect(throws: FilterError.self) { try CompiledFilter(text, library: library) }
    #expect(error?.problem.message == message)
    #expect(error?.place(in: text).column == column)
    #expect(error?.problem.hint == hint)
  }

  @Test(arguments: [
    ("shell_procs", true), ("not shell_procs", false), ("ours and fd.num = 3", true),
    ("proc.name in shell_binaries", true),
    ("proc.name in (x, more_shells)", true), ("proc.name in (x, 'more_shells')", false),
    ("proc.cmdline contains anyof shell_binaries", true),
  ])
  func `lists and macros stand for what they name`(text: String, holds: Bool) throws {
    #expect(try CompiledFilter(text, library: Self.library).matches(Self.sample) == holds)
  }

  @Test(arguments: ["loop", "proc.name in (ring)", "proc.name in ring"])
  func `what refers to itself is refused`(text: String) throws {
    let library = try Self.library
    let error = #expect(throws: FilterError.self) { try CompiledFilter(text, library: library) }
    guard case .circular? = error?.problem else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a mistake in a macro or a named list is shown where it is named`() throws {
    for (text, column) in [("fd.num = 1 or bad", 15), ("fd.num in numbers", 11)] {
      let library = try Self.library
      let error = #expect(throws: FilterError.self) { try CompiledFilter(text, library: library) }
      #expect(error?.place(in: text).column == column)
    }
  }

  @Test func `macros that multiply are refused before they take memory`() throws {
    var macros = ["m0": try FilterExpression(parsing: "fd.num = 1")]
    for level in 1...40 {
      macros["m\(level)"] = try FilterExpression(parsing: "m\(level - 1) or m\(level - 1) and m\(level - 1)")
    }
    let error = #expect(throws: FilterError.self) { try CompiledFilter("m40", library: FilterLibrary(macros: macros)) }
    #expect(error?.problem == .tooLarge(limit: FilterLibrary.checkLimit))
  }

  @Test func `what is constant is folded away`() throws {
    for (text, wanted) in [
      ("evt.num = 0", false), ("not evt.num = 0", true), ("evt.num = 0 and proc.name = a", false),
      ("proc.name = a or not evt.num = 0", true),
    ] {
      guard case .constant(let value) = try CompiledFilter(text).root else {
        Issue.record("\(text) is not constant")
        continue
      }
      #expect(value == wanted)
    }
    guard case .check = try CompiledFilter("proc.name = a or evt.num = 0").root else {
      Issue.record("what is never so is still there")
      return
    }
  }
}

@Suite struct FieldCatalogueTests {
  @Test func `every field stands in the catalogue once, with a summary of one line`() {
    #expect(FieldCatalogue.all.map(\.field) == FilterField.allCases)
    for field in FieldCatalogue.all {
      #expect(!field.summary.isEmpty && field.summary.last != "." && !field.summary.contains("\n"), "\(field.name)")
      #expect(FieldCatalogue[field.name]?.field == field.field)
      #expect(FieldCatalogue[field.field].name == field.name)
    }
  }

  @Test func `a field that takes no operator but exists would be of no use`() {
    for field in FieldCatalogue.all where field.argument == .none && !field.isList {
      #expect(throws: Never.self) { try CompiledFilter("\(field.name) exists") }
    }
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false), ("0.0.0.0/0", "11.1.2.3", true),
    ("fe80::/10", "febf::1", true), ("fe80::/10", "fec0::1", false), ("::ffff:1.2.3.4", "::ffff:102:304", true),
    ("::", "::", true), ("1::2", "1:0:0:0:0:0:0:2", true), ("10.0.0.0/8", "::1", false),
  ])
  func `a network contains an address or not`(network: String, address: String, isInside: Bool) throws {
    let range = try #require(NetworkRange(network))
    #expect(range.contains(try #require(NetworkRange.address(address))) == isInside)
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/x", "a::b::c", "1:2:3:4:5:6:7:8:9", ":::",
    "12345::",
    "1:2:3:4:5:6:7", ":1::", "1.2.3.4/8/8", "+1.2.3.4",
  ])
  func `what is no network is refused`(text: String) { #expect(NetworkRange(text) == nil) }
}
