internal import Bytes
public import Events

/// What is known of how a process came to its end, beside its exit status.
public struct ProcessDeath: Hashable, Sendable {
  /// Why the signal was sent, as siginfo has it: `SEGV_*`, `SI_*`.
  public var signalCode: Int32?
  /// What a fault was about.
  public var faultAddress: UInt64?
  public var sender: Sender?
  /// Bytes: the limit that was reached; nil where the host had no more.
  public var memoryLimit: UInt64?
  /// Bytes charged when memory ran out; nil where it did not.
  public var memoryUsage: UInt64?
  /// The call that a filter killed for, or that the process was in.
  public var call: SystemCall?
  /// How long the process was in the call, in nanoseconds; nil for a call that was not let in.
  public var callDuration: UInt64?

  /// Who sent the signal.
  public struct Sender: Hashable, Sendable {
    public var key: ProcessKey
    public var name: [UInt8]
    public var container: ContainerKey

    public init(key: ProcessKey, name: [UInt8], container: ContainerKey) {
      self.key = key
      self.name = name
      self.container = container
    }
  }

  public init() {}

  public var isEmpty: Bool { self == ProcessDeath() }
}

extension ProcessDeath {
  /// What an event of a death tells; nil where it tells nothing.
  public init?(_ event: EventBlock) {
    signalCode = event.value(.signalCode).map { Int32(truncatingIfNeeded: $0) }
    faultAddress = event.value(.faultAddress).map { UInt64(bitPattern: $0) }
    if let pid = event.value(.senderPID) {
      sender = Sender(
        key: ProcessKey(
          pid: UInt32(truncatingIfNeeded: pid),
          start: BootTime(nanoseconds: UInt64(bitPattern: event.value(.senderStart) ?? 0))),
        name: event.bytes(.senderName) ?? [],
        container: ContainerKey(rawValue: UInt32(truncatingIfNeeded: event.value(.senderContainer) ?? 0))
          .inSection(event.entry.section))
    }
    memoryLimit = event.value(.memoryLimit).map { UInt64(bitPattern: $0) }
    memoryUsage = event.value(.memoryUsage).map { UInt64(bitPattern: $0) }
    call = event.value(.duringCall).map { SystemCall(packed: UInt32(truncatingIfNeeded: $0)) }
    callDuration = event.value(.duration).map { UInt64(bitPattern: $0) }
    if isEmpty { return nil }
  }

  /// Gives a row of events what is known.
  public func write(to builder: EventBlockBuilder) {
    if let signalCode { builder.set(.signalCode, Int64(signalCode)) }
    if let faultAddress { builder.set(.faultAddress, Int64(bitPattern: faultAddress)) }
    if let sender {
      builder.set(.senderPID, Int64(sender.key.pid))
      builder.set(.senderStart, Int64(bitPattern: sender.key.start.nanoseconds))
      builder.set(.senderName, string: sender.name)
      builder.set(.senderContainer, Int64(sender.container.rawValue))
    }
    if let memoryLimit { builder.set(.memoryLimit, Int64(bitPattern: memoryLimit)) }
    if let memoryUsage { builder.set(.memoryUsage, Int64(bitPattern: memoryUsage)) }
    if let call { builder.set(.duringCall, Int64(call.packed)) }
    if let callDuration { builder.set(.duration, Int64(bitPattern: callDuration)) }
  }

  func write(to table: TableBuilder) {
    table.set(.signalCode, signalCode)
    table.set(.faultAddress, faultAddress)
    table.set(.senderPID, sender?.key.pid)
    table.set(.senderStart, sender?.key.start.nanoseconds)
    table.set(.senderName, sender?.name)
    table.set(.senderContainer, sender?.container.rawValue)
    table.set(.memoryLimit, memoryLimit)
    table.set(.memoryUsage, memoryUsage)
    table.set(.duringCall, call?.packed)
    table.set(.duration, callDuration)
  }

  /// What each row of a table of processes tells; nil where no row tells anything.
  static func rows(_ table: TableReader) throws(ByteError) -> [ProcessDeath?]? {
    let columns: [ColumnID] = [.signalCode, .faultAddress, .senderPID, .memoryUsage, .duringCall]
    guard columns.contains(where: { table.has($0) }) else { return nil }
    var codes = try table.integers(.signalCode)
    var addresses = try table.integers(.faultAddress)
    var pids = try table.integers(.senderPID)
    var starts = try table.integers(.senderStart)
    var names = try table.bytes(.senderName)
    var containers = try table.integers(.senderContainer)
    var limits = try table.integers(.memoryLimit)
    var usages = try table.integers(.memoryUsage)
    var calls = try table.integers(.duringCall)
    var durations = try table.integers(.duration)
    return (0..<table.rowCount).map { row in
      var death = ProcessDeath()
      death.signalCode = codes.exactly(row)
      death.faultAddress = addresses.unsigned(row)
      death.sender = pids.exactly(row).map {
        Sender(
          key: ProcessKey(pid: $0, start: starts.time(row) ?? BootTime(nanoseconds: 0)), name: names[row] ?? [],
          container: table.container(containers.exactly(row) ?? 0))
      }
      death.memoryLimit = limits.unsigned(row)
      death.memoryUsage = usages.unsigned(row)
      let call: UInt32? = calls.exactly(row)
      death.call = call.map { SystemCall(packed: $0) }
      death.callDuration = durations.unsigned(row)
      return death.isEmpty ? nil : death
    }
  }
}
