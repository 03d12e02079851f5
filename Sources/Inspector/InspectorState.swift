internal import CaptureFormat
public import Events
public import Interchange
public import Reconstruction
public import Terminal

public enum Pane: Int, CaseIterable, Hashable, Sendable {
  case timeline, containers, processes, events, detail
  /// How things stood when the window began; where there is room it has the place of ``detail``.
  case state
  /// What went over the network; where there is room it has the place of ``detail``.
  case packets
}

/// Everything that the screen shows is made of this, and of nothing else.
public struct InspectorState: Sendable {
  public var size: ScreenSize
  public var colourCount: Int
  public var isLocal = false
  /// The files that were named, for the chooser.
  public var files: [String]
  public var openFile = 0
  public var tables = CaptureTables()
  public var hasTables = false
  public var focus: Pane = .containers {
    didSet {
      if [.detail, .state, .packets].contains(focus) { shared = focus }
    }
  }
  /// What the place shows that detail, state and packets share.
  public private(set) var shared = Pane.detail
  public var filter = Filter()
  public var containers = ListPlace()
  public var processes = ListPlace()
  public var processRows = ProcessRows()
  public var events = EventList()
  /// What the worker is asked for, made of the filter.
  public internal(set) var selection = EventSelection()
  /// Where in time the person was last: kept while filters come and go.
  public var anchor: EventPosition = .start
  public var detail: EventDetail?
  public var detailScroll = 0
  public var stateLines: [StateLine] = []
  public var statePlace = ListPlace()
  public var packets = PacketList()
  public var axis = Axis()
  public var histogram: Histogram?
  public var band: Band?
  public var search = Search()
  /// What the built-in rules found; nil until it is asked for.
  public var findings: Findings?
  public var overlay = Overlay.none
  public var prompt: Prompt?
  /// What is said at the bottom until the next key.
  public var message: Message?
  public var isFollowing = false
  /// Columns by which the list of events is moved to the left.
  public var horizontal = 0
  public var export: (path: String, count: Int)?
  /// Asked for and not yet answered.
  public var wantedDetail: EventPosition?
  public var wantedHistogram: HistogramRequest?
  public var wantedBand: BandRequest?

  /// Reads what is typed after `:`.
  public var timeResolver: @Sendable (String, CaptureTables) -> Result<BootTime, TimeProblem> = { text, _ in
    .failure(TimeProblem(text: "not a time: \(text)"))
  }

  public init(size: ScreenSize, colourCount: Int = 256, files: [String]) {
    self.size = size
    self.colourCount = colourCount
    self.files = files
  }

  public static let smallest = ScreenSize(columns: 40, rows: 10)
  public var isTooSmall: Bool { size.columns < Self.smallest.columns || size.rows < Self.smallest.rows }
}

/// Where the cursor is in a list, and which row is on top.
public struct ListPlace: Hashable, Sendable {
  public var cursor = 0
  public var top = 0
  public init() {}

  /// Puts both into range, the cursor into view.
  mutating func settle(count: Int, height: Int) {
    cursor = max(0, min(cursor, count - 1))
    let height = max(height, 1)
    if cursor < top { top = cursor }
    if cursor >= top + height { top = cursor - height + 1 }
    top = max(0, min(top, count - height))
  }
}

/// What narrows the events.
public struct Filter: Hashable, Sendable {
  public var container: ContainerKey?
  public var process: ProcessKey?
  public var hasDescendants = false
  public var isFailedOnly = false
  /// Nil is all.
  public var lanes: Set<Lane>?
  public var kinds: Set<EventKind>?
  public var text: TextPattern?
  /// In the language of filters.
  public var expression: EventFilter?
  /// Of time; nil is the whole capture.
  public var range: TimeRange?
  public init() {}
}

public struct TimeRange: Hashable, Sendable {
  public var from: BootTime
  public var to: BootTime
  public init(from: BootTime, to: BootTime) {
    self.from = from
    self.to = to
  }
  public var width: UInt64 { to.nanoseconds >= from.nanoseconds ? to.nanoseconds - from.nanoseconds : 0 }
}

