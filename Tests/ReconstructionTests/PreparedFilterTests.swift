import CaptureFormat
import Events
import FilterLanguage
import Posix
import Reconstruction
import Testing

@Suite struct PreparedFilterTests {
  private static let samples: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/") + "/captures/v1/"
  }()
  static let names = ["acts.pcapng", "crash.pcapng", "death.pcapng", "web-shell.pcapng"]

  private func boot(_ name: String) throws -> CaptureBoot {
    try #require(try Capture(path: Self.samples + name).boots.first)
  }

  private func filter(_ text: String, _ boot: CaptureBoot) throws -> PreparedFilter {
    try PreparedFilter(CompiledFilter(text), of: boot)
  }

  private struct Row: Hashable {
    var offset: UInt64
    var row: Int
  }

  /// What passes: with blocks skipped and decisions kept, or by looking at every row alone.
  private func passing(_ filter: PreparedFilter, _ boot: CaptureBoot, skipping: Bool) throws -> Set<Row> {
    var result: Set<Row> = []
    for entry in boot.directory where entry.type == .events && (!skipping || filter.mayMatch(entry)) {
      let block = try boot.sections[0].readEvents(entry)
      if skipping {
        while filter.advance(block) { result.insert(Row(offset: entry.offset, row: block.row)) }
      } else {
        while block.next() {
          if filter.matchesAlone(block) { result.insert(Row(offset: entry.offset, row: block.row)) }
        }
      }
    }
    return result
  }

  private func lines(_ text: String, _ boot: CaptureBoot) throws -> [String] {
    let filter = try filter(text, boot)
    let words = EventText(boot.catalogue)
    var merge = EventMerge(boot.sections, entries: boot.directory.filter { filter.mayMatch($0) })
    var result: [String] = []
    while let event = try merge.next() {
      if filter.matches(event) { result.append(EventText.name(of: event.process) + " " + words.line(event)) }
    }
    return result
  }

  /// Checks of every scope, most of which hold for some events of the samples and not for others.
  private static let checks = [
    "evt.type = openat", "evt.type in (execve, procexit, clone)", "evt.type != read", "evt.type = unlinkat",
    "evt.category = file", "evt.failed = true", "evt.rawres >= 3", "evt.res = ENOENT", "evt.is_open_write = true",
    "evt.cpu = 0", "evt.rawtime > 1763000000000000000", "aftertrace.lane = activity", "aftertrace.lane != detail",
    "aftertrace.kind glob 'process.*'", "container.id != host", "container.name exists", "container.name contains web",
    "container.image.repository exists", "proc.name = sh", "proc.pname = sh", "proc.aname = sh", "proc.aname[2] exists",
    "proc.cmdline contains -", "proc.ppid > 100", "proc.duration > 1000000", "proc.sname exists", "proc.tty = 0",
    "user.uid = 0", "user.name != root", "fd.name startswith /", "fd.name contains e", "fd.typechar = f",
    "fd.directory = /etc", "fd.num < 4", "fd.l4proto = tcp", "fd.ip exists", "fd.sport = 80", "fd.is_server = true",
    "evt.arg.flags contains O_CREAT", "evt.arg[0] exists", "fs.path.name exists", "len(fd.name) > 12",
    "tolower(proc.name) = val(proc.name)", "basename(proc.exepath) = val(proc.name)", "thread.ismain = true",
    "proc.exepath pmatch (/bin, /usr/bin)", "fd.name regex '.*[0-9].*'", "evt.num > 0",
  ]

  private static func expression(_ depth: Int, _ numbers: inout OverlappingCapture.Numbers) -> String {
    if depth == 0 || Int.random(in: 0..<4, using: &numbers) == 0 { return checks.randomElement(using: &numbers)! }
    let left = expression(depth - 1, &numbers)
    switch Int.random(in: 0..<5, using: &numbers) {
    case 0: return "not (\(left))"
    case 1, 2: return "(\(left)) and (\(expression(depth - 1, &numbers)))"
    default: return "(\(left)) or (\(expression(depth - 1, &numbers)))"
    }
  }

  @Test(arguments: names) func `what is skipped and what is remembered changes no answer`(name: String) throws {
    let boot = try boot(name)
    var numbers = OverlappingCapture.Numbers(state: 42)
    var filters = Self.checks
    for _ in 0..<60 { filters.append(Self.expression(3, &numbers)) }
    var hits = 0
    for text in filters {
      let filter = try filter(text, boot)
      let fast = try passing(filter, boot, skipping: true)
      #expect(try passing(filter, boot, skipping: false) == fast, "\(text)")
      hits += fast.isEmpty ? 0 : 1
    }
    // Filters that let nothing through would prove nothing.
    #expect(hits > filters.count / 3)
  }

  @Test func `blocks of other containers, lanes, kinds and times are not read`() throws {
    let boot = try boot("web-shell.pcapng")
    let entries = boot.directory.filter { $0.type == .events }
    func read(_ text: String) throws -> Int {
      let filter = try filter(text, boot)
      return entries.count { filter.mayMatch($0) }
    }
    #expect(try read("proc.name exists") == entries.count)
    #expect(try read("container.id = 000000000000") == 0)
    #expect(try read("container.id = host and proc.name = x") == entries.count { $0.container == .host })
    #expect(try read("aftertrace.lane = lifecycle") == entries.count { $0.lane == .lifecycle })
    #expect(try read("evt.type = execve and proc.name = sh") == entries.count { $0.kinds.mayContain(.processExec) })
    #expect(try read("not evt.type = execve") == entries.count)
    #expect(try read("evt.rawtime < 1000") == 0)
    #expect(try read("not evt.rawtime < 1000 or container.id = x") == entries.count)
    #expect(try read("evt.num = 1") == 0)
  }

  @Test(arguments: [
    "proc.cmdline = 'exe -c busybox echo checking db1' and evt.type = execve",
    "evt.type = execve and proc.args = '-c busybox echo checking db1'",
    "evt.type = execve and proc.args[0] = -c and proc.args[1] endswith db1 and proc.exe = sh",
    "evt.type = execve and proc.args endswith db1 and proc.cmdnargs = 2",
    "evt.type.is.execve = true and proc.args endswith db1 and proc.cmdnargs = 2",
    "aftertrace.kind = process.exec and proc.exeline = 'sh -c busybox echo checking db1'",
  ])
  func `a program is known by its arguments from its exec on`(text: String) throws {
    let lines = try lines(text, boot("web-shell.pcapng"))
    #expect(lines.count == 1, "\(lines)")
    #expect(lines.first?.contains("exec /bin/busybox sh -c") == true)
  }

  @Test func `ancestors are those at the time of the event`() throws {
    let boot = try boot("web-shell.pcapng")
    // 2077 is started by 2073, a shell that 2072 became.
    for text in [
      "proc.pid = 2077 and evt.type = execve and proc.ppid = 2073",
      "proc.apid[1] = 2073 and proc.pid = 2077 and evt.type = execve",
      "proc.apid = 2072 and proc.pid = 2077 and evt.type = execve",
      "proc.pid = 2077 and evt.type = execve and proc.pname = status",
    ] {
      #expect(try lines(text, boot).count == 2, "\(text)")
    }
    #expect(try lines("proc.pid = 2077 and proc.apid = 2077", boot).isEmpty)
    #expect(try lines("proc.pid = 2077 and proc.apid[0] = 2077", boot).count > 2)
  }

  @Test func `a process that is asked for by itself has no events`() throws {
    let boot = try boot("web-shell.pcapng")
    let processes = try ProcessHistory(of: boot).processes
    func count(_ text: String) throws -> Int {
      let filter = try filter(text, boot)
      return processes.count { filter.matches($0) }
    }
    #expect(try count("proc.pid = 2077") == 1)
    #expect(try count("proc.exeline startswith 'busybox echo'") > 0)
    #expect(try count("evt.type exists") == 0 && count("not evt.type exists") == processes.count)
  }

  @Test func `every field that a capture may have can be asked of every event`() throws {
    for name in Self.names {
      let boot = try boot(name)
      for field in FieldCatalogue.all where field.absence == nil {
        let argument =
          switch field.argument {
          case .none, .optionalIndex, .optionalKey: ""
          case .key: "[app]"
          case .nameOrIndex: "[fd]"
          }
        let filter = try filter("\(field.name)\(argument) exists", boot)
        #expect(try passing(filter, boot, skipping: true) == passing(filter, boot, skipping: false), "\(field.name)")
      }
    }
  }
}
