import Events
import Testing

@testable import LiveRules

@Suite struct RuleGateTests {
  private let web = ContainerKey(rawValue: 5)
  private let other = ContainerKey(rawValue: 6)
  private static let second: UInt64 = 1_000_000_000

  private func time(_ seconds: Double) -> BootTime {
    BootTime(nanoseconds: 100 * Self.second + UInt64(seconds * Double(Self.second)))
  }

  private func admits(
    _ gate: RuleGate, _ rule: String, _ container: ContainerKey, _ seconds: Double, cooldown: UInt64 = 60,
    perHour: Int = 20
  ) -> [String]? {
    gate.admits(rule, container, at: time(seconds), cooldown: cooldown * Self.second, perHour: perHour)
  }

  @Test func `a rule raises one trigger for a container until its cooldown is over`() {
    let gate = RuleGate()
    #expect(admits(gate, "a", web, 0) == [])
    #expect(admits(gate, "a", web, 1) == nil)
    #expect(admits(gate, "a", web, 59.9) == nil)
    // Other containers and other rules have cooldowns of their own.
    #expect(admits(gate, "a", other, 2) == [])
    #expect(gate.capturesHeldBack == 2)
    #expect(admits(gate, "a", web, 60) == ["2 of a"])
    #expect(admits(gate, "a", web, 121) == [])
  }

  @Test func `what was held back of a container is listed with its next trigger, whatever the rule`() {
    let gate = RuleGate()
    _ = admits(gate, "a", web, 0)
    _ = admits(gate, "b", web, 0)
    for second in 1...3 { #expect(admits(gate, "b", web, Double(second)) == nil) }
    #expect(admits(gate, "a", web, 4) == nil)
    #expect(admits(gate, "c", web, 5) == ["3 of b", "1 of a"])
    #expect(admits(gate, "d", web, 6) == [])
  }

  @Test func `one container has no more than its triggers of an hour`() {
    let gate = RuleGate()
    for second in 0..<3 { #expect(admits(gate, "a", web, Double(second), cooldown: 0, perHour: 3) != nil) }
    #expect(admits(gate, "a", web, 3, cooldown: 0, perHour: 3) == nil)
    #expect(admits(gate, "b", web, 3, cooldown: 0, perHour: 3) == nil)
    #expect(admits(gate, "a", other, 3, cooldown: 0, perHour: 3) == [])
    #expect(admits(gate, "a", web, 3599, cooldown: 0, perHour: 3) == nil)
    #expect(admits(gate, "a", web, 3600, cooldown: 0, perHour: 3) == ["2 of a", "1 of b"])
  }

  @Test func `an event that comes late is held back too`() {
    let gate = RuleGate()
    #expect(admits(gate, "a", web, 100) == [])
    #expect(admits(gate, "a", web, 20) == nil)
  }

  @Test func `ten alerts a second of one rule about one container are told, the rest is counted`() {
    let gate = RuleGate()
    let told = (0..<30).filter { gate.tells(of: "a", web, at: time(Double($0) / 100)) }
    #expect(told == Array(0..<10))
    #expect(gate.tells(of: "a", other, at: time(0.5)) && gate.tells(of: "b", web, at: time(0.5)))
    #expect(gate.tells(of: "a", web, at: time(1)))
    #expect(gate.takeHeldBack() == ["a": 20])
    #expect(gate.takeHeldBack() == [:])
  }
}
