internal import Events
internal import ProbeRecords
internal import SystemCalls

/// What a system call does to the caller's table of descriptors.
enum DescriptorEffect: UInt8, Sendable {
  case none
  case close, closeRange
  case duplicate, control, ioctl
  case open, openAt, openHow, create
  case socket, accept, accept4
  case pipe, pipe2, socketPair
  case listen, unshare
  /// Makes a descriptor whose file the probe does not tell; where the flag stands is in ``DescriptorEffects``.
  case make
}

/// The effects by call, in the order of the probes' table of recipes.
struct DescriptorEffects: Sendable {
  /// Of a call that makes a descriptor: which argument holds close-on-exec, and what the kernel names the file.
  struct Maker: Sendable {
    /// 1-based; 0: it is never set, −1: always.
    var argument: Int
    var bit: UInt64 = closeOnExec
    var name: String?
  }

  static let closeOnExec: UInt64 = 0x80000
  private var effects = [DescriptorEffect](repeating: .none, count: Int(AT_ABI_COUNT.rawValue) * Int(AT_CALLS_PER_ABI))
  private var makers: [Int: Maker] = [:]

  private static let named: [(DescriptorEffect, [String])] = [
    (.close, ["close"]), (.closeRange, ["close_range"]), (.duplicate, ["dup", "dup2", "dup3"]),
    (.control, ["fcntl", "fcntl64"]), (.ioctl, ["ioctl"]), (.open, ["open"]), (.openAt, ["openat"]),
    (.openHow, ["openat2"]), (.create, ["creat"]), (.socket, ["socket"]), (.accept, ["accept"]),
    (.accept4, ["accept4"]), (.pipe, ["pipe"]), (.pipe2, ["pipe2"]), (.socketPair, ["socketpair"]),
    (.listen, ["listen"]), (.unshare, ["unshare"]),
  ]

  private static let makers: [String: Maker] = [
    "eventfd": Maker(argument: 0, name: "[eventfd]"), "eventfd2": Maker(argument: 2, name: "[eventfd]"),
    "epoll_create": Maker(argument: 0, name: "[eventpoll]"), "epoll_create1": Maker(argument: 1, name: "[eventpoll]"),
    "timerfd_create": Maker(argument: 2, name: "[timerfd]"), "signalfd": Maker(argument: 0, name: "[signalfd]"),
    "signalfd4": Maker(argument: 4, name: "[signalfd]"), "inotify_init": Maker(argument: 0, name: "inotify"),
    "inotify_init1": Maker(argument: 1, name: "inotify"), "memfd_create": Maker(argument: 2, bit: 1),
    "userfaultfd": Maker(argument: 1, name: "[userfaultfd]"), "pidfd_open": Maker(argument: -1, name: "[pidfd]"),
    "pidfd_getfd": Maker(argument: -1), "io_uring_setup": Maker(argument: -1, name: "[io_uring]"),
    "open_by_handle_at": Maker(argument: 3),
  ]

  init() {
    func set(_ effect: DescriptorEffect, _ name: String, _ maker: Maker?) {
      for abi in 0..<UInt8(5) {
        guard let call = SystemCallTable.call(named: name, abi: abi) else { continue }
        let index = RecipeTable.index(of: call)
        guard index < effects.count else { continue }
        effects[index] = effect
        if let maker { makers[index] = maker }
      }
    }
    for (effect, names) in Self.named { for name in names { set(effect, name, nil) } }
    for (name, maker) in Self.makers { set(.make, name, maker) }
  }

  subscript(call: SystemCall?) -> DescriptorEffect {
    guard let call else { return .none }
    let index = RecipeTable.index(of: call)
    return index < effects.count ? effects[index] : .none
  }

  func maker(_ call: SystemCall) -> Maker? { makers[RecipeTable.index(of: call)] }
}
