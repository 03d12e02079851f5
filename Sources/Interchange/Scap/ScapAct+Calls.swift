internal import CaptureFormat
internal import Events
internal import Posix

extension ScapAct {
  /// A call of a type of its own: its row, with what it changes taken along.
  func apply(_ plan: ScapPlan.CallPlan) throws(SystemError) {
    let told = call.exit.integer(.res) ?? makes(plan) ?? call.exit.integer(.fd) ?? call.exit.integer(.uid)
    let result = told ?? 0
    var lane = result < 0 ? plan.failureLane : plan.lane
    var file = described(plan, result)
    if plan.kind == .fileOpen, result >= 0, isWriting(plan) { lane = .activity }
    // A connection that is not waited for has its addresses all the same: EINPROGRESS.
    if result >= 0 || (plan.kind == .networkConnect && result == -115) { file = change(plan, result, file) ?? file }
    try row(plan.kind, lane, plan.call, result: result, flags: told == nil ? .resultUnknown : []) { builder in
      describe(plan, result, file, builder)
    }
    if plan.kind == .fileClose, result >= 0, let number = call.integer(.fd) { state.close(number, in: process) }
  }

  func tellUnfinished(_ plan: ScapPlan.CallPlan) throws(SystemError) {
    let file = described(plan, 0)
    try row(plan.kind, plan.lane, plan.call, result: 0, flags: .unfinished) { builder in
      describe(plan, 0, file, builder)
    }
  }

  /// The descriptor that the call made, where it is its result; nil where it makes none.
  private func makes(_ plan: ScapPlan.CallPlan) -> Int64? {
    switch plan.name {
    case "open", "openat", "openat2", "open_by_handle_at", "creat", "socket", "accept", "accept4", "memfd_create",
      "pidfd_open", "pidfd_getfd", "bpf":
      call.exit.integer(.fd) ?? call.exit.integer(.resultOrDescriptor)
    default: nil
    }
  }

  private func isWriting(_ plan: ScapPlan.CallPlan) -> Bool {
    guard let flags = call.integer(.flags) else { return plan.name == "creat" }
    // Writes, creates or cuts.
    return flags & (1 << 1 | 1 << 2 | 1 << 8) != 0
  }

  /// The open file that the call is about.
  private func described(_ plan: ScapPlan.CallPlan, _ result: Int64) -> ScapFile? {
    if makes(plan) != nil { return nil }
    let number = call.integer(.fd) ?? call.integer(.oldfd) ?? call.integer(.sourceDescriptor)
    return number.flatMap { state.file($0, of: process) }
  }

  // MARK: What it changes

  /// - Returns: The file that the row is about from here on.
  private func change(_ plan: ScapPlan.CallPlan, _ result: Int64, _ file: ScapFile?) -> ScapFile? {
    switch plan.kind {
    case .fileOpen: return opened(plan, result)
    case .networkSocket:
      var made = plain(.socket)
      made.socketType = call.integer(.type).map { UInt16(truncatingIfNeeded: $0 & 0xF) }
      made.networkProtocol = call.integer(.proto).map { UInt16(truncatingIfNeeded: $0) }
      if made.networkProtocol == 0 { made.networkProtocol = nil }
      return open(result, made, closesOnExec: (call.integer(.type) ?? 0) & 0o2_000_000 != 0)
    case .networkConnect: return connected(file)
    case .networkAccept:
      var made = plain(.socket)
      if let bytes = call.exit.bytes(.tuple), let tuple = ScapTuple(bytes) {
        // The peer is told first.
        made.localAddress = SocketAddress(tuple.destination)
        made.remoteAddress = SocketAddress(tuple.source)
      }
      made.socketType = 1
      return open(result, made)
    case .networkBind:
      guard let file, let bytes = call.exit.bytes(.addr) else { return file }
      guard let address = SocketAddress(ScapTuple.address(bytes)) else { return file }
      return renewed(file) { $0.localAddress = address }
    case .networkListen:
      file?.isListening = true
      return file
    case .networkPair:
      for field in [ScapField.fd1, .fd2] {
        if let number = call.integer(field) { open(number, plain(.socket)) }
      }
      return nil
    case .pipeCreate:
      var made = plain(.pipe)
      made.inode = call.integer(.ino).map { UInt64(bitPattern: $0) } ?? 0
      made.path = Array("pipe:[\(made.inode)]".utf8)
      for field in [ScapField.fd1, .fd2] { if let number = call.integer(field) { open(number, made) } }
      return nil
    case .descriptorDuplicate:
      if let file { state.open(result, file, in: process) }
      return file
    case .memoryFile:
      var made = plain(.regular)
      made.path = call.string(.name).map { Array("/memfd:".utf8) + $0 }
      return open(result, made)
    case .processHandle: return open(result, named("anon_inode:[pidfd]"))
    case .kernelFaultHandler: return open(result, named("anon_inode:[userfaultfd]"))
    case .kernelProgram:
      return result > 2 ? open(result, named("anon_inode:bpf")) : nil
    case .processDirectory:
      if let path = path(.path) ?? file?.file.path { process.row.workingDirectory = path }
      return file
    case .credentialsUser:
      if let user = call.integer(.uid) ?? call.integer(.ruid), user >= 0, user < Int64(UInt32.max) {
        process.row.userID = UInt32(user)
      }
      return file
    case .credentialsGroup:
      if let group = call.integer(.gid) ?? call.integer(.rgid), group >= 0, group < Int64(UInt32.max) {
        process.row.groupID = UInt32(group)
      }
      return file
    case .processControl:
      // PR_SET_NAME.
      if call.integer(.option) == 15, let name = call.string(.secondText), thread.tid == Int64(process.row.key.pid) {
        process.row.comm = Array(name.prefix(15))
        process.generation += 1
      }
      return file
    default: return changedByName(plan, result, file)
    }
  }