/// The rows of the processes pane.
public struct ProcessRows: Sendable {
  private var forest = ProcessForest([])
  /// Nil is all of the forest.
  private var chosen: [(node: ProcessForest.Node, isWanted: Bool)]?

  public init() {}
  init(_ forest: ProcessForest, range: TimeRange?) {
    self.forest = forest
    if let range { chosen = forest.nodes { $0.livesWithin(range.from, range.to) } }
  }

  public var count: Int { chosen?.count ?? forest.nodes.count }
  /// The node, and whether it is there for itself: else something below it is.
  public subscript(index: Int) -> (node: ProcessForest.Node, isWanted: Bool) {
    chosen?[index] ?? (forest.nodes[index], true)
  }

  func place(of key: ProcessKey) -> Int? { (0..<count).first { self[$0].node.process.key == key } }
}

/// The part of the list of events that is in memory: without gaps, and around the cursor.
public struct EventList: Sendable {
  public var lines: [EventLine] = []
  public var place = ListPlace()
  /// Nothing wanted lies before, or after, what is here.
  public var isAtStart = false
  public var isAtEnd = false
  /// Where the next page begins, or the one before ends.
  public var before: EventPosition = .start
  public var after: EventPosition = .start
  public var isLoadingBefore = false
  public var isLoadingAfter = false
  public var generation = 0
  /// The cursor goes to the last line of what comes.
  public var wantsLast = false
  /// The cursor goes to this place when it comes.
  public var wantedPosition: EventPosition?
  public init() {}

  public var current: EventLine? { lines.element(place.cursor) }
}

/// The time axis.
public struct Axis: Hashable, Sendable {
  /// The column of the cursor within the axis, when the pane has the focus.
  public var cursor = 0
  /// The other end of a range that is being marked.
  public var mark: Int?
  public init() {}
}

public struct Histogram: Hashable, Sendable {
  public var request: HistogramRequest
  /// By lane, then by part.
  public var counts: [[UInt32]]
}

/// CPU and memory over the span of the axis.
public struct Band: Hashable, Sendable {
  public var request: BandRequest
  public var parts: ResourceBandParts
}

public struct Search: Hashable, Sendable {
  public var pattern: TextPattern?
  public var generation = 0
  public var result: SearchResult?
  /// A jump that waits for a match: forwards or backwards.
  public var isJumpingForward: Bool?
  public init() {}
}

public struct TimeProblem: Error, Hashable, Sendable {
  public var text: String
  public init(text: String) { self.text = text }
}

public struct Message: Hashable, Sendable {
  public var text: String
  public var isProblem = false
}

public enum Overlay: Hashable, Sendable {
  case none
  case help(scroll: Int)
  case filter(ListPlace)
  case detail
  case files(ListPlace)
  case findings(ListPlace)
}

/// What the built-in rules found so far.
public struct Findings: Hashable, Sendable {
  public var items: [Finding] = []
  /// Of what is to be read, 0 to 1.
  public var progress = 0.0
}

/// A line that is being typed.
public struct Prompt: Hashable, Sendable {
  public enum Purpose: Hashable, Sendable {
    /// In the list of that pane.
    case search(Pane)
    case time, export, text, expression
  }
  /// What is wrong with what was typed, and where in it.
  public struct Problem: Hashable, Sendable {
    public var message: String
    /// What would help.
    public var hint: String?
    /// In characters of the text.
    public var place: Range<Int>
  }
  public var purpose: Purpose
  public var text: String
  /// Shown until something is typed.
  public var problem: Problem?
  /// Characters before the cursor.
  public var cursor: Int

  public init(_ purpose: Purpose, _ text: String = "") {
    self.purpose = purpose
    self.text = text
    cursor = text.unicodeScalars.count
  }

  public var label: String {
    switch purpose {
    case .search(.containers): "in containers /"
    case .search(.processes): "in processes /"
    case .search(.state): "in what was open at the start /"
    case .search(.packets): "in packets /"
    case .search: "in events /"
    case .time: "go to time: "
    case .export: "export to: "
    case .text: "only events with: "
    case .expression: "filter: "
    }
  }
}
