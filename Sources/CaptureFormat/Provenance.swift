public import Events

/// Where a capture comes from. Written as key and value, so that a reader shows keys it does not know.
public struct Provenance: Hashable, Sendable {
  /// In the order they are written and shown.
  public var properties: [Property]

  public struct Property: Hashable, Sendable {
    public var key: String
    public var value: String
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  public init(properties: [Property] = []) { self.properties = properties }

  /// The first value of `key`. Setting replaces it, or appends where there is none; nil removes.
  public subscript(key: Key) -> String? {
    get { properties.first { $0.key == key.rawValue }?.value }
    set {
      let index = properties.firstIndex { $0.key == key.rawValue }
      switch (index, newValue) {
      case (let index?, let value?): properties[index].value = value
      case (let index?, nil): properties.remove(at: index)
      case (nil, let value?): properties.append(.init(key: key.rawValue, value: value))
      case (nil, nil): break
      }
    }
  }

  /// The keys that this version writes. A key may stand more than once (`parent`, `operation`).
  public struct Key: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let captureID = Key(rawValue: "capture.uuid")
    public static let recorderInstance = Key(rawValue: "recorder.instance")
    public static let toolVersion = Key(rawValue: "tool.version")
    public static let hostName = Key(rawValue: "host.name")
    public static let machineID = Key(rawValue: "host.id")
    public static let bootID = Key(rawValue: "host.boot.id")
    public static let kernelRelease = Key(rawValue: "host.kernel.release")
    public static let kernelVersion = Key(rawValue: "host.kernel.version")
    public static let architecture = Key(rawValue: "host.architecture")
    public static let clock = Key(rawValue: "clock.source")
    /// How the events were come by: `live` probes, or a conversion.
    public static let source = Key(rawValue: "recording.source")
    public static let commandLine = Key(rawValue: "recording.command")
    public static let filter = Key(rawValue: "recording.filter")
    /// Bytes a call that are kept of payload: `files=256 sockets=256 dns=8176 terminals=8176 output=4096`.
    public static let payload = Key(rawValue: "recording.payload")
    /// Capture UUID that this one was made from.
    public static let parent = Key(rawValue: "parent.uuid")
    /// What was done to make it: `slice`, `redact` …
    public static let operation = Key(rawValue: "operation")
  }
}

/// What a capture says of itself: names for every number that stands in it.
public struct Catalogue: Sendable {
  public struct Kind: Hashable, Sendable {
    public var number: UInt16
    public var name: String
    public var summary: String
    public init(number: UInt16, name: String, summary: String) {
      self.number = number
      self.name = name
      self.summary = summary
    }
  }
  public typealias Cause = Kind

  public struct Call: Hashable, Sendable {
    public var abi: UInt8
    public var number: UInt16
    public var name: String
    public init(abi: UInt8, number: UInt16, name: String) {
      self.abi = abi
      self.number = number
      self.name = name
    }
  }

  public var kinds: [Kind] = []
  public var columns: [ColumnDescription] = []
  public var calls: [Call] = []
  public var causes: [Cause] = []

  public init(kinds: [Kind] = [], columns: [ColumnDescription] = [], calls: [Call] = [], causes: [Cause] = []) {
    self.kinds = kinds
    self.columns = columns
    self.calls = calls
    self.causes = causes
  }

  /// Everything this version knows, with the names of system calls that the recorder passes in.
  public static func current(calls: [Call]) -> Catalogue {
    Catalogue(
      kinds: EventKind.catalogue.map { .init(number: $0.kind.rawValue, name: $0.name, summary: $0.summary) },
      columns: ColumnID.catalogue, calls: calls, causes: LossCause.catalogue)
  }
}
