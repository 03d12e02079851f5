internal import CaptureFormat
internal import Events
internal import ProbeRecords

extension EventDecoder {
  /// What the fields of one detailed call say.
  private struct Details {
    var path: [UInt8]?
    var secondPath: [UInt8]?
    var base: at_file?
    var secondBase: at_file?
    var file: at_file?
    var secondFile: at_file?
    var address: [UInt8]?
    var socket: at_socket?
    var pair: (Int32, Int32)?
    var texts: [(place: Int, bytes: [UInt8])] = []
    var bytes: UnsafeRawBufferPointer?
    var credentials: at_credentials?
    var rights: [Int32] = []
    var rightFiles: [at_file] = []
    var blocked: UInt64?
    var payload = PayloadField()
    var notes = EventFlags()
  }

  mutating func decodeDetailed(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_call.self), let call = header.call, let recipe = recipes[call] else {
      return countMalformed()
    }
    let details = details(of: record)
    var notes = details.notes
    let isViaRing = header.flags & UInt32(AT_FLAG_VIA_RING) != 0
    if isViaRing {
      // The kernel's own copies.
    } else if details.path != nil || details.address != nil || !details.texts.isEmpty || details.bytes != nil {
      notes.insert(.fromUserMemory)
    }
    let kind = kind(of: recipe, body)
    guard let builder = beginRow(header, kind: kind, result: body.result, flags: notes) else { return }
    trackDetailedCall(
      currentProcess, header, body, file: details.file, secondFile: details.secondFile, pair: details.pair)
    trackRights(currentProcess, header, recipe, body, details.rights, details.rightFiles)
    for argument in recipe.arguments {
      // Without one of these no mode is passed, and the register holds whatever it held.
      if argument.column == .mode, kind == .fileOpen, argument.index > 2,
        body.argument(argument.index - 1) & Self.makesFile == 0
      {
        continue
      }
      if isViaRing, isUnknownOfRing(argument, body) { continue }
      builder.set(argument.column, argument.value(of: body.argument(argument.index)))
    }
    if let file = details.file, file.type != UInt8(AT_FILE_NONE.rawValue) {
      builder.set(.file, Int64(intern(file, in: builder)))
    }
    if let blocked = details.blocked { setDuration(blocked, header, body.result, builder) }
    setPaths(details, recipe, in: builder)
    let address = setAddress(details, in: builder)
    if kind == .networkConnect, let address {
      tellPeer(address, builder)
      if let file = details.file { noteAttempt(file, address, header, blocked: details.blocked) }
    }
    if kind == .networkConnect || kind == .networkAccept, let file = details.file { tellOutside(file, builder) }
    if kind == .networkReceive, isNameService(details, address) { learnNames(details.payload, kind, header, builder) }
    if let pair = details.pair {
      builder.set(.descriptor, Int64(pair.0))
      builder.set(.secondDescriptor, Int64(pair.1))
    }
    if let second = details.secondFile, second.type != UInt8(AT_FILE_NONE.rawValue) {
      builder.set(.secondFile, Int64(intern(second, in: builder)))
    }
    setMore(details, recipe, header, body, in: builder)
    details.payload.write(
      to: builder, masksSecrets: masksSecrets, keys: &openKeys,
      stream: details.file.map { Self.stream(of: $0, isGiven: kind == .networkSend || kind == .fileWrite) } ?? 0)
    streams.endRow(builder)
  }

  /// A slot in place of a descriptor, or a length that nobody noted.
  private func isUnknownOfRing(_ argument: CallRecipe.Argument, _ body: at_call) -> Bool {
    let value = argument.value(of: body.argument(argument.index))
    switch argument.column {
    case .descriptor, .secondDescriptor: return value < 0
    case .count: return value == 0 && argument.index == 6
    default: return false
    }
  }

  /// O_CREAT and what O_TMPFILE has beside O_DIRECTORY.
  private static let makesFile: UInt64 = 0o20_000_100

  /// What few calls have.
  private mutating func setMore(
    _ details: Details, _ recipe: CallRecipe, _ header: at_header, _ body: at_call, in builder: EventBlockBuilder
  ) {
    for text in details.texts where text.place < recipe.textColumns.count {
      builder.set(recipe.textColumns[text.place], string: text.bytes)
    }
    if let bytes = details.bytes, let layout = recipe.layout, isMeant(layout, body) {
      setStruct(bytes, layout, in: builder)
    }
    if let credentials = details.credentials { setCredentials(credentials, header, in: builder) }
    if !details.rights.isEmpty { setRights(details.rights, details.rightFiles, in: builder) }
    // Of a connect that does not wait: whether it was connected by the time that it returned.
    if recipe.kind == .networkConnect, body.result == -115, let socket = details.socket {
      builder.set(.socketState, Int64(socket.state))
    }
  }

  /// TIOCSTI alone of the calls in its range points to a character.
  private func isMeant(_ layout: CallRecipe.StructLayout, _ body: at_call) -> Bool {
    layout != .character || body.arguments.1 == 0x5412
  }

  /// unlinkat removes a directory when it is asked to: the event is named after what it does.
  private func kind(of recipe: CallRecipe, _ body: at_call) -> EventKind {
    let removeDirectory: UInt64 = 0x200
    if recipe.kind == .fileUnlink, recipe.directory != 0, body.arguments.2 & removeDirectory != 0 {
      return .fileRemoveDirectory
    }
    return recipe.kind
  }

  private func details(of record: ProbeRecord) -> Details {
    var details = Details()
    for field in record.fields(after: MemoryLayout<at_call>.size) {
      let flags = EventFlags(rawValue: field.flags)
      if field.id == AT_FIELD_PAYLOAD.rawValue {
        details.payload.take(field)
        continue
      }
      details.notes.formUnion(flags)
      if flags.contains(.unreadable) { continue }
      switch field.id {
      case AT_FIELD_PATH.rawValue: details.path = Array(field.bytes)
      case AT_FIELD_SECOND_PATH.rawValue: details.secondPath = Array(field.bytes)
      case AT_FIELD_BASE.rawValue: details.base = field.value(as: at_file.self)
      case AT_FIELD_SECOND_BASE.rawValue: details.secondBase = field.value(as: at_file.self)
      case AT_FIELD_FILE.rawValue: details.file = field.value(as: at_file.self)
      case AT_FIELD_SECOND_FILE.rawValue: details.secondFile = field.value(as: at_file.self)
      case AT_FIELD_ADDRESS.rawValue: details.address = Array(field.bytes)
      case AT_FIELD_SOCKET.rawValue: details.socket = field.value(as: at_socket.self)
      case AT_FIELD_BLOCKED.rawValue: details.blocked = field.value(as: UInt64.self)
      case AT_FIELD_PAIR.rawValue: details.pair = field.value(as: UInt64.self).map(splitPair)
      case AT_FIELD_TEXT.rawValue: details.texts.append((0, Array(field.bytes)))
      case AT_FIELD_SECOND_TEXT.rawValue: details.texts.append((1, Array(field.bytes)))
      case AT_FIELD_THIRD_TEXT.rawValue: details.texts.append((2, Array(field.bytes)))
      case AT_FIELD_BYTES.rawValue: details.bytes = field.bytes
      case AT_FIELD_CREDENTIALS.rawValue: details.credentials = field.value(as: at_credentials.self)
      case AT_FIELD_RIGHTS.rawValue:
        details.rights = stride(from: 0, to: field.bytes.count & ~3, by: 4).map {
          field.bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self)
        }
      case AT_FIELD_RIGHT_FILE.rawValue:
        if let file = field.value(as: at_file.self) { details.rightFiles.append(file) }
      default: break
      }
    }
    return details
  }

  private func splitPair(_ packed: UInt64) -> (Int32, Int32) {
    (Int32(truncatingIfNeeded: packed), Int32(truncatingIfNeeded: packed >> 32))
  }

  /// A path is the program's own string, joined to the directory that the kernel named.
  ///
  /// A relative path whose directory is unknown stays relative: it is never joined to a guess. A symbolic link's
  /// target is text, relative to nothing.
  private mutating func setPaths(_ details: Details, _ recipe: CallRecipe, in builder: EventBlockBuilder) {
    let isText = recipe.kind == .fileSymlink
    if let argument = details.path {
      builder.set(.path, string: isText ? argument : path(joining: argument, to: known(details.base)))
    }
    if let argument = details.secondPath {
      builder.set(
        .secondPath, string: path(joining: argument, to: known(details.secondBase ?? sharedBase(details, recipe))))
    }
  }

  /// rename(2) and its like take both names from the working directory: the probe sends it once.
  private func sharedBase(_ details: Details, _ recipe: CallRecipe) -> at_file? {
    recipe.directory == 0 && recipe.secondDirectory == 0 ? details.base : nil
  }

  private mutating func known(_ directory: at_file?) -> [UInt8]? {
    guard let directory, directory.id != 0 else { return nil }
    return files.definition(of: FileID(rawValue: directory.id))?.path
  }

  /// The address that was passed; for accept and connected sockets the one that the kernel holds.
  private func setAddress(_ details: Details, in builder: EventBlockBuilder) -> SocketAddress? {
    if let address = details.address.flatMap({ SocketAddress(socketAddress: $0) }) {
      builder.set(.address, address: address)
      return address
    }
    if let socket = details.socket {
      let definition = FileDefinition(file: .unknown, inode: 0, device: 0, mode: 0, type: 0, flags: [])
      definition.describe(socket)
      if let remote = definition.remote { builder.set(.address, address: remote) }
      return definition.remote
    }
    return nil
  }

  private func isNameService(_ details: Details, _ address: SocketAddress?) -> Bool {
    if details.file?.payload_class == UInt8(AT_PAYLOAD_DNS.rawValue) { return true }
    switch address {
    case .ipv4(_, let port), .ipv6(_, let port): return port == 53
    default: return false
    }
  }
}

extension at_call {
  /// The raw argument with this 1-based index.
  func argument(_ index: Int) -> UInt64 {
    switch index {
    case 1: arguments.0
    case 2: arguments.1
    case 3: arguments.2
    case 4: arguments.3
    case 5: arguments.4
    default: arguments.5
    }
  }
}
