internal import CPosix
internal import Glibc

/// Waits on descriptors. The corresponding C functions are `epoll_create1`, `epoll_ctl` and `epoll_wait`.
public struct Poll: ~Copyable {
  private let descriptor: FileDescriptor

  public init() throws(SystemError) {
    descriptor = FileDescriptor(owning: try check("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
  }

  /// Reports `number` as `token` when it can be read.
  public func add(_ number: Int32, token: UInt64) throws(SystemError) {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = token
    let poll = descriptor.number
    try check("epoll_ctl") { epoll_ctl(poll, EPOLL_CTL_ADD, number, &event) }
  }

  /// The tokens that are ready, at most sixteen; none after `milliseconds`.
  public func wait(milliseconds: Int32) throws(SystemError) -> [UInt64] {
    var events = [epoll_event](repeating: epoll_event(), count: 16)
    let poll = descriptor.number
    let count = epoll_wait(poll, &events, 16, milliseconds)
    if count < 0 {
      if errno == EINTR { return [] }
      throw .last("epoll_wait")
    }
    return events[..<Int(count)].map(\.data.u64)
  }
}
