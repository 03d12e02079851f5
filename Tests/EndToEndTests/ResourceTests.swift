import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// What containers took of the machine, read after they are gone.
  @Suite struct ResourceTests {
    /// What a container did under limits, as the capture tells it.
    private func samples(_ script: String, memoryLimit: Int? = nil, limits: String? = nil) throws -> [JSONValue] {
      try recorded(script, memoryLimit: memoryLimit, limits: limits).rows
    }

    /// The samples, and what `top` makes of them for programs and for people.
    private func recorded(
      _ script: String, memoryLimit: Int? = nil, limits: String? = nil
    ) throws -> (rows: [JSONValue], top: JSONValue?, text: String) {
      let place = try Workplace()
      let capture = place["resources.pcapng"]
      let name = "at-resources-\(processID)"
      do {
        let lab = try RuncLab()
        defer { lab.end() }
        let recorder = try RunningRecorder(to: capture)
        let runc = try lab.launch(name, ["/bin/sh", "-c", script], memoryLimit: memoryLimit, limits: limits)
        _ = try runc.wait()
        #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      }
      let rows = try Program.rows("events", capture, "--json", "--container", name).filter {
        $0.text("aftertrace.kind") == "container.resources"
      }
      for row in rows {
        #expect(row.text("container.name") == name)
        #expect(row["process.pid"] == nil && row["process.entity_id"] == nil, "no process did it")
      }
      let text = try Program.run("events", capture, "--container", name).text
      #expect(rows.isEmpty || text.contains(" - resources memory_current="))
      let top = try Program.rows("top", capture, "--json", "--container", name)
      #expect(top.count <= 1 && top.first?.number("samples") == Int64(rows.count))
      return (rows, top.first, try Program.run("top", capture, "--container", name).text)
    }

    /// Whether there are samples enough to judge; a machine with more than a hundred cgroups looks at each less often.
    private func hasCurve(_ rows: [JSONValue], _ count: Int) throws -> Bool {
      try #require(!rows.isEmpty)
      if rows.count < count {
        print("skipped: \(rows.count) samples, \(count) are needed: too many cgroups, or too busy")
      }
      return rows.count >= count
    }

    private func numbers(_ rows: [JSONValue], _ name: String) -> [Int64] {
      rows.compactMap { $0.number("aftertrace.resources." + name) }
    }
    private func totals(_ rows: [JSONValue], _ name: String) -> [UInt64] {
      rows.compactMap { $0.big("aftertrace.resources." + name) }
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `a leak is seen to grow towards its limit, second by second`() throws {
      let limit = 48 << 20
      // Files of a tmpfs are memory of whoever writes them, and stay.
      let (rows, top, text) = try recorded(
        """
        for i in 1 2 3 4 5 6; do /bin/head -c 5000000 /dev/zero >/tmp/$i; /bin/sleep 0.9; done
        """, memoryLimit: limit)
      guard try hasCurve(rows, 4) else { return }
      // One more may be taken of what the last process leaves.
      let used = numbers(rows.filter { $0.number("aftertrace.resources.pids_current") != 0 }, "memory_current")
      #expect(used.count >= rows.count - 1)
      #expect(used == used.sorted() && used.last! > used.first! + 15_000_000, "it grows: \(used)")
      #expect(used.allSatisfy { $0 < limit })
      #expect(numbers(rows, "memory_max").allSatisfy { $0 == limit })
      #expect(numbers(rows, "memory_max").count == rows.count)
      #expect(numbers(rows, "memory_percent").max()! > 35)

      let memory = try #require(top?["memory_current"])
      #expect(memory.number("first") == used.first && memory.number("last") == used.last)
      #expect(memory.number("limit") == Int64(limit))
      let growth = try #require(memory.number("growth_per_s"), "it grows steadily")
      #expect(growth > 2_000_000 && growth < 10_000_000, "5 MB every 0.9 s: \(growth)")
      let left = try #require(memory.number("limit_in_s"))
      #expect(left == (Int64(limit) - used.last!) / growth || left == (Int64(limit) - used.last!) / (growth + 1))
      #expect(
        text.contains("  memory  ") && text.contains(" of 48 MiB (") && text.contains(" a second: at its limit in "),
        "\(text)")
    }

    /// A shell that cannot fork ends: the one that waits for it needs no fork to stay.
    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `a bomb of forks is seen to reach its limit`() throws {
      let (rows, top, text) = try recorded(
        """
        (i=0; while [ $i -lt 30 ]; do i=$((i+1)); /bin/sleep 8 & /bin/sleep 0.2; done) 2>/dev/null & wait
        exec /bin/sleep 4
        """, limits: "\"pids\": {\"limit\": 16}")
      let tasks = numbers(rows, "pids_current")
      guard try hasCurve(rows, 3) else { return }
      #expect(tasks.first! < 12, "it begins small: \(tasks)")
      #expect(tasks.max()! >= 14 && tasks.max()! <= 16, "and reaches its limit: \(tasks)")
      #expect(numbers(rows, "pids_max").allSatisfy { $0 == 16 })
      #expect(top?["pids_current"]?.number("most") == tasks.max() && top?["pids_current"]?.number("limit") == 16)
      #expect(text.contains("  tasks   ") && text.contains(" of 16 ("), "\(text)")
    }

    @Test(.enabled(if: Program.canRecord(RuncLab.skipReason)))
    func `a quota of CPU time and what it holds back are told`() throws {
      let rows = try samples(
        """
        /bin/sleep 4 & while kill -0 $! 2>/dev/null; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; done
        """, limits: "\"cpu\": {\"quota\": 20000, \"period\": 100000}")
      guard try hasCurve(rows, 3) else { return }
      #expect(numbers(rows, "cpu_quota").allSatisfy { $0 == 200 })
      let held = totals(rows, "cpu_throttled_time")
      #expect(held.last! > held.first! + 500_000_000, "it was held back: \(held)")
      #expect(numbers(rows, "cpu_throttled").last! > 5)
      let used = totals(rows, "cpu_usage")
      #expect(used == used.sorted() && used.last! > used.first! + 100_000_000, "\(used)")
      #expect(used.last! - used.first! < 2_000_000_000, "a fifth of a CPU: \(used)")
    }
  }
}
