internal import CaptureFormat
internal import Events

/// What decoding finds to be missing or out of its place, by cause, lane and container, until it is taken.
///
/// Few events come here: the rest pay nothing for it.
struct DecodingLosses {
  private struct Account: Hashable {
    var cause: LossCause
    var stream: StreamKey
  }

  private var rows: [Account: LossRow] = [:]

  mutating func note(_ cause: LossCause, in stream: StreamKey, at time: BootTime, count: UInt64 = 1) {
    let account = Account(cause: cause, stream: stream)
    if var row = rows[account] {
      row.from = min(row.from, time)
      row.to = max(row.to, time)
      row.count += count
      rows[account] = row
    } else {
      rows[account] = LossRow(
        cause: cause, lane: stream.lane, container: stream.container, from: time, to: time, count: count)
    }
  }

  /// What came since the last call.
  mutating func take() -> [LossRow] {
    guard !rows.isEmpty else { return [] }
    defer { rows = [:] }
    return rows.values.sorted { ($0.from, $0.cause.rawValue) < ($1.from, $1.cause.rawValue) }
  }
}
