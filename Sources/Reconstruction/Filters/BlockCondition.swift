internal import CaptureFormat
internal import Events
internal import FilterLanguage

/// What a filter says of a whole block by what the directory tells of it: container, lane, span of time and kinds.
struct BlockCondition {
  enum Answer {
    /// Of no row, of every row, or it has to be read.
    case never, always, maybe

    static prefix func ! (answer: Answer) -> Answer {
      switch answer {
      case .never: .always
      case .always: .never
      case .maybe: .maybe
      }
    }
  }

  private indirect enum Part {
    case known(Answer)
    case all([Part])
    case any([Part])
    case not(Part)
    /// By the container alone.
    case container(CompiledCheck)
    case lane(CompiledCheck)
    /// One of these kinds, at least, would have to be in it.
    case kinds([EventKind])
    /// The time since 1970 as a comparison has it.
    case time(FilterOperator, Int64)
  }

  private let root: Part
  private let context: FilterContext

  init(_ node: FilterNode, _ context: FilterContext) {
    root = Self.part(node)
    self.context = context
  }

  private static func part(_ node: FilterNode) -> Part {
    switch node {
    case .constant(let value): .known(value ? .always : .never)
    case .all(let nodes): .all(nodes.map(part))
    case .any(let nodes): .any(nodes.map(part))
    case .not(let node): .not(part(node))
    case .check(let check): part(check)
    }
  }

  private static func part(_ check: CompiledCheck) -> Part {
    let fields = check.fields
    // Container and Kubernetes fields are the same for every row of a block.
    if fields.allSatisfy({ FieldScope($0) == .block }) {
      let names = fields.map(\.field.rawValue)
      if names.allSatisfy({ $0.hasPrefix("container.") || $0.hasPrefix("k8s.") }) { return .container(check) }
      if fields.allSatisfy({ $0.field == .aftertraceLane }) { return .lane(check) }
    }
    guard case .field(let use) = check.term else { return .known(.maybe) }
    switch (use.field, check.comparison) {
    case (.evtType, .equals(let name)), (.syscallType, .equals(let name)):
      return CallKinds.kinds(of: name).map { .kinds($0) } ?? .known(.maybe)
    case (.evtType, .texts(let names)), (.syscallType, .texts(let names)):
      var kinds: [EventKind] = []
      for name in names {
        guard let some = CallKinds.kinds(of: name) else { return .known(.maybe) }
        kinds += some
      }
      return .kinds(kinds)
    case (.evtRawtime, .integer(let comparator, let value)): return .time(comparator, value)
    default: return .known(.maybe)
    }
  }

  func answer(for entry: BlockEntry) -> Answer { answer(root, entry) }

  /// The kinds of which a row of the block may pass.
  func kinds(of entry: BlockEntry) -> KindMask {
    var mask = KindMask()
    var single = entry
    for number in UInt16(0)..<256 where entry.kinds.mayContain(EventKind(rawValue: number)) {
      single.kinds = KindSet()
      single.kinds.insert(EventKind(rawValue: number))
      if answer(root, single) != .never { mask.insert(EventKind(rawValue: number)) }
    }
    return mask
  }

  /// The kinds of which an event may pass, whatever block it stands in.
  var kinds: KindMask {
    var mask = KindMask()
    for number in UInt16(0)..<256 where answer(root, EventKind(rawValue: number)) != .never {
      mask.insert(EventKind(rawValue: number))
    }
    return mask
  }

  /// Where nothing is known but the kind.
  private func answer(_ part: Part, _ kind: EventKind) -> Answer {
    switch part {
    case .known(let answer): return answer
    case .not(let part): return !answer(part, kind)
    case .all(let parts): return parts.reduce(.always) { Self.both($0, answer($1, kind)) }
    case .any(let parts): return !parts.reduce(.always) { Self.both($0, !answer($1, kind)) }
    case .kinds(let kinds): return kinds.contains(kind) ? .maybe : .never
    case .container, .lane, .time: return .maybe
    }
  }

  private static func both(_ one: Answer, _ other: Answer) -> Answer {
    one == .never || other == .never ? .never : one == .maybe || other == .maybe ? .maybe : .always
  }