  private func changedByName(_ plan: ScapPlan.CallPlan, _ result: Int64, _ file: ScapFile?) -> ScapFile? {
    switch plan.name {
    case "fcntl":
      if let file, ScapFlags.isDuplicating(command: call.integer(.cmd) ?? 0) { state.open(result, file, in: process) }
      return file
    case "eventfd", "eventfd2": return open(result, named("anon_inode:[eventfd]"))
    case "timerfd_create": return open(result, named("anon_inode:[timerfd]"))
    case "inotify_init", "inotify_init1": return open(result, named("anon_inode:inotify"))
    case "epoll_create", "epoll_create1": return open(result, named("anon_inode:[eventpoll]"))
    case "io_uring_setup": return open(result, named("anon_inode:[io_uring]"))
    case "signalfd", "signalfd4":
      return file ?? open(result, named("anon_inode:[signalfd]"))
    default: return file
    }
  }

  private func plain(_ type: FileType) -> BlockFile {
    BlockFile(id: .unknown, inode: 0, device: 0, type: type, mode: 0)
  }

  private func named(_ name: String) -> BlockFile {
    var file = plain(.anonymous)
    file.path = Array(name.utf8)
    return file
  }

  @discardableResult
  private func open(_ number: Int64, _ file: BlockFile, closesOnExec: Bool = false) -> ScapFile {
    let made = state.makeFile(file)
    made.closesOnExec = closesOnExec
    state.open(number, made, in: process)
    return made
  }

  private func opened(_ plan: ScapPlan.CallPlan, _ result: Int64) -> ScapFile {
    let flags = call.integer(.flags).map(ScapFlags.linuxOpen) ?? (plan.name == "creat" ? 0o1101 : 0)
    var file = plain(flags & ScapFlags.directory != 0 ? .directory : .regular)
    file.path = openedPath(plan)
    file.inode = call.integer(.ino).map { UInt64(bitPattern: $0) } ?? 0
    file.device = call.integer(.dev).map { ScapDescriptorEntry.device(UInt32(truncatingIfNeeded: $0)) } ?? 0
    file.openFlags = UInt32(truncatingIfNeeded: flags)
    return open(result, file, closesOnExec: flags & ScapFlags.closeOnExec != 0)
  }

  private func openedPath(_ plan: ScapPlan.CallPlan) -> [UInt8]? {
    plan.name == "open_by_handle_at"
      ? path(.path) : path(.name, directory: plan.name.hasPrefix("openat") ? .dirfd : nil)
  }

  private func connected(_ file: ScapFile?) -> ScapFile? {
    guard let file else { return nil }
    return renewed(file) { made in
      if let bytes = call.exit.bytes(.tuple), let tuple = ScapTuple(bytes) {
        if let local = SocketAddress(tuple.source) { made.localAddress = local }
        if let remote = SocketAddress(tuple.destination) { made.remoteAddress = remote }
      } else if let bytes = call.bytes(.addr), let remote = SocketAddress(ScapTuple.address(bytes)) {
        made.remoteAddress = remote
      }
    }
  }

