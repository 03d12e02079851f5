import ContainerLab
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Rules that a watch tries on what it records.
  @Suite struct RuleWatchTests {
    private static let rules = """
      - rule: Loot
        desc: a file of that name is opened
        condition: evt.type in (open, openat) and fd.name endswith /loot and proc.aname = sh and container.id != host
        output: Loot was opened | file=%fd.name command=%proc.cmdline parent=%proc.pname container=%container.id
        priority: WARNING
        tags: [treasure, T9999]
      - rule: Told only
        desc: not worth a capture
        condition: evt.type = mkdir and fs.path.name = /data/told and container.id != host
        output: A directory | path=%fs.path.name
        priority: NOTICE
        capture: false
      """

    private func alerts(_ watcher: Watcher) -> [JSONValue] {
      let text = String(
        decoding: (try? FileDescriptor.contents(of: watcher.place["alerts.jsonl"])) ?? [], as: UTF8.self)
      return text.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `a rule that fires is told, captures its container, and is held back until its cooldown is over`() throws {
      let rules = try Workplace()
      try FileDescriptor.write(Self.rules.utf8, to: rules["rules.yaml"])
      let watcher = try Watcher()
      defer { watcher.end() }
      try watcher.reload(
        """
        rules:
          files: [\(rules["rules.yaml"])]
          file: \(watcher.place["alerts.jsonl"])
          captures_per_hour: 2
        """, until: "2 rules are tried")
      let lab = try RuncLab()
      defer { lab.end() }
      let name = "at-rules-\(processID)"
      let script = """
        echo before >/data/before
        sleep 1; /bin/cat /data/loot; /bin/mkdir /data/told
        while [ ! -e /data/again ]; do sleep 0.1; done; /bin/cat /data/loot; /bin/cat /data/loot
        while [ ! -e /data/third ]; do sleep 0.1; done; /bin/cat /data/loot
        exec sleep 1000
        """
      try FileDescriptor.write("gold".utf8, to: lab.rootDirectory + "/data/loot", mode: 0o644)
      try lab.start(name, ["/bin/sh", "-c", script])
      #expect(Lab.waitUntil(limit: .seconds(30)) { alerts(watcher).count >= 2 }, "\(watcher.said)")
      let loot = try #require(alerts(watcher).first { $0.text("rule") == "Loot" })
      #expect(loot.text("priority") == "Warning" && loot.text("source") == "syscall")
      let output = loot.text("output") ?? ""
      #expect(output.contains("Loot was opened | file=/data/loot command=cat /data/loot parent=sh container="))
      #expect(loot["output_fields"]?.text("fd.name") == "/data/loot")
      #expect(loot["tags"]?.elements.compactMap(\.string) == ["treasure", "T9999"])
      #expect(alerts(watcher).contains { $0.text("rule") == "Told only" })
      #expect(watcher.said.contains("Loot: ") && watcher.said.contains(": Warning Loot was opened | file=/data/loot"))

      #expect(Lab.waitUntil(limit: .seconds(30)) { (try? watcher.captures(of: name).count) == 1 }, "\(watcher.said)")
      let capture = try #require(try watcher.captures(of: name).first)
      let triggers = capture["triggers"]?.elements ?? []
      #expect(triggers.count == 1 && triggers.first?.text("rule") == "Loot")
      #expect(triggers.first?.text("source") == "rules" && triggers.first?.text("priority") == "Warning")
      #expect(triggers.first?.text("reason")?.hasSuffix("[treasure, T9999]") == true)
      let path = try #require(capture.text("path"))
      // The time before, and nothing but the container's.
      #expect(try Program.run("events", path).text.contains("/data/before"))

      // Within the cooldown: told, and no capture.
      try FileDescriptor.write([], to: lab.rootDirectory + "/data/again")
      #expect(Lab.waitUntil(limit: .seconds(30)) { alerts(watcher).filter { $0.text("rule") == "Loot" }.count == 3 })
      #expect(
        Lab.waitUntil(limit: .seconds(10)) { (try? watcher.status()["rules"]?.number("triggers_held_back")) == 2 })
      #expect(try watcher.captures(of: name).count == 1)
      // A broken file keeps the rules that are there.
      try FileDescriptor.write(
        (Self.rules + "\n- rule: Broken\n  condition: evt.tpye = open\n").utf8, to: rules["rules.yaml"])
      try watcher.reload(
        """
        rules:
          files: [\(rules["rules.yaml"])]
          file: \(watcher.place["alerts.jsonl"])
          captures_per_hour: 2
          cooldown: 0s
        """, until: "the rules stay as they were")
      #expect(watcher.said.contains("rules.yaml:13:3: "), "\(watcher.said)")
      // What was held back is listed with the next.
      try FileDescriptor.write(Self.rules.utf8, to: rules["rules.yaml"])
      try watcher.reload(
        """
        rules:
          files: [\(rules["rules.yaml"])]
          file: \(watcher.place["alerts.jsonl"])
          captures_per_hour: 2
          cooldown: 1s
        """, until: "2 rules are tried")
      try FileDescriptor.write([], to: lab.rootDirectory + "/data/third")
      #expect(Lab.waitUntil(limit: .seconds(30)) { (try? watcher.captures(of: name).count) == 2 }, "\(watcher.said)")
      let reasons = try watcher.captures(of: name).flatMap { $0["triggers"]?.elements ?? [] }.compactMap {
        $0.text("reason")
      }
      #expect(reasons.contains { $0.hasSuffix("held back since the last capture: 2 of Loot") }, "\(reasons)")
      let status = try #require(try watcher.status()["rules"])
      #expect(status.number("rules") == 2 && status.number("alerts") == 5 && status.number("triggers") == 2)
      #expect(status.number("events_not_tried") == 0 && (status.number("events_tried") ?? 0) > 0)
      let text = try Program.run("status", "--socket", watcher.place["control.sock"]).text
      #expect(text.contains("rules     2: 5 alerts, 2 triggers, 2 triggers held back"), "\(text)")
    }

    @Test(.enabled(if: Program.isBuilt)) func `watch --check names what is wrong with rules, with lines`() throws {
      let place = try Workplace()
      try Directory.createAll(place["etc"])
      try FileDescriptor.write("rules: {files: [\(place["rules.yaml"])]}\n".utf8, to: place["etc/aftertrace.yaml"])
      try FileDescriptor.write(Self.rules.utf8, to: place["rules.yaml"])
      let good = try Program.run("watch", "--check", "--config", place["etc"])
      #expect(good.end == .exited(0), "\(good.text)")
      try FileDescriptor.write((Self.rules + "\n- rule: Broken\n").utf8, to: place["rules.yaml"])
      let bad = try Program.run("watch", "--check", "--config", place["etc"])
      #expect(
        bad.end == .exited(2) && bad.text.contains("rules.yaml:13:3: rule 'Broken' lacks its condition"), "\(bad.text)")
      let missing = try Program.run("watch", "--check", "--config", place["etc"], "--rules", place["none.yaml"])
      #expect(missing.end == .exited(2) && missing.text.contains("none.yaml"))
    }
  }
}
