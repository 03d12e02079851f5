internal import Events

/// Why something was lost. The numbers are the file's; their names are in each capture's catalogue.
public struct LossCause: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// The kernel's ring had no room: the recorder did not drain it in time.
  public static let ringFull = LossCause(rawValue: 1)
  /// No scratch space: a probe ran inside a probe on one CPU.
  public static let scratch = LossCause(rawValue: 2)
  /// Not an event: a path definition could not be sent.
  public static let definition = LossCause(rawValue: 3)
  /// A probe was not run because one was running on that CPU.
  public static let recursion = LossCause(rawValue: 4)
  /// Not an event: a table of the probes had no room for what it was to follow.
  public static let tableFull = LossCause(rawValue: 5)
  /// Not lost: it stands after younger ones of its stream, because its probe was held up.
  public static let outOfOrder = LossCause(rawValue: 6)
  /// Not an event: a process that was there before the probes, and gone before the scan.
  public static let scanGap = LossCause(rawValue: 7)
  /// Not a call: what was asked for through io_uring.
  public static let ioRing = LossCause(rawValue: 8)
  /// Evicted from memory to stay within the budget.
  public static let evicted = LossCause(rawValue: 16)
  /// The lane was shed under pressure.
  public static let shed = LossCause(rawValue: 17)
  /// A record that the recorder could not decode.
  public static let undecodable = LossCause(rawValue: 18)
  /// The capture could not be written (disk full, size limit).
  public static let notWritten = LossCause(rawValue: 19)
  /// Not an event: a probe could not be attached.
  public static let notProbed = LossCause(rawValue: 20)
  /// Not an event: the recorder was not running.
  public static let notRunning = LossCause(rawValue: 21)
  /// Not lost: attributed before its container was known.
  public static let notAttributed = LossCause(rawValue: 22)
  /// Not an event: the name of a file was given up to stay within the budget.
  public static let nameGivenUp = LossCause(rawValue: 23)
  /// Not an event: packets that went by in a new network namespace before they could be taken.
  public static let lateTap = LossCause(rawValue: 25)

  /// What a capture's catalogue says of each cause that this version writes.
  public static let catalogue: [Catalogue.Cause] = [
    .init(number: 1, name: "ring-full", summary: "the kernel's ring had no room"),
    .init(number: 2, name: "no-scratch", summary: "a probe ran inside a probe on one CPU"),
    .init(number: 3, name: "path-definition", summary: "not an event: the name of a file could not be sent"),
    .init(number: 4, name: "recursion", summary: "a probe was not run because one was running on that CPU"),
    .init(number: 5, name: "table-full", summary: "not an event: a table had no room for what was to be followed"),
    .init(number: 6, name: "out-of-order", summary: "not lost: it stands after younger ones"),
    .init(number: 7, name: "scan-gap", summary: "not an event: who a process was that ended before the scan saw it"),
    .init(number: 8, name: "io-uring", summary: "not a call: what was asked for through io_uring is not told"),
    .init(number: 16, name: "evicted", summary: "dropped from memory to stay within the budget"),
    .init(number: 17, name: "shed", summary: "the lane was shed under pressure"),
    .init(number: 18, name: "undecodable", summary: "a kernel record made no sense"),
    .init(number: 19, name: "not-written", summary: "the capture could not be written"),
    .init(number: 20, name: "not-probed", summary: "not an event: a probe could not be attached"),
    .init(number: 21, name: "not-running", summary: "not an event: the recorder was not running"),
    .init(number: 22, name: "not-attributed", summary: "not lost: told of before its container was known"),
    .init(number: 23, name: "name-given-up", summary: "not an event: the name of a file was given up"),
    .init(
      number: 25, name: "late-tap", summary: "not an event: packets of a new network namespace, before they were taken"),
  ]

  /// The cause's name in this version's catalogue.
  public var name: String? { Self.catalogue.first { $0.number == rawValue }?.name }

  /// Whether its count is of events that happened and are missing. What this version does not know is taken for such.
  public var countsEvents: Bool { unit == nil }

  /// What it counts where that is not lost events, one and many.
  private var unit: (one: String, many: String)? {
    switch self {
    case .definition, .nameGivenUp: ("name of a file", "names of files")
    case .tableFull: ("entry", "entries")
    case .outOfOrder, .notAttributed: ("event", "events")
    case .scanGap: ("process", "processes")
    case .ioRing: ("request", "requests")
    case .notProbed: ("probe", "probes")
    case .notRunning: ("pause", "pauses")
    case .lateTap: ("packet", "packets")
    default: nil
    }
  }

  /// The noun that goes with a count: "events", "process", "names of files".
  public func noun(for count: UInt64) -> String {
    let unit = unit ?? ("event", "events")
    return count == 1 ? unit.one : unit.many
  }

  /// What keeps a capture from being complete, in words; of causes that count events the sum is told as one.
  ///
  /// - Parameter count: As text.
  public func obstacle(_ count: UInt64) -> String {
    let counted = "\(count) \(noun(for: count))"
    switch self {
    case .definition: return "names of files lost"
    case .nameGivenUp: return "names of files given up, asked for \(count == 1 ? "once" : "\(count) times")"
    case .tableFull: return "\(counted) found a table full"
    case .outOfOrder: return "\(counted) out of order"
    case .notAttributed: return "\(counted) not attributed"
    case .scanGap: return "\(counted) gone before the scan"
    case .ioRing: return "\(counted) through io_uring not told"
    case .notProbed: return "\(counted) not attached"
    case .notRunning: return "the recorder was not running for a part of it"
    case .lateTap: return "\(counted) of new containers went by before they could be taken"
    default: return "\(counted) lost"
    }
  }
}

extension Sequence<LossRow> {
  /// Events that happened and are missing.
  public var lostEvents: UInt64 { reduce(0) { $1.cause.countsEvents ? $0 &+ $1.count : $0 } }

  /// For people: rows of one cause, lane and container that follow each other within a second are one, in the order of time.
  public var inStretches: [LossRow] {
    var rows: [LossRow] = []
    var last: [LossRow: Int] = [:]
    for row in sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
      var key = row
      (key.from, key.to, key.count) = (BootTime(nanoseconds: 0), BootTime(nanoseconds: 0), 0)
      if let place = last[key], row.from.nanoseconds / 1_000_000_000 <= rows[place].to.nanoseconds / 1_000_000_000 + 1 {
        rows[place].to = Swift.max(rows[place].to, row.to)
        rows[place].count &+= row.count
      } else {
        last[key] = rows.count
        rows.append(row)
      }
    }
    return rows
  }

  /// The sum of each cause that counts something else, in the order of their numbers.
  public var otherObstacles: [String] {
    var counts: [LossCause: UInt64] = [:]
    for row in self where !row.cause.countsEvents { counts[row.cause, default: 0] &+= row.count }
    return counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { $0.key.obstacle($0.value) }
  }
}
