internal import Posix
internal import Synchronization
public import Triggers

/// A desk that notes what it was handed, and decides by the scope: `ghost` is unknown, `ab` ambiguous, `full` cannot be
/// written, `busy` is busy; a fingerprint seen before is a duplicate.
public final class RecordingDesk: TriggerDesk {
  private struct State {
    var requests: [TriggerRequest] = []
    var receipts: [String: TriggerReceipt] = [:]
    var isClosed = false
  }
  private let state = Mutex(State())
  private let delay: UInt32

  /// - Parameter delay: Milliseconds that each answer takes, as the recorder's round does.
  public init(delay: UInt32 = 0) { self.delay = delay }

  public var requests: [TriggerRequest] { state.withLock { $0.requests } }

  public func submit(_ request: TriggerRequest) -> TriggerAnswer {
    if delay > 0 { pause(milliseconds: delay) }
    return state.withLock { state in
      state.requests.append(request)
      let name = request.scope.containerName ?? request.scope.containerID ?? request.scope.podName ?? "host"
      switch name {
      case "ghost": return .refused(TriggerRefusal(.unknownContainer, "no container 'ghost'", remedy: "look at status"))
      case "ab": return .refused(TriggerRefusal(.ambiguous, "container 'ab' is ambiguous"))
      case "full": return .refused(TriggerRefusal(.cannotWrite, "no space left"))
      case "busy": return .refused(TriggerRefusal(.busy, "too many triggers"))
      default: break
      }
      if let known = request.fingerprint.flatMap({ state.receipts[$0] }) { return .duplicate(known) }
      let receipt = TriggerReceipt(
        path: "/captures/\(name).pcapng", captureID: "id-\(state.requests.count)", containerID: name, isMerged: false)
      if let fingerprint = request.fingerprint { state.receipts[fingerprint] = receipt }
      return .accepted(receipt)
    }
  }

  public func close() { state.withLock { $0.isClosed = true } }

  public func waitUntilClosed(_ receipt: TriggerReceipt) -> String? {
    if receipt.containerID == "broken" { return "the disk is gone" }
    while !state.withLock({ $0.isClosed }) { pause(milliseconds: 5) }
    return nil
  }

  /// With a line feed in it, which a recorder's need not have and may.
  public func statusJSON() -> [UInt8] {
    Array(
      #"""
      {"recorder": {"version": "0.1.0", "pid": 812, "started": "2026-01-31T12:00:00Z", "uptime_s": 7330},
       "memory": {"used": 100800000, "budget": 134217728},
       "containers": [
         {"id": "3f1c9a7be4020c3b7c9b5a6d2e1f00112233445566778899aabbccddeeff0011", "name": "web", "running": true,
          "history_s": {"lifecycle": 600, "activity": 120.9, "detail": 30}, "memory": 1258291, "events": 10, "lost": 1204},
         {"id": "", "name": "host", "history_s": {"lifecycle": 600}, "memory": 4096}],
       "losses": [{"cause": "ring_full", "lane": "detail", "count": 1204}],
       "triggers": {"accepted": 12, "merged": 3, "duplicate": 0, "refused": 2, "last": "2026-01-31T14:02:05.123Z"},
       "captures": [{"capture_id": "id-1", "path": "/captures/web.pcapng", "container": "3f1c9a7be402", "name": "web",
                     "triggers": 2, "bytes": 5242880}]}
      """#.utf8)
  }
}