  /// A file that is described otherwise has another number: rows before keep what was so then.
  private func renewed(_ file: ScapFile, _ change: (inout BlockFile) -> Void) -> ScapFile {
    var description = file.file
    change(&description)
    if description != file.file { state.renew(file, description) }
    return file
  }

  // MARK: What it says

  private func describe(
    _ plan: ScapPlan.CallPlan, _ result: Int64, _ file: ScapFile?, _ builder: EventBlockBuilder
  ) {
    // Memory that is of no file has descriptor −1.
    if makes(plan) == nil, call.integer(.fd).map({ $0 >= 0 || plan.kind != .call }) ?? false {
      set(.descriptor, .fd, builder)
    }
    set(.file, file, builder)
    switch plan.kind {
    case .fileOpen:
      if let path = openedPath(plan) { builder.set(.path, string: path) }
      if let flags = call.integer(.flags) {
        builder.set(.openFlags, ScapFlags.linuxOpen(flags))
        if flags & (1 << 2 | 1 << 13) != 0 { set(.mode, .mode, builder) }
      } else {
        set(.mode, .mode, builder)
      }
    case .fileRead, .fileWrite, .networkSend, .networkReceive, .processPeek, .processPoke:
      describeTransfer(plan, result, builder)
    case .fileRename, .fileLink:
      if let path = path(.oldpath, directory: plan.kind == .fileLink ? .olddir : .olddirfd) {
        builder.set(.path, string: path)
      }
      if let path = path(.newpath, directory: plan.kind == .fileLink ? .newdir : .newdirfd) {
        builder.set(.secondPath, string: path)
      }
    case .fileSymlink:
      set(.path, text: .target, builder)
      if let path = path(.linkpath, directory: .linkdirfd) { builder.set(.secondPath, string: path) }
    case .networkConnect:
      if let remote = call.exit.bytes(.tuple).flatMap(ScapTuple.init)?.destination, let address = SocketAddress(remote)
      {
        builder.set(.address, address: address)
      } else if let bytes = call.bytes(.addr), let address = SocketAddress(ScapTuple.address(bytes)) {
        builder.set(.address, address: address)
      }
    case .networkAccept:
      if let address = file?.file.remoteAddress, result >= 0 { builder.set(.address, address: address) }
    case .networkBind:
      if let bytes = call.bytes(.addr), let address = SocketAddress(ScapTuple.address(bytes)) {
        builder.set(.address, address: address)
      }
    case .networkListen: set(.backlog, .backlog, builder)
    case .networkSocket, .networkPair:
      set(.family, .domain, builder)
      set(.socketType, .type, builder)
      set(.networkProtocol, .proto, builder)
      if plan.kind == .networkPair { describePair(builder) }
    case .pipeCreate: describePair(builder)
    case .descriptorDuplicate:
      if call.integer(.fd) == nil { set(.descriptor, .oldfd, builder) }
      set(.secondDescriptor, .newfd, builder)
    case .fileTransfer:
      set(.descriptor, .sourceDescriptor, builder)
      set(.secondDescriptor, .targetDescriptor, builder)
      if let number = call.integer(.targetDescriptor) { set(.secondFile, state.file(number, of: process), builder) }
      set(.count, .size, builder)
      set(.count, .len, builder)
    case .credentialsUser:
      setID(.askedID, call.integer(.uid) != nil ? .uid : .ruid, builder)
      setID(.askedEffectiveID, .euid, builder)
      setID(.askedSavedID, .suid, builder)
    case .credentialsGroup:
      setID(.askedID, call.integer(.gid) != nil ? .gid : .rgid, builder)
      setID(.askedEffectiveID, .egid, builder)
      setID(.askedSavedID, .sgid, builder)
    case .credentialsCapabilities:
      set(.askedEffectiveCapabilities, .effectiveCapabilities, builder)
      set(.askedPermittedCapabilities, .permittedCapabilities, builder)
      set(.askedInheritableCapabilities, .inheritableCapabilities, builder)
    case .processSignal:
      set(.targetPID, .pid, builder)
      set(.targetThread, .tid, builder)
      set(.signal, .sig, builder)
    case .namespaceEnter, .namespaceUnshare:
      if let flags = call.integer(.nstype) ?? call.integer(.flags) {
        builder.set(.callFlags, ScapFlags.linuxClone(flags))
      }
    case .mountAttach:
      set(.source, text: .dev, builder)
      if let path = path(.dir) { builder.set(.path, string: path) }
      set(.objectType, text: .type, builder)
      set(.callFlags, .flags, builder)
    default: describeOther(plan, builder)
    }
  }

