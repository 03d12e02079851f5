internal import CaptureFormat
internal import Events
internal import ProbeRecords

extension EventDecoder {
  /// What the struct behind a call's pointer says, as columns.
  func setStruct(_ bytes: UnsafeRawBufferPointer, _ layout: CallRecipe.StructLayout, in builder: EventBlockBuilder) {
    func word(_ index: Int) -> UInt64? {
      guard (index + 1) * 8 <= bytes.count else { return nil }
      return bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
    }
    func half(_ index: Int) -> UInt32? {
      guard (index + 1) * 4 <= bytes.count else { return nil }
      return bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
    }
    func set(_ column: ColumnID, _ value: UInt64?) {
      if let value { builder.set(column, Int64(bitPattern: value)) }
    }
    switch layout {
    case .capabilities:
      // Effective, permitted, inheritable: the low words, then the high ones.
      for (column, index) in [
        (ColumnID.askedEffectiveCapabilities, 0), (.askedPermittedCapabilities, 1), (.askedInheritableCapabilities, 2),
      ] {
        if let low = half(index), let high = half(index + 3) { set(column, UInt64(low) | UInt64(high) << 32) }
      }
    case .groups:
      let groups = (0..<(bytes.count / 4)).compactMap { half($0).map(String.init) }
      builder.set(.groups, string: groups.flatMap { Array($0.utf8) + [0] })
    case .limits:
      set(.softLimit, word(0))
      set(.hardLimit, word(1))
    case .mountAttributes:
      set(.attributesSet, word(0))
      set(.attributesCleared, word(1))
    case .option:
      if bytes.count == 4, let value = half(0) {
        builder.set(.operand, Int64(Int32(bitPattern: value)))
      } else if bytes.contains(where: { $0 != 0 }) {
        builder.set(.data, string: text(of: bytes))
      }
    case .times:
      for (column, index) in [(ColumnID.accessTime, 0), (.modifyTime, 2)] {
        guard let seconds = word(index), let nanoseconds = word(index + 1), nanoseconds < 1_000_000_000 else {
          continue
        }
        set(column, seconds &* 1_000_000_000 &+ nanoseconds)
      }
    case .performance:
      set(.operation, half(0).map(UInt64.init))
      set(.operand, word(1))
    case .character:
      builder.set(.data, string: Array(bytes.prefix(1)))
    }
  }

  /// A name is told as it is (an interface's), anything else in hexadecimal.
  private func text(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let name = Array(bytes.prefix { $0 != 0 })
    if !name.isEmpty, name.count <= 16, name.allSatisfy({ $0 > 32 && $0 < 127 }), bytes.count <= 16 { return name }
    return Array(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().utf8)
  }

  /// Credentials after the call, and before it as far as that is known.
  mutating func setCredentials(_ credentials: at_credentials, _ header: at_header, in builder: EventBlockBuilder) {
    let old = self.credentials.credentials(of: header.tid, header.processKey, before: header.time)
    self.credentials.set(header.tid, header.processKey, credentials, at: header.time)
    for (now, before, value) in CredentialColumns.all {
      builder.set(now, Int64(bitPattern: value(credentials)))
      if let before, let old { builder.set(before, Int64(bitPattern: value(old))) }
    }
  }

  /// The descriptors of a message, and the names of the files behind them.
  mutating func setRights(_ numbers: [Int32], _ files: [at_file], in builder: EventBlockBuilder) {
    guard !numbers.isEmpty else { return }
    builder.set(.passedDescriptors, string: numbers.flatMap { Array(String($0).utf8) + [0] })
    let names = files.map { file -> [UInt8] in
      let definition = file.id == 0 ? nil : self.files.definition(of: FileID(rawValue: file.id))
      if let local = definition?.local ?? definition?.remote { return Array(local.description.utf8) }
      if let path = definition?.path, !path.isEmpty { return path }
      if file.type == UInt8(AT_FILE_SOCKET.rawValue) { return Array("socket:[\(file.inode)]".utf8) }
      return Array("unknown \(file.device >> 20):\(file.device & 0xfffff):\(file.inode)".utf8)
    }
    if !names.isEmpty { builder.set(.passedFiles, string: names.flatMap { $0.filter { $0 != 0 } + [0] }) }
  }

  /// A connect that did not wait has ended.
  mutating func decodeOutcome(_ record: ProbeRecord, _ header: at_header) {
    guard let body = record.body(as: at_outcome.self) else { return countMalformed() }
    guard let builder = beginRow(header, kind: .networkOutcome, result: Int64(body.error)) else { return }
    builder.set(.descriptor, Int64(body.descriptor))
    builder.set(.file, Int64(intern(body.file, in: builder)))
    builder.set(.socketState, Int64(body.socket.state))
    let definition = FileDefinition(file: .unknown, inode: 0, device: 0, mode: 0, type: 0, flags: [])
    definition.describe(body.socket)
    if let remote = definition.remote {
      builder.set(.address, address: remote)
      tellPeer(remote, builder)
      tellOutside(body.file, builder)
    }
    streams.endRow(builder)
  }
}