  private func answer(_ part: Part, _ entry: BlockEntry) -> Answer {
    switch part {
    case .known(let answer): return answer
    case .not(let part): return !answer(part, entry)
    case .all(let parts):
      var result = Answer.always
      for part in parts {
        switch answer(part, entry) {
        case .never: return .never
        case .maybe: result = .maybe
        case .always: break
        }
      }
      return result
    case .any(let parts):
      var result = Answer.never
      for part in parts {
        switch answer(part, entry) {
        case .always: return .always
        case .maybe: result = .maybe
        case .never: break
        }
      }
      return result
    case .container(let check):
      let fields = EventFields(
        context: context, event: nil, process: .none, view: nil, container: entry.container)
      return check.holds(in: fields) ? .always : .never
    case .lane(let check):
      return check.holds(in: LaneFields(lane: entry.lane)) ? .always : .never
    case .kinds(let kinds): return kinds.contains { entry.kinds.mayContain($0) } ? .maybe : .never
    case .time(let comparator, let value): return time(comparator, value, entry)
    }
  }

  private struct LaneFields: FieldSource {
    let lane: Lane?
    func value(of use: FieldUse) -> FieldValue { use.field == .aftertraceLane ? .optional(lane?.name) : .absent }
  }

  /// Between two anchors the wall clock can have been set, and later rows stand before earlier ones: what holds for the
  /// block's ends is true of its rows only where the clock ran evenly.
  private func time(_ comparator: FilterOperator, _ value: Int64, _ entry: BlockEntry) -> Answer {
    let clock = context.clock
    guard let first = clock.wallTime(of: entry.firstTime)?.nanoseconds,
      let last = clock.wallTime(of: entry.lastTime)?.nanoseconds,
      clock.isEven(from: entry.firstTime, to: entry.lastTime)
    else { return .maybe }
    switch comparator {
    case .less: return last < value ? .always : first >= value ? .never : .maybe
    case .atMost: return last <= value ? .always : first > value ? .never : .maybe
    case .greater: return first > value ? .always : last <= value ? .never : .maybe
    case .atLeast: return first >= value ? .always : last < value ? .never : .maybe
    case .equals: return value < first || value > last ? .never : .maybe
    default: return .maybe
    }
  }
}

/// Which kinds the events of a call have had since the first version of the format.
enum CallKinds {
  /// Nil where it is not certain: a call that was told as a raw one before it had a kind, or that may get one.
  static func kinds(of name: [UInt8]) -> [EventKind]? { table[name] }

  private static let table: [[UInt8]: [EventKind]] = {
    let names: [(EventKind, [String])] = [
      (.fileOpen, ["open", "openat", "openat2", "creat"]), (.fileClose, ["close"]),
      (.fileRead, ["read", "pread", "readv", "preadv", "preadv2"]),
      (.fileWrite, ["write", "pwrite", "writev", "pwritev", "pwritev2"]),
      (.fileRename, ["rename", "renameat", "renameat2"]),
      (.fileMakeDirectory, ["mkdir", "mkdirat"]), (.fileRemoveDirectory, ["rmdir"]),
      (.fileLink, ["link", "linkat"]), (.fileSymlink, ["symlink", "symlinkat"]),
      (.fileChangeMode, ["chmod", "fchmod", "fchmodat"]),
      (.fileChangeOwner, ["chown", "lchown", "fchown", "fchownat"]),
      (.networkSocket, ["socket"]), (.networkConnect, ["connect"]), (.networkAccept, ["accept", "accept4"]),
      (.networkBind, ["bind"]), (.networkListen, ["listen"]), (.networkSend, ["sendto", "sendmsg", "sendmmsg"]),
      (.networkReceive, ["recvfrom", "recvmsg", "recvmmsg"]), (.processExec, ["execve", "execveat"]),
    ]
    var table: [[UInt8]: [EventKind]] = [:]
    for (kind, calls) in names { for call in calls { table[Array(call.utf8)] = [kind] } }
    // Which of the two it does, its flags say.
    table[Array("unlink".utf8)] = [.fileUnlink]
    table[Array("unlinkat".utf8)] = [.fileUnlink, .fileRemoveDirectory]
    table[Array("procexit".utf8)] = [.processExit, .threadExit]
    table[Array("signaldeliver".utf8)] = [.signalFatal]
    return table
  }()
}
