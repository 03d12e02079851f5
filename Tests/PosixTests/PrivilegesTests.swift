internal import Glibc
internal import Posix
internal import Testing

private let probe: String = {
  let places = CommandLine.arguments.map {
    $0.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }
  return (places + [".build/debug"]).map { $0 + "/PrivilegeProbe" }.first(where: File.isExecutable)
    ?? ".build/debug/PrivilegeProbe"
}()

private func canRestrict() -> Bool {
  if geteuid() == 0, (try? Privileges.effective().contains(.setCapabilities)) == true { return true }
  print("skipped: giving up capabilities needs root")
  return false
}

@Suite struct PrivilegesTests {
  @Test func `sets of capabilities are bits by the kernel's numbers`() throws {
    let set: CapabilitySet = [.readSearch, .trace, .bpf]
    #expect(set.bits == 1 << 2 | 1 << 19 | 1 << 39)
    #expect(set.contains(.bpf) && !set.contains(.administrate))
    #expect(set.intersection([.bpf, .kill]) == [.bpf])
    #expect(try Privileges.effective().bits & ~Privileges.permitted().bits == 0)
  }

  @Test(.enabled(if: canRestrict()), arguments: [0, 1 << 2, 1 << 2 | 1 << 19 | 1 << 38 | 1 << 39] as [UInt64])
  func `every thread of a real process keeps what was asked for and nothing else`(kept: UInt64) throws {
    let result = try ProgramLaunch(probe, [String(kept, radix: 16)]).run(mergingErrors: true)
    #expect(result.end == .exited(0), "\(result.text)")
    let digits = String(kept, radix: 16)
    let set = String(repeating: "0", count: 16 - digits.count) + digits
    let none = String(repeating: "0", count: 16)
    let lines = result.text.split(separator: "\n")
    let threads = lines.filter { $0.hasPrefix("Name") }
    #expect(threads.count >= 3)
    #expect(threads.contains { $0.contains("sleeps") } && threads.contains { $0.contains("computes") })
    for thread in threads {
      #expect(
        thread.hasSuffix(
          "|CapInh: \(none)|CapPrm: \(set)|CapEff: \(set)|CapBnd: \(none)|CapAmb: \(none)|NoNewPrivs: 1"))
    }
    // As root a program gets the bounding set: nothing.
    #expect(lines.contains("child CapEff: \(none)") && lines.contains("child CapBnd: \(none)"))
    #expect(lines.contains("child NoNewPrivs: 1"))
  }

  @Test(.enabled(if: canRestrict())) func `without the capability another's file is closed, with it open`() throws {
    let directory = try Directory.createTemporary(prefix: "at-caps-")
    defer { try? Directory.removeAll(directory) }
    let file = directory + "/closed"
    try FileDescriptor.write([1], to: file, mode: 0)
    _ = try ProgramLaunch("/bin/chown", ["65534", file]).run()
    for (kept, answer) in [("0", "read refused"), ("4", "read done")] {
      let result = try ProgramLaunch(probe, [kept, file]).run(mergingErrors: true)
      #expect(result.text.split(separator: "\n").last.map(String.init) == answer, "\(result.text)")
    }
  }

  @Test(.enabled(if: canRestrict())) func `what was not held is not gained`() throws {
    // setpriv takes everything but CAP_DAC_READ_SEARCH; asking for more than that leaves only that.
    guard File.isExecutable("/usr/bin/setpriv") else {
      print("skipped: no setpriv")
      return
    }
    let result = try ProgramLaunch(
      "/usr/bin/setpriv", ["--bounding-set", "-all,+dac_read_search", probe, "8000000004"]
    ).run(mergingErrors: true)
    #expect(result.end == .exited(0), "\(result.text)")
    #expect(result.text.contains("|CapEff: 0000000000000004|"))
  }
}
