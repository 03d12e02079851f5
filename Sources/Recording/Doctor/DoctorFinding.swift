/// One thing that was looked at, and how it stands.
public struct DoctorFinding: Hashable, Sendable {
  public enum State: String, Sendable {
    case ok
    /// Recording works, and something will be missing.
    case limited
    /// Recording does not work.
    case failed
    /// It could not be looked at, because of what failed before.
    case untried
  }

  /// What it belongs to: `privileges`, `kernel`, `probe`, `act`, `cgroups`, `rings`, `runtime`, `clock`, `disk`, `recorder`.
  public var area: String
  public var name: String
  public var state: State
  public var text: String
  /// What would help; nil where nothing is needed, or nothing does.
  public var remedy: String?

  public init(_ area: String, _ name: String, _ state: State, _ text: String, remedy: String? = nil) {
    self.area = area
    self.name = name
    self.state = state
    self.text = text
    self.remedy = remedy
  }
}

/// What `doctor` is to look at.
public struct DoctorOptions: Sendable {
  /// Where captures are to go.
  public var directory: String
  /// Nil is what `record` takes.
  public var ringSize: Int?
  public var toolVersion: String
  public var forced = ForcedLosses()

  public init(directory: String, toolVersion: String) {
    self.directory = directory
    self.toolVersion = toolVersion
  }
}
