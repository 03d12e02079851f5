import CaptureFormat
import Events
import ProbeRecords
import Testing

@testable import Recording

@Suite struct LossLedgerTests {
  private static func loss(
    _ cgroup: UInt64, count: UInt64, from first: UInt64 = 1, to last: UInt64 = 2, lane: at_lane = AT_LANE_DETAIL,
    cause: at_loss_cause = AT_LOSS_RING_FULL, processor: Int = 0
  ) -> ProbeSession.Loss {
    ProbeSession.Loss(
      key: at_loss_key(cgroup: cgroup, lane: lane.rawValue, cause: cause.rawValue), processor: processor,
      value: at_loss(count: count, first: first, last: last, epoch: 0))
  }

  private static let container = ContainerKey(rawValue: 3)

  @Test func `only what a total grew by is a loss, with the times of its processor`() {
    var ledger = LossLedger()
    ledger.take([Self.loss(5, count: 10, from: 100, to: 200)]) { _ in Self.container }
    ledger.take([Self.loss(5, count: 10, from: 100, to: 200)]) { _ in Self.container }
    ledger.take([Self.loss(5, count: 13, from: 300, to: 310), Self.loss(5, count: 2, from: 305, to: 306, processor: 1)])
    { _ in Self.container }
    let rows = ledger.takeNew()
    #expect(rows.map(\.count) == [10, 3, 2])
    #expect(rows.map(\.from.nanoseconds) == [100, 300, 305])
    #expect(rows.map(\.to.nanoseconds) == [200, 310, 306])
    #expect(rows.allSatisfy { $0.container == Self.container && $0.lane == .detail && $0.cause == .ringFull })
    #expect(ledger.eventCount == 15)
  }

  @Test func `what was handed on is not kept`() {
    var ledger = LossLedger()
    ledger.take([Self.loss(5, count: 1)]) { _ in Self.container }
    #expect(ledger.takeNew().count == 1)
    #expect(ledger.takeNew().isEmpty)
    #expect(ledger.eventCount == 1, "the sum stays")
  }

  @Test func `a lost name is not a lost event, and keeps a capture from being complete all the same`() {
    var ledger = LossLedger()
    #expect(ledger.otherObstacles.isEmpty)
    ledger.take([Self.loss(5, count: 4, lane: AT_LANE_ACTIVITY, cause: AT_LOSS_DEFINITION)]) { _ in Self.container }
    #expect(ledger.eventCount == 0 && ledger.otherObstacles == ["names of files lost"])
    _ = ledger.takeNew()
    #expect(ledger.otherObstacles == ["names of files lost"])
  }

  @Test func `losses of what is not recorded are nobody's`() {
    var ledger = LossLedger()
    ledger.take([Self.loss(5, count: 4)]) { _ in nil }
    #expect(ledger.takeNew().isEmpty && ledger.eventCount == 0)
  }

  @Test func `the urgent ring's losses are of the lifecycle lane`() {
    var ledger = LossLedger()
    ledger.take([Self.loss(5, count: 4, lane: AT_LANE_URGENT)]) { _ in Self.container }
    #expect(ledger.takeNew().map(\.lane) == [.lifecycle])
  }

  @Test func `the accounts of dead cgroups are closed once nothing is lost in them, and a later one starts anew`() {
    var ledger = LossLedger()
    ledger.take(
      [
        Self.loss(5, count: 7, to: 100), Self.loss(5, count: 1, to: 900, processor: 1), Self.loss(6, count: 2, to: 100),
        Self.loss(7, count: 3, to: 100), Self.loss(0, count: 9, to: 100),
      ]
    ) { _ in Self.container }
    _ = ledger.takeNew()
    // 5 lost something lately, 6 is idle and gone, 7 lives, 0 is of all that have no account.
    let idle = ledger.idleAccounts(since: 500) { $0 != 7 }
    #expect(idle.map(\.cgroup) == [6])
    ledger.close(idle)
    #expect(ledger.accountCount == 4)
    ledger.take([Self.loss(6, count: 1, to: 1000)]) { _ in Self.container }
    #expect(ledger.takeNew().map(\.count) == [1])
    #expect(ledger.eventCount == 23)
  }
}
