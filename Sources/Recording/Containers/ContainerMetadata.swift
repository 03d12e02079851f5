public import Events

/// What is known of a container from files on the host, without asking its engine.
public struct ContainerMetadata: Hashable, Sendable {
  /// As the runtime issued it: 64 hexadecimal digits, or a name where the runtime lets its user choose.
  public var id: String
  public var name: String?
  /// As it was asked for: `nginx:1.25`.
  public var image: String?
  /// The image's digest or id.
  public var imageID: String?
  public var runtime: ContainerRuntime
  public var podName: String?
  public var podNamespace: String?
  public var podUID: String?
  /// Holds a pod's namespaces and runs nothing of the user's.
  public var isSandbox = false
  public var labels: [String: String] = [:]
  public var created: WallTime?
  /// How often the engine started it again by itself.
  public var restartCount: UInt32?
  /// The container's first process, in the initial pid namespace.
  public var pid: UInt32?
  /// Inode number of the first process's mount namespace.
  public var mountNamespace: UInt32?
  /// Where overlayfs puts what the container writes.
  public var upperDirectory: String?
  /// The file that told, or "cgroup" when only the cgroup's path did.
  public var source: String

  public init(id: String, runtime: ContainerRuntime, source: String) {
    self.id = id
    self.runtime = runtime
    self.source = source
  }
}

extension WallTime {
  /// Reads `2026-11-24T01:45:00.123456789Z`, with or without a fraction, also with `+01:00` for the `Z`.
  ///
  /// Nil for anything else, and for times before 1970 (docker writes year 1 for "never").
  init?(iso8601 text: String) {
    var bytes = Array(text.utf8)[...]
    func number(_ digits: Int) -> Int64? {
      var value: Int64 = 0
      for _ in 0..<digits {
        guard let byte = bytes.popFirst(), (48...57).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      return value
    }
    func skip(_ character: Character) -> Bool {
      guard bytes.first == character.asciiValue else { return false }
      bytes = bytes.dropFirst()
      return true
    }
    guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
      skip("T") || skip(" "), let hour = number(2), skip(":"), let minute = number(2), skip(":"),
      let second = number(2),
      (1...12).contains(month), (1...31).contains(day), year >= 1970, hour < 24, minute < 60, second < 61
    else { return nil }
    var fraction: Int64 = 0
    if skip(".") {
      var unit: Int64 = 100_000_000
      while let digit = bytes.first, (48...57).contains(digit) {
        fraction += Int64(digit - 48) * unit
        unit /= 10
        bytes = bytes.dropFirst()
      }
    }
    var offset: Int64 = 0
    if !skip("Z") {
      let sign: Int64 = skip("-") ? -1 : 1
      if sign == 1, !skip("+") { return nil }
      guard let hours = number(2), skip(":"), let minutes = number(2) else { return nil }
      offset = sign * (hours * 3600 + minutes * 60)
    }
    guard bytes.isEmpty else { return nil }
    // Days since 1970 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
    let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow, seconds >= 0 else { return nil }
    self.init(nanoseconds: nanoseconds + fraction)
  }
}
