public import Alerts
public import JSON
public import Triggers

/// Hands the alerts of a body in at the desk, and words the answers: the same for the socket and for HTTP.
///
/// ```
/// {"triggers": [{"status": "accepted", "capture_id": "…", "path": "…", "container": "…", "merged": false},
///               {"status": "refused", "kind": "ambiguous", "error": "…", "help": "…"}],
///  "resolved": 0}
/// ```
public struct TriggerHandling: Sendable {
  public let desk: any TriggerDesk
  public init(desk: any TriggerDesk) { self.desk = desk }

  /// What became of a body's alerts.
  public struct Outcome: Sendable {
    public var answers: [TriggerAnswer]
    public var json: JSONValue
  }

  /// Submits each alert in turn; each waits for the recorder's next round.
  public func submit(_ batch: AlertBatch) -> Outcome {
    let answers = batch.entries.map { entry -> TriggerAnswer in
      switch entry {
      case .request(let request): desk.submit(request)
      case .refused(let error): .refused(TriggerRefusal(.noScope, error.description, remedy: error.remedy))
      }
    }
    return Outcome(
      answers: answers,
      json: .object([
        "triggers": .array(answers.map(\.json)), "resolved": .integer(Int64(batch.resolvedCount)),
      ]))
  }
}

extension TriggerAnswer {
  /// One element of `triggers`.
  public var json: JSONValue {
    switch self {
    case .accepted(let receipt): .object(receipt.members.merging(["status": .string("accepted")]) { $1 })
    case .duplicate(let receipt): .object(receipt.members.merging(["status": .string("duplicate")]) { $1 })
    case .refused(let refusal):
      .object(
        errorMembers(refusal.description, refusal.remedy).merging([
          "status": .string("refused"), "kind": .string(refusal.kind.name),
        ]) { $1 })
    }
  }
}

extension TriggerReceipt {
  var members: [String: JSONValue] {
    [
      "capture_id": .string(captureID), "path": .string(path), "container": .string(containerID),
      "merged": .bool(isMerged),
    ]
  }

  init?(_ value: JSONValue) {
    guard let id = value["capture_id"]?.string, let path = value["path"]?.string,
      let container = value["container"]?.string
    else { return nil }
    self.init(path: path, captureID: id, containerID: container, isMerged: value["merged"]?.bool ?? false)
  }
}

extension TriggerRefusal.Kind {
  static let names: [(kind: TriggerRefusal.Kind, name: String, status: Int)] = [
    (.noScope, "no_scope", 400), (.unknownContainer, "unknown_container", 404), (.ambiguous, "ambiguous", 409),
    (.outOfWindow, "out_of_window", 404), (.busy, "busy", 429), (.cannotWrite, "cannot_write", 503),
  ]
  var name: String { Self.names.first { $0.kind == self }?.name ?? "refused" }
  /// What HTTP calls it.
  var status: Int { Self.names.first { $0.kind == self }?.status ?? 503 }
}

/// `{"error": "what is wrong", "help": "what would help"}`
func errorMembers(_ message: String, _ remedy: String?) -> [String: JSONValue] {
  var members: [String: JSONValue] = ["error": .string(message)]
  if let remedy { members["help"] = .string(remedy) }
  return members
}
