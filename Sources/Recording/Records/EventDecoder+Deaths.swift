internal import CaptureFormat
internal import Events
internal import Posix
internal import ProbeRecords

/// What is known of the deaths that have begun, until each process's exit comes.
struct DeathLedger {
  /// Exits that were lost leave theirs behind.
  private static let limit = 4096
  private var deaths: [ProcessKey: ProcessDeath] = [:]

  subscript(key: ProcessKey) -> ProcessDeath? {
    get { deaths[key] }
    set {
      if deaths.count >= Self.limit, deaths[key] == nil { deaths = [:] }
      deaths[key] = newValue
    }
  }

  mutating func take(_ key: ProcessKey) -> ProcessDeath? { deaths.isEmpty ? nil : deaths.removeValue(forKey: key) }
}

/// A call that a signal cut short: what a process was in when it dies of the signal.
struct InterruptedCall {
  var call: SystemCall
  var thread: UInt32
  var duration: UInt64
  var time: UInt64

  /// A signal that comes later than this was another one.
  static let life: UInt64 = 100_000_000
}

/// The last such call of each process. Most live on, and ends may be lost: few are kept, and those not for long.
struct InterruptedCalls {
  static let limit = 1024
  private var calls: [ProcessKey: InterruptedCall] = [:]
  var count: Int { calls.count }

  mutating func note(_ call: InterruptedCall, of process: ProcessKey) {
    if calls.count >= Self.limit, calls[process] == nil {
      calls = calls.filter { call.time &- $0.value.time < InterruptedCall.life }
      if calls.count >= Self.limit { calls = [:] }
    }
    calls[process] = call
  }

  mutating func take(_ process: ProcessKey) -> InterruptedCall? {
    calls.isEmpty ? nil : calls.removeValue(forKey: process)
  }
}

extension EventDecoder {
  /// Gives the row how long its call slept, of a record that says it behind its fixed part.
  mutating func setDuration(
    _ record: ProbeRecord, _ header: at_header, _ result: Int64, after length: Int, _ builder: EventBlockBuilder
  ) {
    for field in record.fields(after: length) { takeDuration(field, header, result, builder) }
  }

  /// The same of one field; any other than the one that says it is passed by.
  mutating func takeDuration(
    _ field: RecordFields.Field, _ header: at_header, _ result: Int64, _ builder: EventBlockBuilder
  ) {
    guard field.id == AT_FIELD_BLOCKED.rawValue, let duration = field.value(as: UInt64.self) else { return }
    setDuration(duration, header, result, builder)
  }

  mutating func setDuration(
    _ duration: UInt64, _ header: at_header, _ result: Int64, _ builder: EventBlockBuilder
  ) {
    builder.set(.duration, Int64(bitPattern: duration))
    let interrupted: Int64 = -4
    guard result == interrupted || header.flags & UInt32(AT_FLAG_RESTARTED) != 0, let call = header.call else { return }
    interruptedCalls.note(
      InterruptedCall(call: call, thread: header.tid, duration: duration, time: header.time), of: header.processKey)
  }

  /// The call that the thread was in until the signal came; what lies further back was another signal's.
  private mutating func callCutShort(by header: at_header) -> InterruptedCall? {
    guard let call = interruptedCalls.take(header.processKey), call.thread == header.tid,
      header.time &- call.time < InterruptedCall.life
    else { return nil }
    return call
  }

  /// A signal ends the process: its exit follows.
  mutating func decodeFatal(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_fatal.self) else { return countMalformed() }
    var death = deaths[header.processKey] ?? ProcessDeath()
    death.signalCode = body.code
    if body.has_address != 0 { death.faultAddress = body.address }
    if body.sender_tgid != 0 {
      death.sender = ProcessDeath.Sender(
        key: ProcessKey(pid: body.sender_tgid, start: BootTime(nanoseconds: body.sender_start)),
        name: name(body.sender_comm),
        container: attribution.place(cgroup: body.sender_cgroup, mountNamespace: 0).container)
    }
    if let call = header.call {
      death.call = call
    } else if let cut = callCutShort(by: header) {
      death.call = cut.call
      death.callDuration = cut.duration
    }
    deaths[header.processKey] = death
    // The call is what the death is about, not what the event is.
    var header = header
    header.number = -1
    guard let builder = beginRow(header, kind: .signalFatal, result: 0) else { return }
    builder.set(.signal, Int64(body.signal))
    death.write(to: builder)
    for field in record.fields(after: MemoryLayout<at_fatal>.size) where field.id == AT_FIELD_STACK.rawValue {
      builder.set(.frames, string: field.bytes)
    }
    streams.endRow(builder)
  }

  /// The kernel will kill the process for want of memory.
  mutating func decodeOutOfMemory(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_oom.self) else { return countMalformed() }
    var death = deaths[header.processKey] ?? ProcessDeath()
    let page = UInt64(pageSize)
    if body.limit != 0 { death.memoryLimit = body.limit &* page }
    death.memoryUsage = body.usage &* page
    deaths[header.processKey] = death
    guard let builder = beginRow(header, kind: .memoryExhausted, result: 0) else { return }
    death.write(to: builder)
    if body.cgroup != 0 {
      builder.set(.cgroup, Int64(bitPattern: body.cgroup))
      if let path = attribution.resolver.path(ofCgroup: CgroupID(rawValue: body.cgroup)) {
        builder.set(.cgroupPath, string: "\(path)")
      }
    }
    streams.endRow(builder)
  }
}
