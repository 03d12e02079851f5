internal import CaptureFormat
internal import Events
internal import ProbeRecords

extension EventDecoder {
  /// What the fields of one detailed call say: in place, valid while the record is.
  private struct Details {
    var path: UnsafeRawBufferPointer?
    var secondPath: UnsafeRawBufferPointer?
    var base: at_file?
    var secondBase: at_file?
    var file: at_file?
    var secondFile: at_file?
    var address: UnsafeRawBufferPointer?
    var socket: UnsafeRawBufferPointer?
    var pair: (Int32, Int32)?
    var text: UnsafeRawBufferPointer?
    var secondText: UnsafeRawBufferPointer?
    var thirdText: UnsafeRawBufferPointer?
    var bytes: UnsafeRawBufferPointer?
    var credentials: UnsafeRawBufferPointer?
    var rights: UnsafeRawBufferPointer?
    var blocked: UInt64?
    var payload = PayloadField()
    var notes = EventFlags()

    var hasText: Bool { text != nil || secondText != nil || thirdText != nil }

    mutating func take(_ record: ProbeRecord) {
      for field in record.fields(after: MemoryLayout<at_call>.size) {
        if field.id == AT_FIELD_PAYLOAD.rawValue {
          payload.take(field)
          continue
        }
        let flags = EventFlags(rawValue: field.flags)
        notes.formUnion(flags)
        if flags.contains(.unreadable) { continue }
        switch field.id {
        case AT_FIELD_PATH.rawValue: path = field.bytes
        case AT_FIELD_SECOND_PATH.rawValue: secondPath = field.bytes
        case AT_FIELD_BASE.rawValue: base = field.value(as: at_file.self)
        case AT_FIELD_SECOND_BASE.rawValue: secondBase = field.value(as: at_file.self)
        case AT_FIELD_FILE.rawValue: file = field.value(as: at_file.self)
        case AT_FIELD_SECOND_FILE.rawValue: secondFile = field.value(as: at_file.self)
        case AT_FIELD_ADDRESS.rawValue: address = field.bytes
        case AT_FIELD_SOCKET.rawValue:
          socket = field.bytes.count >= MemoryLayout<at_socket>.size ? field.bytes : nil
        case AT_FIELD_BLOCKED.rawValue: blocked = field.value(as: UInt64.self)
        case AT_FIELD_PAIR.rawValue:
          pair = field.value(as: UInt64.self).map {
            (Int32(truncatingIfNeeded: $0), Int32(truncatingIfNeeded: $0 >> 32))
          }
        case AT_FIELD_TEXT.rawValue: text = field.bytes
        case AT_FIELD_SECOND_TEXT.rawValue: secondText = field.bytes
        case AT_FIELD_THIRD_TEXT.rawValue: thirdText = field.bytes
        case AT_FIELD_BYTES.rawValue: bytes = field.bytes
        case AT_FIELD_CREDENTIALS.rawValue: credentials = field.bytes
        case AT_FIELD_RIGHTS.rawValue: rights = field.bytes
        default: break
        }
      }
    }
  }

  mutating func decodeDetailed(_ record: ProbeRecord, _ header: at_header) {
    let outline = recipes.outline(of: header.call)
    guard let body = record.body(as: at_call.self), outline.form != nil else { return countMalformed() }
    var details = Details()
    details.take(record)
    var notes = details.notes
    let isViaRing = header.flags & UInt32(AT_FLAG_VIA_RING) != 0
    if isViaRing {
      // The kernel's own copies.
    } else if details.path != nil || details.address != nil || details.hasText || details.bytes != nil {
      notes.insert(.fromUserMemory)
    }
    let kind = kind(of: outline, body)
    guard let builder = beginRow(header, kind: kind, result: body.result, flags: notes) else { return }
    if descriptors != nil {
      trackDetailedCall(
        currentProcess, header, body, file: details.file, secondFile: details.secondFile, pair: details.pair)
    }
    recipes.forEachArgument(of: outline) { argument in
      // Without one of these no mode is passed, and the register holds whatever it held.
      if argument.column == .mode, kind == .fileOpen, argument.index > 2,
        body.argument(argument.index - 1) & Self.makesFile == 0
      {
        return
      }
      if isViaRing, isUnknownOfRing(argument, body) { return }
      builder.set(argument.column, argument.value(of: body.argument(argument.index)))
    }
    if let file = details.file, file.type != UInt8(AT_FILE_NONE.rawValue) {
      builder.set(.file, Int64(intern(file, in: builder)))
    }
    if let blocked = details.blocked { setDuration(blocked, header, body.result, builder) }
    setPaths(details, outline, in: builder)
    let peer = setAddress(details, in: builder)
    if kind == .networkConnect, let address = peer?.address {
      tellPeer(address, builder)
      if let file = details.file { noteAttempt(file, address, header, blocked: details.blocked) }
    }
    if kind == .networkConnect || kind == .networkAccept, let file = details.file { tellOutside(file, builder) }
    if kind == .networkReceive, isNameService(details, peer) { learnNames(details.payload, kind, header, builder) }
    if let pair = details.pair {
      builder.set(.descriptor, Int64(pair.0))
      builder.set(.secondDescriptor, Int64(pair.1))
    }
    if let second = details.secondFile, second.type != UInt8(AT_FILE_NONE.rawValue) {
      builder.set(.secondFile, Int64(intern(second, in: builder)))
    }
    setMore(details, record, outline, header, body, in: builder)
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
    _ details: Details, _ record: ProbeRecord, _ outline: RecipeTable.Outline, _ header: at_header, _ body: at_call,
    in builder: EventBlockBuilder
  ) {
    if details.hasText {
      for (place, text) in [details.text, details.secondText, details.thirdText].enumerated() {
        if let text, let column = recipes.textColumn(of: outline, place) { builder.set(column, string: text) }
      }
    }
    if let bytes = details.bytes, let layout = outline.layout, isMeant(layout, body) {
      setStruct(bytes, layout, in: builder)
    }
    if let credentials = details.credentials, credentials.count >= MemoryLayout<at_credentials>.size {
      setCredentials(credentials.loadUnaligned(as: at_credentials.self), header, in: builder)
    }
    if let rights = details.rights, rights.count >= 4 {
      takeRights(rights, record, outline, header, body, in: builder)
    }
    // Of a connect that does not wait: whether it was connected by the time that it returned.
    if outline.kind == .networkConnect, body.result == -115, let socket = details.socket {
      builder.set(.socketState, Int64(socket.loadUnaligned(as: at_socket.self).state))
    }
  }

