import Posix
import Testing

extension EndToEndTests {
  /// The same filters and fields asked of sysdig, on files of sysdig's.
  @Suite struct FilterOracleTests {
    private static let directory: String = {
      let parts = #filePath.split(separator: "/").dropLast(4)
      return "/" + parts.joined(separator: "/") + "/shared/data/scap/"
    }()
    private static let peer = "/usr/bin/sysdig"
    private static let sample = directory + "502Error.scap"

    private static var canCompare: Bool {
      guard Program.isBuilt else { return false }
      for path in [peer, sample] where !File.exists(path) {
        print("skipped: \(path) is not there")
        return false
      }
      return true
    }

    /// Which events of the sample pass. There is one event a call here, told as it ends: sysdig is asked for those.
    static let filters = [
      "evt.type=open", "evt.type=read", "proc.name=haproxy", "evt.type=connect", "fd.port=80", "fd.sport=80",
      "evt.failed=true", "evt.type in (accept,accept4)", "container.id=59fd49aa4072", "container.name exists",
      "proc.aname=tini", "proc.aname[2] exists and proc.name=haproxy", "evt.is_io_read=true", "evt.is_io_write=true",
      "user.name=root and proc.name=haproxy", "evt.buffer contains GET", "evt.buffer contains \"HTTP/1.0 503\"",
      "evt.res=ENOENT", "proc.cmdline contains haproxy", "proc.cmdline startswith \"haproxy -f\"",
      "evt.is_open_read=true", "proc.name glob h*", "proc.name startswith hap and not evt.failed=true",
      "fd.l4proto=tcp", "evt.rawres<0", "evt.rawres=-2 or evt.rawres=-11", "proc.pid=13969",
      "proc.vpid=12 or proc.pid=0",
      "fd.name endswith .conf and evt.type=open", "not proc.name in (curl, python, haproxy)", "evt.cpu=0",
      "proc.name pmatch (haproxy)", "evt.rawtime<1506127470000000000", "fd.num=3 and evt.type=read",
      "proc.exe contains haproxy and evt.type != epoll_wait", "thread.tid=13969",
    ]

    private func times(_ arguments: [String], _ program: String) throws -> [String] {
      let result = try ProgramLaunch(program, arguments, environment: Program.clean).run()
      #expect(result.omitted == 0)
      return result.text.split(separator: "\n").map(String.init).sorted()
    }

    @Test(.enabled(if: canCompare), arguments: filters)
    func `a filter lets the same events through as sysdig's`(filter: String) throws {
      let ours = try times(["events", "-p", "%evt.rawtime", Self.sample, "-f", filter], Program.path)
      let theirs = try times(
        ["-r", Self.sample, "-p", "*%evt.rawtime", "(\(filter)) and evt.dir=< and evt.type!=clone"], Self.peer)
      let clones = try Set(
        times(["events", "-p", "%evt.rawtime", Self.sample, "-f", "evt.type in (clone, procexit)"], Program.path))
      #expect(ours.filter { !clones.contains($0) } == theirs)
    }

    /// What both know of an event, and say alike.
    static let fields = [
      "evt.type", "evt.dir", "evt.cpu", "evt.time", "evt.datetime", "evt.count", "proc.name", "proc.pid", "proc.exe",
      "proc.args", "proc.cmdline", "proc.aname[2]", "proc.apid[1]", "proc.vpid", "proc.loginshellid", "thread.tid",
      "thread.ismain", "fd.sport", "fd.cport", "fd.sip", "fd.filename", "fd.directory", "user.uid", "container.id",
      "container.name", "container.image", "evt.failed", "evt.is_io", "evt.io_dir", "evt.res", "evt.rawres",
      "evt.arg.flags", "evt.arg.name",
    ]

    @Test(.enabled(if: canCompare)) func `a format prints the fields as sysdig does`() throws {
      let format = (["evt.rawtime", "thread.tid"] + Self.fields).map { "%" + $0 }.joined(separator: "|")
      func rows(_ arguments: [String], _ program: String) throws -> [String: [String]] {
        let result = try ProgramLaunch(program, arguments, environment: Program.clean).run(limit: 64 << 20)
        var rows: [String: [String]] = [:]
        for line in result.text.split(separator: "\n") {
          let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
          if parts.count == Self.fields.count + 2 { rows[parts[0] + " " + parts[1]] = Array(parts.dropFirst(2)) }
        }
        return rows
      }
      let filter = "evt.type in (open, read, write, connect, accept, recvfrom, sendto, epoll_wait, futex)"
      let ours = try rows(["events", "-p", format, Self.sample, "-f", filter], Program.path)
      let theirs = try rows(["-r", Self.sample, "-p", "*" + format, filter + " and evt.dir=<"], Self.peer)
      #expect(ours.count > 1000)
      var differences: [String: Int] = [:]
      for (key, row) in ours {
        guard let other = theirs[key] else { continue }
        for (field, (own, their)) in zip(Self.fields, zip(row, other)) where own != their {
          // Where only one of them knows it, neither is wrong.
          if own != "<NA>", their != "<NA>" { differences["\(field): \(own), not \(their)", default: 0] += 1 }
        }
      }
      #expect(differences.isEmpty, "\(differences)")
      #expect(ours.keys.count { theirs[$0] != nil } > 1000)
    }
  }
}