  private func describePair(_ builder: EventBlockBuilder) {
    set(.descriptor, .fd1, builder)
    set(.secondDescriptor, .fd2, builder)
    if let number = call.integer(.fd1) { set(.file, state.file(number, of: process), builder) }
    if let number = call.integer(.fd2) { set(.secondFile, state.file(number, of: process), builder) }
  }

  private func describeTransfer(_ plan: ScapPlan.CallPlan, _ result: Int64, _ builder: EventBlockBuilder) {
    set(.count, .size, builder)
    set(.offset, .pos, builder)
    if plan.kind == .processPeek || plan.kind == .processPoke { set(.targetPID, .pid, builder) }
    if let bytes = call.bytes(.tuple), let tuple = ScapTuple(bytes),
      let address = SocketAddress(plan.kind == .networkSend ? tuple.destination : tuple.source)
    {
      builder.set(.address, address: address)
    } else if let bytes = call.bytes(.addr), let address = SocketAddress(ScapTuple.address(bytes)) {
      builder.set(.address, address: address)
    }
    guard result > 0, let data = call.exit.bytes(.data), data.count > 0 else { return }
    builder.set(.payloadLength, result)
    builder.set(payload: data)
  }

  private func describeOther(_ plan: ScapPlan.CallPlan, _ builder: EventBlockBuilder) {
    for field in [ScapField.path, .filename, .pathname] + (plan.kind == .call ? [.name] : []) {
      if let path = path(field, directory: .dirfd) {
        builder.set(.path, string: path)
        break
      }
    }
    switch plan.kind {
    case .fileUnlink, .mountDetach:
      if let path = path(.name, directory: .dirfd) { builder.set(.path, string: path) }
      set(.callFlags, .flags, builder)
    case .fileMakeDirectory: set(.mode, .mode, builder)
    case .fileChangeMode: set(.mode, .mode, builder)
    case .fileMakeNode:
      set(.mode, .mode, builder)
      set(.deviceNumber, .dev, builder)
    case .fileChangeOwner:
      setID(.userID, .uid, builder)
      setID(.groupID, .gid, builder)
    case .processControl:
      set(.operation, .option, builder)
      set(.operand, .secondNumber, builder)
      set(.objectName, text: .secondText, builder)
    case .processTrace: set(.targetPID, .pid, builder)
    case .processGroup:
      set(.targetPID, .pid, builder)
      set(.operand, .pgid, builder)
    case .processHandle: set(.targetPID, .pid, builder)
    case .descriptorTake:
      set(.descriptor, .processDescriptor, builder)
      set(.secondDescriptor, .foreignDescriptor, builder)
    case .memoryFile, .kernelModuleUnload: set(.objectName, text: .name, builder)
    case .kernelModuleLoad: set(.data, text: .uargs, builder)
    case .mountConfigure: set(.objectName, text: .key, builder)
    case .processLimit:
      set(.operation, .resource, builder)
      set(.softLimit, call.integer(.cur) != nil ? .cur : .newcur, builder)
      set(.hardLimit, call.integer(.max) != nil ? .max : .newmax, builder)
    case .networkShutdown: set(.operation, .how, builder)
    default:
      set(.length, .length, builder)
      if let flags = call.integer(.prot) { builder.set(.protection, ScapFlags.linuxProtection(flags)) }
      if plan.name.hasPrefix("mmap"), let flags = call.integer(.flags) {
        builder.set(.mappingFlags, ScapFlags.linuxMapping(flags))
      }
      if plan.name == "lseek" { set(.offset, .offset, builder) }
      if plan.name == "ioctl" { set(.operation, .request, builder) }
      if plan.name == "fcntl" { set(.operand, .arg, builder) }
    }
  }

  /// An id of −1 leaves things as they are.
  private func setID(_ column: ColumnID, _ field: ScapField, _ builder: EventBlockBuilder) {
    guard let value = call.integer(field) else { return }
    builder.set(column, value == Int64(UInt32.max) ? -1 : value)
  }
}

extension SocketAddress {
  init?(_ address: ScapTuple.Address) {
    switch address {
    case .inet(let bytes, let port): self.init(bytes, port)
    case .unix(let path): self = .unix(path: path)
    case .none: return nil
    }
  }
}
