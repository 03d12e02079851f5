internal import Configuration
internal import Events
internal import Testing

/// Reads one text as the only file.
func read(_ text: String) throws(InvalidConfiguration) -> WatchConfiguration {
  try WatchConfiguration.merged([ConfigurationText(path: "test.yaml", bytes: Array(text.utf8))]).configuration
}

/// What is wrong with a text, as it is printed.
func problems(of text: String) -> [String] {
  do throws(InvalidConfiguration) {
    _ = try read(text)
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

@Suite struct WatchConfigurationTests {
  @Test func `without any file the defaults hold`() throws {
    #expect(try WatchConfiguration.merged([]).configuration == WatchConfiguration())
    #expect(try read("# nothing but a comment\n") == WatchConfiguration())
    #expect(try read("memory:\nwindows:\n  # detail: 1s\n") == WatchConfiguration())
    let windows = WatchConfiguration().windows
    #expect(
      [windows[.lifecycle].before, windows[.activity].before, windows[.detail].before] == [
        .seconds(600), .seconds(120), .seconds(30),
      ])
    #expect(windows.after == .seconds(15))
  }

  @Test func `what is printed is read back as the same`() throws {
    #expect(try read(WatchConfiguration().yaml) == WatchConfiguration())
    let configuration = try read(everything)
    #expect(configuration != WatchConfiguration())
    #expect(try read(configuration.yaml) == configuration)
    // Each key of it was really changed, so that none could be forgotten.
    for key in ConfigurationKey.all {
      #expect(key.value(in: configuration) != key.value(in: WatchConfiguration()), "\(key.path)")
    }
  }

  @Test func `every key without a value has its default again`() throws {
    for key in ConfigurationKey.all {
      let components = key.path.split(separator: ".")
      let text = components.enumerated().map { String(repeating: "  ", count: $0.offset) + $0.element + ":" }
        .joined(separator: "\n")
      for nothing in ["", " null", " ~"] {
        let loaded = try WatchConfiguration.merged([
          ConfigurationText(path: "a", bytes: Array(everything.utf8)),
          ConfigurationText(path: "b", bytes: Array((text + nothing + "\n").utf8)),
        ])
        #expect(key.value(in: loaded.configuration) == key.value(in: WatchConfiguration()), "\(key.path)")
      }
    }
  }

  @Test func `every key refuses what it cannot mean, and says what it wants`() {
    for key in ConfigurationKey.all {
      let components = key.path.split(separator: ".")
      let opening = components.dropLast().map { "\($0): {" }.joined()
      let closing = String(repeating: "}", count: components.count - 1)
      for nonsense in ["\"\\e[2J\"", "-1", "9999999999999999999999", "{a: 1}", "[[1]]", "[{}]", "\"\""] {
        let found = problems(of: opening + components.last! + ": " + nonsense + closing)
        #expect(found.count == 1, "\(key.path): \(nonsense)")
        #expect(found.first?.contains(key.path) == true, "\(key.path): \(nonsense)")
        #expect(found.first?.contains("\u{1b}") == false)
      }
    }
  }

  @Test(arguments: [
    ("memory: {budget: 256MiB}", MemoryBudget.bytes(256 << 20), UInt64(256 << 20)),
    ("memory: {budget: 2%}", .perMille(20), 171_798_691 * 2 - 2 + 2),
    ("memory: {budget: 0.5%}", .perMille(5), 85_899_345),
    ("memory: {budget: auto}", .automatic, 171_798_691),
  ])
  func `a budget is a size, a share or automatic`(text: String, budget: MemoryBudget, bytes: UInt64) throws {
    let read = try read(text).memory.budget
    #expect(read == budget)
    let got = read.bytes(ofMemory: 16 << 30)
    #expect(got > bytes - 1_000_000 && got < bytes + 1_000_000)
  }

  @Test func `the automatic budget is the larger of 128 MiB and one percent`() {
    #expect(MemoryBudget.automatic.bytes(ofMemory: 4 << 30) == 128 << 20)
    #expect(MemoryBudget.automatic.bytes(ofMemory: 100 << 30) == 1 << 30)
    #expect(MemoryBudget.perMille(1).bytes(ofMemory: 1 << 30) == MemoryBudget.least)
  }

  @Test func `later files are merged over earlier ones, lists replaced`() throws {
    let loaded = try WatchConfiguration.merged([
      ConfigurationText(
        path: "a", bytes: Array("windows: {detail: {before: 1m}, after: 5s}\ncontainers: {except: [a, b]}".utf8)),
      ConfigurationText(path: "b", bytes: Array("windows: {detail: {before: 2m}}\ncontainers: {except: [c]}".utf8)),
    ])
    #expect(loaded.configuration.windows.detail.before == .seconds(120))
    #expect(loaded.configuration.windows.after == .seconds(5))
    #expect(loaded.configuration.containers.except.map(\.name) == [Glob("c")])
    #expect(loaded.origins["windows.detail.before"]?.path == "b")
    #expect(loaded.origins["windows.after"]?.path == "a")
    #expect(loaded.origins["windows.activity.before"] == nil)
  }

  @Test func `an address beyond this machine is warned of, not refused`() throws {
    func warnings(_ address: String) throws -> Int {
      try WatchConfiguration.merged([
        ConfigurationText(path: "a", bytes: Array("http: {enabled: true, address: \"\(address)\"}".utf8))
      ]).warnings.count
    }
    for address in ["127.0.0.1", "127.8.0.1", "::1", "0:0:0:0:0:0:0:1"] { #expect(try warnings(address) == 0) }
    for address in ["0.0.0.0", "10.0.0.1", "::", "fe80::1", "::ffff:10.0.0.1"] { #expect(try warnings(address) == 1) }
    for address in [
      "localhost", "1.2.3", "1.2.3.4.5", "01.2.3.4", "::1::", ":::", "1:2", "1:2:3:4:5:6:7:8:9", "12345::", "+1::",
    ] {
      #expect(problems(of: "http: {address: \"\(address)\"}").count == 1, "\(address)")
    }
  }
}

/// Every key, with another value than its default.
let everything = """
  memory: {budget: 2.5%, ring_size: 1MiB}
  windows:
    lifecycle: {before: 1h}
    activity: {before: 90s}
    detail: {before: 500s}
    packets: {before: 30s}
    after: 0
  dead_containers_for: 1d
  payload: {files: 0, sockets: 4KiB, dns: 512, terminals: 1, output: 100, mask: false}
  durations: off
  packets: {mode: all, filter: tcp or udp port 53, snaplen: 1500}
  death: {non_zero_exit: true, expected_exits: [], fatal_signal: [KILL, sigterm], oom: false, lifetime_below: 1500ms}
  rules:
    files: [/etc/falco/falco_rules.yaml]
    builtin: true
    capture: marked
    cooldown: 5m
    captures_per_hour: 3
    priority: warning
    log: false
    file: /var/log/alerts.jsonl
    url: https://example.org/alerts
  containers:
    only: [web-*, {image: "nginx:*", label: "tier=fr?nt"}, {label: x}]
    except: [{pod: a, namespace: "kube-*"}]
    host: false
  captures: {directory: "/srv/my captures", quota: off, keep_for: off, max_count: off, free_space: 1GiB}
  socket: /tmp/s
  http: {enabled: true, address: "::1", port: 0, token_file: /tmp/t, max_body: 4KiB}
  on_capture:
  - command: [/bin/announce, "with \\"quotes\\"", "", "true"]
  - {url: "https://user:secret@example.org/x?y=z#w", timeout: 5s}
  log: {level: debug}
  """
