public import Events

/// What is known of one process, in a capture's table of processes.
///
/// The table is only appended to: of several rows with one key the last holds.
public struct ProcessRow: Hashable, Sendable {
  public var key: ProcessKey
  /// The real parent when the process started; `start` is zero where only its pid is known, nil where nothing is.
  public var parent: ProcessKey?
  public var container: ContainerKey
  public var flags: ProcessFlags
  /// Nil while it lives, and where its end was not seen.
  public var end: BootTime?
  /// As wait(2) gives it: code << 8 | signal, 0x80 for a core dump.
  public var exitCode: Int32?
  public var userID: UInt32?
  public var groupID: UInt32?
  /// The kernel's name of it, 15 bytes at most. Not always UTF-8, like every byte string here.
  public var comm: [UInt8]
  /// As the container sees it; nil is unknown.
  public var executable: [UInt8]?
  public var arguments: ByteList?
  public var workingDirectory: [UInt8]?
  /// The pid inside the innermost pid namespace.
  public var namespacePID: UInt32?
  /// The last successful exec.
  public var execTime: BootTime?
  /// The session leader's pid, in the initial pid namespace.
  public var session: UInt32?
  public var terminalName: [UInt8]?
  public var eventCount: UInt64?
  /// In an array: most rows have none.
  private var deaths: [ProcessDeath] = []

  /// How it came to its end, where more is known than the exit status.
  public var death: ProcessDeath? {
    get { deaths.first }
    set { deaths = newValue.map { [$0] } ?? [] }
  }

  public init(
    key: ProcessKey, parent: ProcessKey? = nil, container: ContainerKey = .host, flags: ProcessFlags = [],
    end: BootTime? = nil, exitCode: Int32? = nil, userID: UInt32? = nil, groupID: UInt32? = nil, comm: [UInt8] = [],
    executable: [UInt8]? = nil, arguments: ByteList? = nil, workingDirectory: [UInt8]? = nil,
    namespacePID: UInt32? = nil, execTime: BootTime? = nil, session: UInt32? = nil, terminalName: [UInt8]? = nil,
    eventCount: UInt64? = nil
  ) {
    self.key = key
    self.parent = parent
    self.container = container
    self.flags = flags
    self.end = end
    self.exitCode = exitCode
    self.userID = userID
    self.groupID = groupID
    self.comm = comm
    self.executable = executable
    self.arguments = arguments
    self.workingDirectory = workingDirectory
    self.namespacePID = namespacePID
    self.execTime = execTime
    self.session = session
    self.terminalName = terminalName
    self.eventCount = eventCount
  }
}

/// What qualifies a row of the table of processes.
public struct ProcessFlags: OptionSet, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Was there before the recording began; found by the scan.
  public static let foundByScan = ProcessFlags(rawValue: 1 << 0)
  /// Outside the captured container: present only as an ancestor.
  public static let ancestorOnly = ProcessFlags(rawValue: 1 << 1)
  /// The argument vector is shorter than what was there.
  public static let argumentsTruncated = ProcessFlags(rawValue: 1 << 2)
  /// A path of it leads outside its root.
  public static let outsideRoot = ProcessFlags(rawValue: 1 << 3)
  /// Acts in a container's namespaces but is not in its cgroup (nsenter), or was put into a container that ran already
  /// (docker exec, kubectl exec). Of the first such process, and not of what it starts.
  public static let enteredFromOutside = ProcessFlags(rawValue: 1 << 4)
  /// Started before the window, by its own start time, and not seen to start.
  public static let startNotSeen = ProcessFlags(rawValue: 1 << 5)
  /// Is a kernel thread.
  public static let kernelThread = ProcessFlags(rawValue: 1 << 6)
  /// Its program lies in the upper layer of an overlay: it was written since the container was made.
  public static let upperLayer = ProcessFlags(rawValue: 1 << 7)
  /// … and a layer below has it too: the image brought it, and it was changed.
  public static let changedImage = ProcessFlags(rawValue: 1 << 8)
  /// Its program lies in memory alone (memfd).
  public static let memoryImage = ProcessFlags(rawValue: 1 << 9)
  /// No directory held its program any more when it was run.
  public static let deletedImage = ProcessFlags(rawValue: 1 << 10)
  /// A shell that somebody types into: on a terminal, or told to be interactive.
  public static let interactiveShell = ProcessFlags(rawValue: 1 << 11)
  /// A shell whose standard input is a socket.
  public static let socketShell = ProcessFlags(rawValue: 1 << 12)
  /// A runtime put it into the container, and it has not run anything there.
  public static let runtimeSetUp = ProcessFlags(rawValue: 1 << 13)
  /// The container's first process.
  public static let firstProcess = ProcessFlags(rawValue: 1 << 14)

  /// Those that an exec tells of: the column `marks` holds them.
  public static let marks: ProcessFlags = [
    .enteredFromOutside, .upperLayer, .changedImage, .memoryImage, .deletedImage, .interactiveShell, .socketShell,
    .runtimeSetUp, .firstProcess,
  ]
  /// Those that a program has, and its copies: until another one is run.
  public static let ofImage: ProcessFlags = [
    .upperLayer, .changedImage, .memoryImage, .deletedImage, .interactiveShell, .socketShell,
  ]

  /// What the set bits of ``marks`` are called where programs read it.
  public var markNames: [String] { Self.words.filter { contains($0.flag) }.map(\.name) }
  /// … and where people do; the first process and what set it up are not worth a word in every line.
  public var markWords: [String] {
    Self.words.filter { contains($0.flag) && !$0.words.isEmpty }.map(\.words)
  }

  private static let words: [(flag: ProcessFlags, name: String, words: String)] = [
    (.firstProcess, "first_process", ""), (.runtimeSetUp, "runtime_setup", "runtime set-up"),
    (.enteredFromOutside, "entered_from_outside", "entered from outside"),
    (.interactiveShell, "interactive_shell", "interactive shell"), (.socketShell, "socket_shell", "shell on a socket"),
    (.upperLayer, "upper_layer", "program from upper layer"),
    (.changedImage, "changed_image", "changed from the image's"), (.memoryImage, "memory_image", "program in memory"),
    (.deletedImage, "deleted_image", "program deleted"),
  ]
}

/// A list of byte strings that hold no NUL: an argument vector. One allocation for all of them.
public struct ByteList: Hashable, Sendable, ExpressibleByArrayLiteral {
  /// Each item followed by a NUL.
  public var bytes: [UInt8]

  /// A list as the kernel gives an argument vector: NUL-terminated items. A missing last NUL is put there.
  public init(nulTerminated bytes: [UInt8]) {
    self.bytes = bytes
    if let last = bytes.last, last != 0 { self.bytes.append(0) }
  }

  public init(_ items: some Sequence<[UInt8]>) {
    bytes = []
    for item in items {
      bytes.append(contentsOf: item.lazy.filter { $0 != 0 })
      bytes.append(0)
    }
  }

  public init(arrayLiteral elements: String...) { self.init(elements.lazy.map { Array($0.utf8) }) }

  public var items: [[UInt8]] {
    bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init)
  }

  public var count: Int { bytes.count { $0 == 0 } }
}
