import ProbeRecords

/// A record copied out of a ring, with its fields apart.
struct Record {
  var bytes: [UInt8]

  func load<Value: BitwiseCopyable>(_: Value.Type = Value.self, at offset: Int = 0) -> Value {
    bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
  }

  var header: at_header { load() }
  var form: UInt32 { UInt32(header.form) }
  var isThread: Bool { header.flags & UInt32(AT_FLAG_THREAD) != 0 }

  /// The fixed part's length, by form.
  var fixedLength: Int {
    switch form {
    case AT_FORM_DETAILED.rawValue: MemoryLayout<at_call>.size
    case AT_FORM_EXEC.rawValue: MemoryLayout<at_exec>.size
    case AT_FORM_CGROUP.rawValue: MemoryLayout<at_cgroup>.size
    case AT_FORM_DEFINITION.rawValue: MemoryLayout<at_definition>.size
    default: bytes.count
    }
  }

  struct Field {
    var id: UInt32
    var flags: UInt32
    var content: [UInt8]

    var text: String { String(decoding: content, as: UTF8.self) }
    /// "/a/b" from "b\0a\0".
    var path: String {
      "/" + content.split(separator: 0).reversed().map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }
    var file: at_file { content.withUnsafeBytes { $0.loadUnaligned(as: at_file.self) } }
    var socket: at_socket { content.withUnsafeBytes { $0.loadUnaligned(as: at_socket.self) } }
  }

  var fields: [Field] {
    var fields: [Field] = []
    var offset = fixedLength
    while offset + 8 <= bytes.count {
      let field = load(at_field.self, at: offset)
      let start = offset + 8
      fields.append(
        Field(
          id: UInt32(field.id), flags: UInt32(field.flags), content: Array(bytes[start..<start + Int(field.length)])))
      offset = (start + Int(field.length) + 7) & ~7
    }
    precondition(fields.count == Int(header.field_count), "fields fill the record exactly")
    return fields
  }

  func field(_ id: at_field_id) -> Field? { fields.first { $0.id == id.rawValue } }
}

extension [Record] {
  func calls(_ number: Int) -> [Record] { filter { Int($0.header.number) == number } }
  func of(_ form: at_form) -> [Record] { filter { $0.form == form.rawValue } }

  /// The name that a file id was given; nil when no definition came.
  func name(of id: UInt64) -> String? {
    guard let definition = of(AT_FORM_DEFINITION).first(where: { $0.load(at_definition.self).file.id == id }) else {
      return nil
    }
    return definition.field(AT_FIELD_COMPONENTS)?.path ?? definition.field(AT_FIELD_NAME)?.text
  }

  /// Reads and writes whose file bears this name.
  func transfers(of number: Int, on path: String) -> [at_transfer] {
    calls(number).filter { $0.form == AT_FORM_TRANSFER.rawValue }.map { $0.load(at_transfer.self) }
      .filter { $0.file.id != 0 && name(of: $0.file.id) == path }
  }
}
