public import Events
public import Interchange
public import Reconstruction

/// What the worker is asked for.
public enum WorkerRequest: Hashable, Sendable {
  case page(PageRequest)
  case detail(EventPosition)
  case histogram(HistogramRequest)
  case band(BandRequest)
  case search(SearchRequest)
  case cancelSearch
  /// What the built-in rules find.
  case findings
  case packets(PacketRequest)
  case export(ExportRequest)
  /// Has the file grown?
  case refresh
  /// Another capture, in place of the one that is open.
  case open(path: String)
}

public struct PageRequest: Hashable, Sendable {
  /// Answers to an older one are of no use any more.
  public var generation: Int
  public var selection: EventSelection
  /// Forwards: the first position wanted. Backwards: the first that is not.
  public var anchor: EventPosition
  public var isForward: Bool
  public var limit: Int
}

public struct HistogramRequest: Hashable, Sendable {
  public var selection: EventSelection
  public var from: BootTime
  public var to: BootTime
  public var parts: Int
}

/// CPU and memory over a span.
public struct BandRequest: Hashable, Sendable {
  /// Nil is all of them.
  public var containers: Set<ContainerKey>?
  public var from: BootTime
  public var to: BootTime
  public var parts: Int
}

public struct SearchRequest: Hashable, Sendable {
  public var generation: Int
  /// With the text.
  public var selection: EventSelection
  /// Where to begin; the search goes round.
  public var from: EventPosition
}

public struct ExportRequest: Hashable, Sendable {
  public var selection: EventSelection
  public var path: String
}

/// What the worker answers.
public enum WorkerResult: Sendable {
  case tables(CaptureTables)
  case page(PageResult)
  case detail(EventDetail)
  case histogram(HistogramRequest, [[UInt32]])
  case band(BandRequest, ResourceBandParts)
  case search(SearchResult)
  /// Those so far, the gravest first; how much is read, 0 to 1.
  case findings([Finding], progress: Double)
  case packets(PacketsResult)
  case exported(path: String, count: Int, isDone: Bool)
  /// The file was looked at again.
  case refreshed(hasGrown: Bool)
  /// Something could not be done; the rest goes on.
  case failure(String)
  /// A file that could not be opened or written.
  case problem(String)
}

public struct PageResult: Sendable {
  public var request: PageRequest
  /// In ascending order.
  public var lines: [EventLine]
  /// Where the next page goes on.
  public var reached: EventPosition
  /// There is nothing beyond.
  public var isAtEnd: Bool
  /// Nothing more comes for this request.
  public var isDone: Bool
}

public struct SearchResult: Hashable, Sendable {
  public var generation: Int
  /// All that was found so far, ascending.
  public var matches: [EventPosition]
  /// Of what is to be searched, 0 to 1.
  public var progress: Double
  public var isDone: Bool
  /// There are more than are kept.
  public var isCut: Bool
}