  /// The descriptors that a message brought, and the files behind the first of them.
  private mutating func takeRights(
    _ rights: UnsafeRawBufferPointer, _ record: ProbeRecord, _ outline: RecipeTable.Outline, _ header: at_header,
    _ body: at_call, in builder: EventBlockBuilder
  ) {
    let numbers = stride(from: 0, to: rights.count & ~3, by: 4).map {
      rights.loadUnaligned(fromByteOffset: $0, as: Int32.self)
    }
    let files = record.fields(after: MemoryLayout<at_call>.size).compactMap {
      $0.id == AT_FIELD_RIGHT_FILE.rawValue ? $0.value(as: at_file.self) : nil
    }
    if outline.kind == .networkReceive { trackRights(currentProcess, header, body, numbers, files) }
    setRights(numbers, files, in: builder)
  }

  /// TIOCSTI alone of the calls in its range points to a character.
  private func isMeant(_ layout: CallRecipe.StructLayout, _ body: at_call) -> Bool {
    layout != .character || body.arguments.1 == 0x5412
  }

  /// unlinkat removes a directory when it is asked to: the event is named after what it does.
  private func kind(of outline: RecipeTable.Outline, _ body: at_call) -> EventKind {
    let removeDirectory: UInt64 = 0x200
    if outline.kind == .fileUnlink, outline.directory != 0, body.arguments.2 & removeDirectory != 0 {
      return .fileRemoveDirectory
    }
    return outline.kind
  }

  /// A path is the program's own string, joined to the directory that the kernel named.
  ///
  /// A relative path whose directory is unknown stays relative: it is never joined to a guess. A symbolic link's
  /// target is text, relative to nothing.
  private mutating func setPaths(_ details: Details, _ outline: RecipeTable.Outline, in builder: EventBlockBuilder) {
    if let argument = details.path {
      setPath(.path, argument, in: outline.kind == .fileSymlink ? nil : details.base, builder)
    }
    if let argument = details.secondPath {
      setPath(.secondPath, argument, in: details.secondBase ?? sharedBase(details, outline), builder)
    }
  }

  private mutating func setPath(
    _ column: ColumnID, _ argument: UnsafeRawBufferPointer, in directory: at_file?, _ builder: EventBlockBuilder
  ) {
    guard argument.first != UInt8(ascii: "/"), let directory, directory.id != 0,
      let base = files.definition(of: FileID(rawValue: directory.id))?.path
    else { return builder.set(column, string: argument) }
    joinedPath.removeAll(keepingCapacity: true)
    joinedPath.append(contentsOf: base)
    append(argument, toPath: &joinedPath)
    builder.set(column, string: joinedPath)
  }

  /// rename(2) and its like take both names from the working directory: the probe sends it once.
  private func sharedBase(_ details: Details, _ outline: RecipeTable.Outline) -> at_file? {
    outline.directory == 0 && outline.secondDirectory == 0 ? details.base : nil
  }

  /// With whom a call had to do: as a call's own argument, or as the socket's other end.
  private struct Peer {
    var encoded: EncodedAddress
    var address: SocketAddress? { encoded.withUnsafeBytes { SocketAddress(encoded: Array($0)) } }
  }

  /// The address that was passed; for accept and connected sockets the one that the kernel holds.
  private mutating func setAddress(_ details: Details, in builder: EventBlockBuilder) -> Peer? {
    if let passed = details.address {
      if let peer = EncodedAddress(passed: passed) { return set(peer, in: builder) }
      if let address = SocketAddress(socketAddress: Array(passed)) {
        builder.set(.address, address: address)
        return nil
      }
    }
    if let socket = details.socket?.loadUnaligned(as: at_socket.self) {
      return EncodedAddress(family: socket.family, port: socket.remote_port, storage: socket.remote_address).map {
        set($0, in: builder)
      }
    }
    // What has an address has a name that changes with it: the definition says it.
    guard let file = details.file, file.type == UInt8(AT_FILE_SOCKET.rawValue), file.id != 0,
      let peer = files.definition(of: FileID(rawValue: file.id))?.peer
    else { return nil }
    return set(peer, in: builder)
  }

  private func set(_ address: EncodedAddress, in builder: EventBlockBuilder) -> Peer {
    address.withUnsafeBytes { builder.set(.address, string: $0) }
    return Peer(encoded: address)
  }

  private func isNameService(_ details: Details, _ peer: Peer?) -> Bool {
    details.file?.payload_class == UInt8(AT_PAYLOAD_DNS.rawValue) || peer?.encoded.port == 53
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
