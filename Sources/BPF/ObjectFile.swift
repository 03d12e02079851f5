internal import CLibBPF
internal import Glibc

/// A probe object before it is loaded: its map sizes and constants can still be set.
public struct ObjectFile: ~Copyable {
  /// Where the running kernel describes its types.
  public static let typeInformationPath = "/sys/kernel/btf/vmlinux"

  public let name: String
  private let owner: ObjectHandle
  private var handle: OpaquePointer { owner.pointer }
  /// BTF_KIND_DATASEC: a macro and an enumerator of one name, which Swift cannot tell apart.
  private static let sectionKind: UInt32 = 15

  /// Reads an ELF object of the BPF target.
  ///
  /// - Throws: ``BPFError/unreadableObject(name:code:log:)``.
  public init(_ bytes: [UInt8], name: String) throws(BPFError) {
    LibraryLog.begin()
    self.name = name
    let opened = name.withCString { cName in
      bytes.withUnsafeBytes { buffer in
        var options = bpf_object_open_opts()
        options.sz = MemoryLayout<bpf_object_open_opts>.size
        options.object_name = cName
        return bpf_object__open_mem(buffer.baseAddress, buffer.count, &options)
      }
    }
    guard let opened else {
      throw .unreadableObject(name: name, code: errno, log: LibraryLog.taken().suffix(8))
    }
    owner = ObjectHandle(pointer: opened)
  }

  /// Sets how many entries a map has; for a ring its size in bytes (a power of two, whole pages).
  public borrowing func setCapacity(of map: String, to count: UInt32) throws(BPFError) {
    let code = bpf_map__set_max_entries(try find(map: map), count)
    if code < 0 { throw .mapRefused(map: map, operation: "set capacity", code: -code) }
  }

  /// Sets a constant (`const volatile`) of the probes.
  public borrowing func setConstant<Value: BitwiseCopyable>(_ variable: String, to value: Value) throws(BPFError) {
    let (offset, size) = try place(of: variable, in: ".rodata")
    guard size == MemoryLayout<Value>.size else {
      throw .sizeMismatch(map: variable, expected: size, actual: MemoryLayout<Value>.size)
    }
    let map = try find(map: ".rodata")
    var length = 0
    guard let memory = bpf_map__initial_value(map, &length), offset + size <= length else {
      throw .absent(what: "constant", name: variable)
    }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 8)
    defer { copy.deallocate() }
    copy.copyMemory(from: UnsafeRawBufferPointer(start: memory, count: length))
    copy.storeBytes(of: value, toByteOffset: offset, as: Value.self)
    let code = bpf_map__set_initial_value(map, copy.baseAddress, length)
    if code < 0 { throw .mapRefused(map: ".rodata", operation: "set \(variable)", code: -code) }
  }

  /// The names of the programs, in the object's order.
  public var programs: [String] {
    var names: [String] = []
    var program = bpf_object__next_program(handle, nil)
    while let current = program {
      names.append(String(cString: bpf_program__name(current)))
      program = bpf_object__next_program(handle, current)
    }
    return names
  }

  /// Leaves a program out when the object is loaded.
  public borrowing func leaveOut(_ program: String) throws(BPFError) {
    guard let found = bpf_object__find_program_by_name(handle, program) else {
      throw .absent(what: "program", name: program)
    }
    bpf_program__set_autoload(found, false)
  }

  /// Loads the object into the kernel.
  ///
  /// - Throws: ``BPFError/missingCapabilities(_:)``, ``BPFError/noTypeInformation(path:)``, or
  ///   ``BPFError/programRefused(object:program:code:log:)`` with the verifier's last lines.
  public consuming func load() throws(BPFError) -> LoadedObject {
    LibraryLog.begin()
    let code = bpf_object__load(handle)
    if code < 0 { throw refusal(-code, log: LibraryLog.taken()) }
    return LoadedObject(name: name, owner: owner)
  }

  private borrowing func refusal(_ code: Int32, log: [String]) -> BPFError {
    let wanted = log.contains { $0.contains("ulimit -l") } ? Capability.allCases : Capability.required
    if code == EPERM || code == EACCES, let missing = try? Capability.missing(of: wanted), !missing.isEmpty {
      return .missingCapabilities(missing)
    }
    if access(Self.typeInformationPath, R_OK) != 0 { return .noTypeInformation(path: Self.typeInformationPath) }
    return .programRefused(object: name, program: Self.culprit(in: log), code: code, log: Self.verdict(of: log))
  }

  /// libbpf names the program as: `libbpf: prog 'on_exec': …`.
  private static func culprit(in log: [String]) -> String? {
    for line in log.reversed() {
      let parts = line.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
      if parts.count == 3, parts[0].hasSuffix("prog ") { return String(parts[1]) }
    }
    return nil
  }

  /// The verifier's last lines before it gave up.
  private static func verdict(of log: [String]) -> [String] {
    let end = log.firstIndex { $0.hasPrefix("-- END PROG LOAD LOG") } ?? log.endIndex
    return Array(log[..<end].suffix(6))
  }

  borrowing func find(map: String) throws(BPFError) -> OpaquePointer {
    guard let found = bpf_object__find_map_by_name(handle, map) else { throw .absent(what: "map", name: map) }
    return found
  }

  /// Offset and size of a variable in a data section, from the object's own type information.
  private borrowing func place(of variable: String, in section: String) throws(BPFError) -> (offset: Int, size: Int) {
    guard let types = bpf_object__btf(handle) else { throw .absent(what: "constant", name: variable) }
    let identifier = btf__find_by_name_kind(types, section, Self.sectionKind)
    guard identifier > 0, let described = btf__type_by_id(types, UInt32(identifier)),
      let variables = btf_var_secinfos(described)
    else { throw .absent(what: "constant", name: variable) }
    for index in 0..<Int(btf_vlen(described)) {
      let entry = variables[index]
      guard let type = btf__type_by_id(types, entry.type), let name = btf__name_by_offset(types, type.pointee.name_off)
      else { continue }
      if String(cString: name) == variable { return (Int(entry.offset), Int(entry.size)) }
    }
    throw .absent(what: "constant", name: variable)
  }
}

/// libbpf's object; closed when its owner goes away.
struct ObjectHandle: ~Copyable {
  let pointer: OpaquePointer

  deinit { bpf_object__close(pointer) }
}
