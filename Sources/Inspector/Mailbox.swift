internal import Synchronization

/// Where the screen and its worker leave things for each other.
public final class Mailbox: Sendable {
  private let state = Mutex(State())
  /// Rung with each answer; from the worker's thread.
  private let ring: @Sendable () -> Void
  /// Rung with each request; from the screen's thread.
  private let call: @Sendable () -> Void

  private struct State: Sendable {
    var requests: [WorkerRequest] = []
    var results: [WorkerResult] = []
    var isClosed = false
  }

  public init(ring: @escaping @Sendable () -> Void = {}, call: @escaping @Sendable () -> Void = {}) {
    self.ring = ring
    self.call = call
  }

  public func ask(_ request: WorkerRequest) {
    state.withLock { $0.requests.append(request) }
    call()
  }

  public func answer(_ result: WorkerResult) {
    state.withLock { $0.results.append(result) }
    ring()
  }

  public func takeRequests() -> [WorkerRequest] {
    state.withLock { state in
      let requests = state.requests
      state.requests = []
      return requests
    }
  }

  public func takeResults() -> [WorkerResult] {
    state.withLock { state in
      let results = state.results
      state.results = []
      return results
    }
  }

  public var hasRequests: Bool { state.withLock { !$0.requests.isEmpty || $0.isClosed } }
  public var hasResults: Bool { state.withLock { !$0.results.isEmpty } }
  public var isClosed: Bool { state.withLock { $0.isClosed } }

  public func close() {
    state.withLock { $0.isClosed = true }
    call()
  }
}
