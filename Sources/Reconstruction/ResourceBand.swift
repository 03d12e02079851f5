public import CaptureFormat
public import Events

/// What containers took of CPU and memory over time, by their samples.
public struct ResourceBand: Sendable {
  private struct Sample {
    var time: UInt64
    /// Used so far, in nanoseconds.
    var cpu: UInt64?
    var memory: UInt64?
  }

  private var samples: [ContainerKey: [Sample]] = [:]
  private var count = 0
  /// A capture is hostile: what is kept is bounded.
  private static let samplesToKeep = 500_000

  public init() {}

  public var isEmpty: Bool { samples.isEmpty }

  /// Whether a block can hold samples.
  public static func mayMatch(_ entry: BlockEntry) -> Bool {
    entry.rowCount > 0 && entry.kinds.mayContain(.containerResources)
  }

  /// Takes in the samples of one block.
  public mutating func add(_ block: EventBlock, of container: ContainerKey, on line: CommonTime) {
    while block.next() {
      guard block.kind == .containerResources, count < Self.samplesToKeep else { continue }
      func value(_ column: ColumnID) -> UInt64? { block.value(column).map { UInt64(bitPattern: $0) } }
      let sample = Sample(
        time: line.time(block.time, in: block.entry.section).nanoseconds, cpu: value(.cpuUsage),
        memory: value(.memoryCurrent))
      guard sample.cpu != nil || sample.memory != nil else { continue }
      samples[container, default: []].append(sample)
      count += 1
    }
  }

  /// To be called once after the last block: they come in file order.
  public mutating func sort() {
    for key in samples.keys { samples[key]?.sort { $0.time < $1.time } }
  }

  /// CPU and memory in each of `count` equal parts of a span, of several containers together.
  ///
  /// Between two samples a container took what the later one tells, in equal parts; before the first and after the last one
  /// nothing is known.
  ///
  /// - Parameter containers: Nil is all of them.
  public func parts(of containers: Set<ContainerKey>?, from: BootTime, to: BootTime, count: Int) -> ResourceBandParts {
    var parts = ResourceBandParts(count: count)
    guard count > 0, to > from else { return parts }
    let start = Double(from.nanoseconds)
    let width = Double(to.nanoseconds - from.nanoseconds) / Double(count)
    for (key, samples) in samples where containers?.contains(key) ?? true {
      // The most in each part; summed over containers.
      var memory: [Int: UInt64] = [:]
      for (sample, next) in zip(samples, samples.dropFirst()) {
        let low = (Double(sample.time) - start) / width
        let high = (Double(next.time) - start) / width
        guard high >= 0, low < Double(count), next.time > sample.time else { continue }
        var rate: Double?
        if let before = sample.cpu, let after = next.cpu, after >= before {
          rate = Double(after - before) / Double(next.time - sample.time)
        }
        for part in Int(max(low, 0))...min(Int(max(0, min(high, Double(count)))), count - 1) {
          let share = min(Double(part + 1), high) - max(Double(part), low)
          if let rate { parts.cpu[part] = (parts.cpu[part] ?? 0) + rate * max(share, 0) }
          if let taken = sample.memory { memory[part] = max(memory[part] ?? 0, taken) }
        }
      }
      if let last = samples.last, let taken = last.memory {
        let place = (Double(last.time) - start) / width
        if place >= 0, place < Double(count) { memory[Int(place)] = max(memory[Int(place)] ?? 0, taken) }
      }
      for (part, taken) in memory { parts.memory[part] = (parts.memory[part] ?? 0) &+ taken }
    }
    return parts
  }
}

/// CPU and memory by part of a span; nil where nothing is known.
public struct ResourceBandParts: Hashable, Sendable {
  /// 1 is one CPU all the time.
  public var cpu: [Double?]
  /// In bytes.
  public var memory: [UInt64?]

  init(count: Int) {
    cpu = Array(repeating: nil, count: max(count, 0))
    memory = Array(repeating: nil, count: max(count, 0))
  }

  public var mostCPU: Double? { cpu.compactMap { $0 }.max() }
  public var mostMemory: UInt64? { memory.compactMap { $0 }.max() }
}
