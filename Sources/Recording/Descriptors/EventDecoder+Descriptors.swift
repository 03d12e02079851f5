internal import CaptureFormat
internal import Events
internal import ProbeRecords
internal import SystemCalls

/// Keeps what processes have open up to date with their calls. Only where somebody asks for it: the armed recorder.
extension EventDecoder {
  /// The file of a record, and what it is called.
  private mutating func definition(of file: at_file?) -> FileDefinition? {
    guard let file, file.id != 0 else { return nil }
    return files.definition(of: FileID(rawValue: file.id))
  }

  /// A read, a write, or any other call that names a descriptor and its file.
  @inline(__always)
  mutating func trackUse(_ process: Int, _ descriptor: Int32, _ file: at_file, at time: UInt64) {
    guard let isKnown = descriptors?.knows(process, descriptor, file), !isKnown else { return }
    let definition = definition(of: file)
    descriptors?.correct(process, descriptor, file, at: time, definition)
  }

  /// close, dup, fcntl(F_DUPFD) and listen.
  mutating func trackDescriptorCall(_ process: Int, _ header: at_header, _ body: at_transfer) {
    guard descriptors != nil else { return }
    let definition = definition(of: body.file)
    let isThere = body.file.type != UInt8(AT_FILE_NONE.rawValue)
    let number = Int64(body.descriptor)
    switch effects[header.call] {
    case .close:
      // EINTR and EIO close as well; EBADF says that there was nothing.
      if isThere {
        // Another thread got the number before the call had returned.
        trackUse(process, body.descriptor, body.file, at: header.time)
      } else if body.result == 0 || body.result == -4 || body.result == -5 {
        descriptors?.close(process, number...number, at: header.time)
      }
    case .duplicate where body.result >= 0:
      // dup3's flags are not in the record.
      let isPlain = header.call.map { !effects.mayCloseOnExec($0) } ?? false
      descriptors?.duplicate(
        process, body.descriptor, as: Int32(truncatingIfNeeded: body.result), isThere ? body.file : nil,
        at: header.time, flags: isPlain ? [] : .doubtfulExec, definition)
    case .control where body.result >= 0:
      let isCloseOnExec = body.offset == 1030
      descriptors?.duplicate(
        process, body.descriptor, as: Int32(truncatingIfNeeded: body.result), isThere ? body.file : nil,
        at: header.time, flags: isCloseOnExec ? .closesOnExec : [], definition)
    case .listen where body.result == 0:
      if isThere { trackUse(process, body.descriptor, body.file, at: header.time) }
      descriptors?.change(process, number...number) { $0.insert(.listening) }
    default:
      if isThere { trackUse(process, body.descriptor, body.file, at: header.time) }
    }
  }

  /// A call of which only the raw arguments are known.
  mutating func trackRawCall(_ process: Int, _ header: at_header, _ body: at_call) {
    guard descriptors != nil, let call = header.call, body.result >= 0 else { return }
    switch effects[call] {
    case .closeRange:
      let first = Int64(UInt32(truncatingIfNeeded: body.arguments.0))
      let last = Int64(UInt32(truncatingIfNeeded: body.arguments.1))
      guard first <= last else { return }
      if body.arguments.2 & 2 != 0 { descriptors?.unshare(process) }
      if body.arguments.2 & 4 != 0 {
        descriptors?.change(process, first...last) { $0 = $0.subtracting(.doubtfulExec).union(.closesOnExec) }
      } else {
        descriptors?.close(process, first...last, at: header.time)
      }
    case .control where body.arguments.1 == 2:
      mark(process, body.arguments.0, isCloseOnExec: body.arguments.2 & 1 != 0)
    case .ioctl where body.arguments.1 == 0x5451: mark(process, body.arguments.0, isCloseOnExec: true)
    case .ioctl where body.arguments.1 == 0x5450: mark(process, body.arguments.0, isCloseOnExec: false)
    case .unshare where body.arguments.0 & 0x400 != 0: descriptors?.unshare(process)
    case .make:
      guard let maker = effects.maker(call) else { return }
      let isCloseOnExec = maker.argument < 0 || maker.argument > 0 && body.argument(maker.argument) & maker.bit != 0
      let definition = maker.name.map {
        FileDefinition(
          file: .unknown, inode: 0, device: 0, mode: 0, type: UInt8(AT_FILE_ANONYMOUS.rawValue), path: Array($0.utf8))
      }
      descriptors?.open(
        process, Int32(truncatingIfNeeded: body.result), nil, at: header.time,
        flags: isCloseOnExec ? .closesOnExec : [], definition)
    default: break
    }
  }

