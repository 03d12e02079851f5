internal import CDW

/// One program file with its symbols and, where there is any, its debug information.
final class ProgramFile {
  private let session: OpaquePointer
  private let module: OpaquePointer
  /// The executable parts: where they are in the file, and at which address.
  private var segments: [(offsets: Range<UInt64>, address: UInt64)] = []
  /// What libdw moved the file's own addresses by.
  private let bias: UInt64

  /// libdw keeps the pointer.
  private nonisolated(unsafe) static let callbacks: UnsafeMutablePointer<Dwfl_Callbacks> = {
    let callbacks = UnsafeMutablePointer<Dwfl_Callbacks>.allocate(capacity: 1)
    callbacks.initialize(to: Dwfl_Callbacks())
    callbacks.pointee.find_elf = dwfl_build_id_find_elf
    callbacks.pointee.find_debuginfo = dwfl_standard_find_debuginfo
    callbacks.pointee.section_address = dwfl_offline_section_address
    return callbacks
  }()

  /// Nil: libdw cannot read it.
  init?(_ path: String) {
    guard let session = dwfl_begin(Self.callbacks) else { return nil }
    dwfl_report_begin(session)
    let module = dwfl_report_offline(session, path, path, -1)
    var bias: GElf_Addr = 0
    guard let module, dwfl_report_end(session, nil, nil) == 0, let elf = dwfl_module_getelf(module, &bias) else {
      dwfl_end(session)
      return nil
    }
    self.session = session
    self.module = module
    self.bias = bias
    var count = 0
    guard elf_getphdrnum(elf, &count) == 0 else { return }
    for index in 0..<Int32(clamping: min(count, 1024)) {
      var header = GElf_Phdr()
      guard gelf_getphdr(elf, index, &header) != nil, header.p_type == PT_LOAD else { continue }
      let (end, overflow) = header.p_offset.addingReportingOverflow(header.p_filesz)
      guard !overflow, header.p_flags & UInt32(PF_X) != 0 else { continue }
      segments.append((header.p_offset..<end, header.p_vaddr))
    }
  }

  deinit { dwfl_end(session) }

  func symbol(at offset: UInt64) -> Symbol? {
    guard let segment = segments.first(where: { $0.offsets.contains(offset) }) else { return nil }
    let address = offset &- segment.offsets.lowerBound &+ segment.address &+ bias
    var displacement: GElf_Off = 0
    var entry = GElf_Sym()
    guard let name = dwfl_module_addrinfo(module, address, &displacement, &entry, nil, nil, nil) else { return nil }
    var symbol = Symbol(function: Self.demangled(name), displacement: displacement)
    if let place = dwfl_module_getsrc(module, address) {
      var line: Int32 = 0
      if let file = dwfl_lineinfo(place, nil, &line, nil, nil, nil), line > 0 {
        symbol.file = String(cString: file)
        symbol.line = Int(line)
      }
    }
    return symbol
  }

  private static func demangled(_ name: UnsafePointer<CChar>) -> String {
    // Others than C++ names are taken for types: `f` would be float.
    guard name[0] == 0x5f, name[1] == 0x5a else { return String(cString: name) }
    var status: Int32 = 0
    guard let text = __cxa_demangle(name, nil, nil, &status) else { return String(cString: name) }
    defer { at_free_name(text) }
    return String(cString: text)
  }
}
