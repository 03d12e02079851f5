internal import Alerts
internal import Triggers

/// Reads the bytes as an alert, and once more as the data of a CloudEvent in binary mode.
func readAlert(_ bytes: UnsafeRawBufferPointer) {
  let body = Array(bytes)
  read(body, [:])
  read(body, ["ce-specversion": "1.0", "ce-id": "7", "ce-source": "/x", "ce-time": "2026-01-31T14:02:05Z"])
}

private func read(_ body: [UInt8], _ headers: [String: String]) {
  do {
    for entry in try AlertBatch(body: body, headers: headers).entries {
      switch entry {
      case .request(let request): precondition(!request.scope.isEmpty && (request.reason?.utf8.count ?? 0) <= 4096)
      case .refused(let error): _ = (error.description, error.remedy)
      }
    }
  } catch {
    _ = (error.description, error.remedy)
  }
}
