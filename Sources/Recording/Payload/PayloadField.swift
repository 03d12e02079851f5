internal import CaptureFormat
internal import Events
internal import ProbeRecords

/// What the payload fields of a record hold: one, or one for each message of an array.
///
///     0         8
///     +---------+---------------------+
///     | u64     | the first bytes of  |
///     | length  | what went through   |
///     +---------+---------------------+
struct PayloadField {
  /// Bytes that went through, before they were cut.
  private(set) var length: UInt64 = 0
  private(set) var isMasked = false
  /// One field alone is used in place; of several the bytes stand here, one after another.
  private var single: UnsafeRawBufferPointer?
  private var joined: [UInt8] = []
  private(set) var isThere = false

  mutating func take(_ field: RecordFields.Field) {
    guard field.id == AT_FIELD_PAYLOAD.rawValue, let length = field.value(as: UInt64.self) else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: field.bytes.dropFirst(MemoryLayout<UInt64>.size))
    self.length &+= length
    if EventFlags(rawValue: field.flags).contains(.masked) { isMasked = true }
    if !isThere {
      single = bytes
    } else {
      if let single { joined = Array(single) }
      single = nil
      joined.append(contentsOf: bytes)
    }
    isThere = true
  }

  /// Hands over what was kept; valid while the record is.
  func read<Result>(_ body: (RawSpan) -> Result) -> Result? {
    guard isThere else { return nil }
    if let single { return body(single.bytes) }
    return body(joined.span.bytes)
  }

  /// Gives the row its payload, secrets masked; valid while the record is.
  ///
  /// - Parameters:
  ///   - keys: Of private keys that go through in pieces.
  ///   - stream: Through which file, and which way.
  func write(to builder: EventBlockBuilder, masksSecrets: Bool, keys: inout OpenKeys, stream: UInt64) {
    guard isThere else { return }
    builder.set(.payloadLength, Int64(bitPattern: length))
    if isMasked { builder.insertIntoFlags(.masked) }
    if let single {
      write(single, to: builder, masksSecrets, &keys, stream)
    } else {
      joined.withUnsafeBytes { write($0, to: builder, masksSecrets, &keys, stream) }
    }
  }

  private func write(
    _ bytes: UnsafeRawBufferPointer, to builder: EventBlockBuilder, _ masksSecrets: Bool, _ keys: inout OpenKeys,
    _ stream: UInt64
  ) {
    var secrets = masksSecrets ? SecretMask.secrets(in: bytes) : []
    if masksSecrets, stream != 0 {
      let goesOn = keys.take(bytes, length: length, through: stream, secrets: secrets)
      if !goesOn.isEmpty { secrets.append(goesOn) }
    }
    if secrets.isEmpty { return builder.set(payload: bytes) }
    var masked = Array(bytes)
    for range in secrets { for index in range { masked[index] = UInt8(ascii: "*") } }
    builder.insertIntoFlags(.masked)
    masked.withUnsafeBytes { builder.set(payload: $0) }
  }
}
