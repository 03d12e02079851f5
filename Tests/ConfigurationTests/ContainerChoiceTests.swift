internal import Configuration
internal import Testing

@Suite struct ContainerChoiceTests {
  @Test(arguments: [
    ("web-*", "web-1", true), ("web-*", "web-", true), ("web-*", "my-web-1", false), ("*", "", true), ("", "", true),
    ("", "a", false), ("a?c", "abc", true), ("a?c", "ac", false), ("*a*b*", "xxaxxbxx", true),
    ("*a*b*", "xxbxxaxx", false),
    ("registry.k8s.io/*", "registry.k8s.io/a/pause:3.9", true), ("a**b", "ab", true), ("*.log", "x.log.log", true),
    ("é?", "éa", true), ("[ab]", "a", false),
  ])
  func `a glob has stars and question marks and nothing else`(pattern: String, text: String, fits: Bool) {
    #expect(Glob(pattern).matches(text) == fits)
  }

  @Test func `a hostile glob takes no longer than its length times the text's`() {
    let glob = Glob(String(repeating: "*a", count: 500) + "b")
    let clock = ContinuousClock()
    var fits = true
    #expect(clock.measure { fits = glob.matches(String(repeating: "a", count: 5000)) } < .seconds(10))
    #expect(!fits)
  }

  @Test func `only and except decide together`() throws {
    let choice = try read(
      "containers: {only: [web-*, {namespace: shop, label: tier=front}], except: [{image: 'nginx:*'}]}"
    ).containers
    #expect(choice.includes(ContainerTraits(id: "1", name: "web-1", image: "httpd")))
    #expect(!choice.includes(ContainerTraits(id: "1", name: "web-1", image: "nginx:1")))
    #expect(!choice.includes(ContainerTraits(id: "1", name: "db", image: "x")))
    #expect(choice.includes(ContainerTraits(id: "1", podNamespace: "shop", labels: ["tier": "front"])))
    #expect(!choice.includes(ContainerTraits(id: "1", podNamespace: "shop", labels: ["tier": "back"])))
    #expect(!choice.includes(ContainerTraits(id: "1")))
    #expect(ContainerChoice().includes(ContainerTraits(id: "1")))
  }
}

@Suite struct DeathPredicatesTests {
  private func reason(_ text: String, _ status: Int32?, oom: Bool = false, lifetime: Duration? = nil) throws -> String?
  {
    try read(text).death.reason(for: ContainerDeath(waitStatus: status, wasOutOfMemory: oom, lifetime: lifetime))
  }

  @Test func `by default a crash and an end for want of memory count, a stop does not`() throws {
    #expect(try reason("", 11) == "killed by SIGSEGV")
    #expect(try reason("", 11 | 0x80) == "killed by SIGSEGV")  // with a core dump
    #expect(try reason("", 9, oom: true) == "out of memory")
    for status in [0, 9, 15, 1 << 8, 143 << 8] as [Int32] { #expect(try reason("", status, lifetime: .zero) == nil) }
    #expect(try reason("", nil) == nil)
  }

  @Test func `each predicate can be asked for`() throws {
    #expect(try reason("death: {non_zero_exit: true}", 3 << 8) == "exit status 3")
    #expect(try reason("death: {non_zero_exit: true}", 143 << 8) == nil)
    #expect(try reason("death: {non_zero_exit: true, expected_exits: []}", 143 << 8) == "exit status 143")
    #expect(try reason("death: {fatal_signal: [KILL]}", 9) == "killed by SIGKILL")
    #expect(try reason("death: {fatal_signal: []}", 11) == nil)
    #expect(try reason("death: {lifetime_below: 10s}", 0, lifetime: .milliseconds(9_999)) == "lived 9s999ms")
    #expect(try reason("death: {lifetime_below: 10s}", 0, lifetime: .seconds(10)) == nil)
    #expect(try reason("death: {lifetime_below: 10s}", 0) == nil)
    #expect(try read("death: {oom: false, fatal_signal: []}").death.isEmpty)
  }
}
