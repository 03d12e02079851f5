internal import CaptureFormat
internal import Events
internal import Posix
internal import ProbeRecords
internal import SystemCalls

extension EventDecoder {
  /// A request to io_uring: held when it is submitted, told when it is complete.
  mutating func decodeRing(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_ring.self) else { return countMalformed() }
    if body.stage == UInt8(AT_RING_SUBMITTED) { return rings.keep(record.bytes, id: body.id) }
    let submission = rings.take(body.id)
    if header.tgid == UInt32(processID) {
      // The recorder's own: see whether all of it came.
      let path = submission?.withUnsafeBytes { Self.field(AT_FIELD_PATH, of: $0) }
      if body.result >= 0, path == Array(Self.trialPath.utf8) { rings.trial = .seen }
      return
    }
    let fields = UnsafeRawBufferPointer(rebasing: record.bytes[MemoryLayout<at_ring>.size...])
    tell(body, header, submission: submission, fields: fields)
  }

  static let trialPath = "/proc/self/status"

  private static func field(_ id: at_field_id, of bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    ProbeRecord(bytes)?.fields(after: MemoryLayout<at_ring>.size).first { $0.id == id.rawValue }.map { Array($0.bytes) }
  }

  /// Tells of requests of which no completion will come: that they were made is all that is known.
  mutating func settleRings(_ now: UInt64, isEnd: Bool = false) {
    if case .made(let time) = rings.trial, now > time + 1_000_000_000 || isEnd { rings.trial = .unseen }
    for bytes in rings.takeStale(silentBefore: isEnd ? .max : now &- 1_000_000_000) {
      let body = bytes.withUnsafeBytes { $0.loadUnaligned(as: at_ring.self) }
      guard body.header.tgid != UInt32(processID) else { continue }
      var header = body.header
      header.time = now
      header.flags |= UInt32(AT_FLAG_UNFINISHED)
      tell(body, header, submission: bytes, fields: UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  /// As the record of the call that does the same.
  private mutating func tell(
    _ body: at_ring, _ completion: at_header, submission: [UInt8]?, fields: UnsafeRawBufferPointer
  ) {
    var header = completion
    var arguments = body.arguments
    var early: ArraySlice<UInt8> = []
    var ring = body
    if let submission {
      let asked = submission.withUnsafeBytes { $0.loadUnaligned(as: at_ring.self) }
      header = asked.header
      header.time = completion.time
      header.cpu = completion.cpu
      header.flags |= completion.flags
      if Self.areTransfers & 1 << UInt64(body.opcode & 63) == 0 { arguments = asked.arguments }
      ring.flags |= asked.flags
      early = submission[MemoryLayout<at_ring>.size...]
    }
    let isUnplaced = arguments.1 == .max
    let name = isUnplaced ? RingOperation.unplacedCall(body.opcode) : RingOperation.call(body.opcode)
    guard let call = name.flatMap({ SystemCallTable.call(named: $0, abi: RingRequests.abi) }) else {
      return tellRequest(ring, header)
    }
    header.abi = call.abi
    header.number = Int16(call.number)
    let recipe = recipes[call]
    // What the kernel adds by itself: O_LARGEFILE.
    if recipe?.kind == .fileOpen { arguments.2 &= ~0o100000 }
    let isFailed = body.result < 0 && body.result >= -4095
    var lane = (isFailed ? recipe?.failureLane : recipe?.lane) ?? .detail
    if let recipe, recipe.flags & UInt32(AT_RECIPE_WRITE_OPEN) != 0, !isFailed {
      // As the probe chooses for the call: O_ACCMODE, O_CREAT, O_TRUNC, O_TMPFILE.
      lane = arguments.2 & 0o20_001_103 != 0 ? .activity : .detail
    }
    header.lane = lane.rawValue
    header.field_count = 1
    var bytes: [UInt8] = []
    if recipe?.form == .transfer || recipe?.form == .descriptor {
      let file = fields.isEmpty ? nil : Self.file(in: fields)
      var transfer = at_transfer(
        header: header, result: body.result, count: arguments.2, offset: arguments.1,
        file: file ?? early.withUnsafeBytes { Self.file(in: $0) } ?? at_file(), descriptor: body.descriptor, unused: 0)
      transfer.header.form = UInt8((recipe?.form ?? .transfer).rawValue)
      withUnsafeBytes(of: transfer) { bytes.append(contentsOf: $0) }
    } else {
      var record = at_call(header: header, result: body.result, arguments: arguments)
      record.header.form = UInt8((recipe?.form == .detailed ? CallRecipe.Form.detailed : .call).rawValue)
      // sendmsg and recvmsg have no argument for their bytes: the sixth place holds them, as the probe has it.
      if recipe?.message != 0, recipe?.form == .detailed, recipe?.kind != .networkBind {
        record.arguments.5 = arguments.2
      }
      if recipe == nil, !early.isEmpty { return tellNamed(record, early, body.duration) }
      withUnsafeBytes(of: record) { bytes.append(contentsOf: $0) }
    }
    bytes += early
    bytes += fields
    let slept = at_blocked(id: UInt16(AT_FIELD_BLOCKED.rawValue), flags: 0, length: 8, duration: body.duration)
    if header.flags & UInt32(AT_FLAG_UNFINISHED) == 0 { withUnsafeBytes(of: slept) { bytes.append(contentsOf: $0) } }
    // A file in the ring's own table is no descriptor of the process's.
    let isDirect = ring.flags & UInt8(AT_RING_DIRECT) != 0
    let ledger = descriptors
    if isDirect { descriptors = nil }
    bytes.withUnsafeBytes { if let record = ProbeRecord($0) { decode(record) } }
    if isDirect { descriptors = ledger }
  }

  /// What is like no call: its name and its result.
  private mutating func tellRequest(_ body: at_ring, _ header: at_header) {
    var header = header
    header.number = -1
    header.lane = Lane.detail.rawValue
    guard let builder = beginRow(header, kind: .ringRequest, result: body.result) else { return }
    builder.set(.ringOperation, Int64(body.opcode))
    if body.descriptor >= 0, Self.areOnFiles & 1 << UInt64(body.opcode & 63) != 0 {
      builder.set(.descriptor, Int64(body.descriptor))
    }
    builder.set(.duration, Int64(bitPattern: body.duration))
    streams.endRow(builder)
  }

  /// A call that is not taken apart, of which the request named a file all the same: statx.
  private mutating func tellNamed(_ call: at_call, _ fields: ArraySlice<UInt8>, _ duration: UInt64) {
    guard let builder = beginRow(call.header, kind: .call, result: call.result) else { return }
    if call.header.flags & UInt32(AT_FLAG_UNFINISHED) == 0 { builder.set(.duration, Int64(bitPattern: duration)) }
    fields.withUnsafeBytes { bytes in
      var base: at_file?
      var name: [UInt8]?
      for field in RecordFields(bytes: bytes, position: 0) where field.flags & UInt32(AT_FLAG_UNREADABLE) == 0 {
        if field.id == AT_FIELD_PATH.rawValue { name = Array(field.bytes) }
        if field.id == AT_FIELD_BASE.rawValue { base = field.value(as: at_file.self) }
      }
      let directory = base.flatMap { $0.id == 0 ? nil : files.definition(of: FileID(rawValue: $0.id))?.path }
      if let name { builder.set(.path, string: path(joining: name, to: directory)) }
    }
    streams.endRow(builder)
  }

  /// Those of which the descriptor that was passed means one: POLL_ADD, URING_CMD, FSETXATTR, FGETXATTR, RECV_ZC, EPOLL_WAIT.
  private static let areOnFiles: UInt64 = [6, 41, 43, 46, 58, 59].reduce(0) { $0 | 1 << $1 }

  /// IORING_OP_ of those whose arguments are told at the end: READV … and the families of send and receive.
  private static let areTransfers: UInt64 = [1, 2, 4, 5, 9, 10, 22, 23, 26, 27, 47, 48, 49].reduce(0) { $0 | 1 << $1 }

  private static func file(in fields: UnsafeRawBufferPointer) -> at_file? {
    RecordFields(bytes: fields, position: 0).first { $0.id == AT_FIELD_FILE.rawValue }?.value(as: at_file.self)
  }
}
