internal import CaptureFormat
internal import Events

/// What was told of containers' lives: which process is the first of each, and which start of it this is.
struct ContainerLives {
  struct Life {
    /// The first process, while it lives.
    var first: ProcessKey?
    /// Starts that the recorder knows of; one that ran before counts.
    var starts: UInt32 = 0
    var isCreationTold = false
    /// Its own cgroup of this start, as far as that was seen to be made.
    var cgroup: UInt64?
    var isFrozen = false
  }

  private var lives: [ContainerKey: Life] = [:]
  /// Beyond it those that ended are let go: their next start counts as the first.
  private static let limit = 8192

  subscript(key: ContainerKey) -> Life {
    get { lives[key] ?? Life() }
    set {
      if lives.count >= Self.limit, lives[key] == nil { lives = lives.filter { $0.value.first != nil } }
      lives[key] = newValue
    }
  }

  /// Whether the process is a container's first.
  func isFirst(_ process: ProcessKey, of key: ContainerKey) -> Bool { lives[key]?.first == process }
}