  private mutating func mark(_ process: Int, _ descriptor: UInt64, isCloseOnExec: Bool) {
    let number = Int64(Int32(truncatingIfNeeded: descriptor))
    descriptors?.change(process, number...number) { flags in
      flags.remove(.doubtfulExec)
      if isCloseOnExec { flags.insert(.closesOnExec) } else { flags.remove(.closesOnExec) }
    }
  }

  /// A call with its files: opened, accepted, made as a pair, or just used.
  mutating func trackDetailedCall(
    _ process: Int, _ header: at_header, _ body: at_call, file: at_file?, secondFile: at_file?, pair: (Int32, Int32)?
  ) {
    guard descriptors != nil, body.result >= 0, let call = header.call else { return }
    let bit = DescriptorEffects.closeOnExec
    let flagWord: UInt64
    switch effects[call] {
    case .open: flagWord = body.arguments.1
    case .openAt, .openHow: flagWord = body.arguments.2
    case .create, .accept, .pipe: flagWord = 0
    case .socket, .pipe2, .socketPair: flagWord = body.arguments.1
    case .accept4: flagWord = body.arguments.3
    case .unshare: return trackRawCall(process, header, body)
    case .make:
      guard let file, let maker = effects.maker(call) else { return trackRawCall(process, header, body) }
      let isCloseOnExec = maker.argument < 0 || maker.argument > 0 && body.argument(maker.argument) & maker.bit != 0
      let definition = definition(of: file)
      descriptors?.open(
        process, Int32(truncatingIfNeeded: body.result), file, at: header.time,
        flags: isCloseOnExec ? .closesOnExec : [], definition)
      return
    default:
      // The descriptor of what is used is the first argument of all these calls.
      guard let file, recipes.outline(of: call).descriptor == 1 else { return }
      return trackUse(process, Int32(truncatingIfNeeded: body.arguments.0), file, at: header.time)
    }
    let flags: DescriptorFlags = flagWord & bit != 0 ? .closesOnExec : []
    let definition = definition(of: file)
    guard let pair else {
      descriptors?.open(
        process, Int32(truncatingIfNeeded: body.result), file, at: header.time, flags: flags, definition)
      return
    }
    let second = self.definition(of: secondFile)
    descriptors?.open(process, pair.0, file, at: header.time, flags: flags, definition)
    descriptors?.open(process, pair.1, secondFile, at: header.time, flags: flags, second)
  }
}

extension EventDecoder {
  /// A message brought descriptors: the receiver has them from now on.
  mutating func trackRights(
    _ process: Int, _ header: at_header, _ body: at_call, _ numbers: [Int32], _ files: [at_file]
  ) {
    guard descriptors != nil else { return }
    let isCloseOnExec = body.arguments.2 & 0x4000_0000 != 0  // MSG_CMSG_CLOEXEC
    for (number, file) in zip(numbers, files) where file.type != UInt8(AT_FILE_NONE.rawValue) {
      let definition = definition(of: file)
      descriptors?.open(
        process, number, file, at: header.time, flags: isCloseOnExec ? .closesOnExec : [], definition)
    }
  }
}

extension DescriptorFlags {
  /// Whether it goes at exec is not known. Never written: an exec makes it ``doubtful``.
  static let doubtfulExec = DescriptorFlags(rawValue: 1 << 31)
}

extension DescriptorEffects {
  /// dup3 can; dup and dup2 cannot.
  func mayCloseOnExec(_ call: SystemCall) -> Bool { call == dup3(call.abi) }
  private func dup3(_ abi: UInt8) -> SystemCall? { SystemCallTable.call(named: "dup3", abi: abi) }
}
