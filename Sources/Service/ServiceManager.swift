internal import Posix

/// The service manager that started this process, if one did and wants to hear of it: systemd, by `sd_notify`'s protocol.
///
/// Datagrams of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names. Source: sd_notify(3). A message that cannot
/// be delivered is nothing to stop for.
public struct ServiceManager: Sendable {
  private let socket: String?
  /// How often ``keepAlive()`` is to be called: half of what the manager waits; nil when it does not.
  public let keepAliveInterval: Duration?

  init(environment: (String) -> String?, processID: UInt32) {
    // "vsock:" addresses are a virtual machine's way to its host.
    socket = environment("NOTIFY_SOCKET").flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    let isForUs = environment("WATCHDOG_PID").map { UInt32($0) == processID } ?? true
    let microseconds = environment("WATCHDOG_USEC").flatMap { UInt32($0) }
    if socket != nil, isForUs, let microseconds, microseconds > 0 {
      keepAliveInterval = .microseconds(Int64(microseconds) / 2)
    } else {
      keepAliveInterval = nil
    }
  }

  /// Takes what the manager said out of the environment, so that nothing started later speaks in this process's name.
  ///
  /// To be called before other threads are started.
  public static func takeFromEnvironment() -> ServiceManager {
    let manager = ServiceManager(environment: environmentVariable, processID: Posix.processID)
    for name in ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"] { removeEnvironmentVariable(name) }
    return manager
  }

  public var isThere: Bool { socket != nil }

  /// The service does its work, from the start or again.
  public func ready(_ status: String) { send(["READY=1", statusLine(status)]) }

  /// A reload has begun; ``ready(_:)`` ends it. The time lets the manager tell it from an earlier one's end.
  public func reloading() { send(["RELOADING=1", "MONOTONIC_USEC=\(Clock.monotonic / 1000)"]) }

  public func stopping(_ status: String) { send(["STOPPING=1", statusLine(status)]) }

  /// What `systemctl status` shows.
  public func status(_ status: String) { send([statusLine(status)]) }

  /// The main loop is alive.
  public func keepAlive() { send(["WATCHDOG=1"]) }

  private func statusLine(_ text: String) -> String {
    "STATUS=" + text.split(separator: "\n").joined(separator: "; ")
  }

  private func send(_ lines: [String]) {
    guard let socket else { return }
    try? DatagramSocket.send(Array(lines.joined(separator: "\n").utf8), to: socket)
  }
}
