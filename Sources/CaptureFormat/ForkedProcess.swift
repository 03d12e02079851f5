public import Events

/// A process as its fork and its execs make it: what a recorder keeps of it, and what a reader makes of the events, follow
/// one rule.
public protocol ForkedProcess {
  associatedtype Arguments
  /// The real parent when it started; `start` is zero where only its pid is known.
  var parent: ProcessKey? { get set }
  var comm: [UInt8] { get set }
  var executable: [UInt8]? { get set }
  var arguments: Arguments { get set }
  var workingDirectory: [UInt8]? { get set }
  var userID: UInt32? { get set }
  var groupID: UInt32? { get set }
  var session: UInt32? { get set }
  var terminalName: [UInt8]? { get set }
  var namespacePID: UInt32? { get set }
  var execTime: BootTime? { get set }
}

extension ForkedProcess {
  /// A child is its parent's copy until it runs something else.
  ///
  /// - Parameters:
  ///   - source: Who forked.
  ///   - parent: The real parent: with CLONE_PARENT the one of who forked.
  ///   - comm: The child's own: the thread that forked may have a name that its process has not.
  public mutating func inherit(from source: Self, parent: ProcessKey, comm: [UInt8], namespacePID: UInt32?) {
    self.parent = parent
    self.comm = comm
    executable = source.executable
    arguments = source.arguments
    workingDirectory = source.workingDirectory
    userID = source.userID
    groupID = source.groupID
    session = source.session
    terminalName = source.terminalName
    self.namespacePID = namespacePID
  }

  /// It runs another program. What is not known of that is unknown, not the old one's.
  public mutating func run(_ program: NewProgram<Arguments>, at time: BootTime) {
    execTime = time
    if let comm = program.comm { self.comm = comm }
    executable = program.executable
    arguments = program.arguments
    workingDirectory = program.workingDirectory
    userID = program.userID
    groupID = program.groupID
    session = program.session
    namespacePID = program.namespacePID
    // exec leaves the terminal as it is.
    terminalName = program.hasTerminal ? program.terminalName ?? terminalName : nil
    // Whoever started it: by now it may have been given to a reaper.
    if (parent?.start.nanoseconds ?? 0) == 0, let other = program.parent { parent = other }
  }
}

/// What an exec tells.
public struct NewProgram<Arguments> {
  public var comm: [UInt8]?
  public var executable: [UInt8]?
  public var arguments: Arguments
  public var workingDirectory: [UInt8]?
  public var userID: UInt32?
  public var groupID: UInt32?
  public var session: UInt32?
  public var namespacePID: UInt32?
  public var hasTerminal = false
  /// Nil where it has none, or its name is not told.
  public var terminalName: [UInt8]?
  /// At the time of the exec.
  public var parent: ProcessKey?

  public init(arguments: Arguments) { self.arguments = arguments }
}

extension ProcessRow: ForkedProcess {}
