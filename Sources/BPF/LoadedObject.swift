internal import CLibBPF
internal import Glibc
internal import Posix

/// A probe object in the kernel: its programs can be attached, its maps opened.
///
/// Attachments and maps that were taken from it keep working when it goes away.
public struct LoadedObject: ~Copyable {
  public let name: String
  private let owner: ObjectHandle
  private var handle: OpaquePointer { owner.pointer }

  init(name: String, owner: consuming ObjectHandle) {
    self.name = name
    self.owner = owner
  }

  /// The names of the programs, in the object's order; those left out are not among them.
  public var programs: [String] {
    var names: [String] = []
    var program = bpf_object__next_program(handle, nil)
    while let current = program {
      if bpf_program__fd(current) >= 0 { names.append(String(cString: bpf_program__name(current))) }
      program = bpf_object__next_program(handle, current)
    }
    return names
  }

  /// Puts a program on its hook; it stays there for as long as the result lives.
  public borrowing func attach(_ program: String) throws(BPFError) -> Attachment {
    LibraryLog.begin()
    guard let link = bpf_program__attach(try find(program: program)) else {
      throw .attachRefused(program: program, code: errno)
    }
    return Attachment(program: program, link: link)
  }

  /// Opens a map by name; data sections are maps too (`.data.configuration`).
  public borrowing func map(_ name: String) throws(BPFError) -> KernelMap {
    guard let found = bpf_object__find_map_by_name(handle, name) else { throw .absent(what: "map", name: name) }
    let copy = fcntl(bpf_map__fd(found), F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw .mapRefused(map: name, operation: "open", code: errno) }
    return KernelMap(
      name: name, descriptor: FileDescriptor(owning: copy), keySize: Int(bpf_map__key_size(found)),
      valueSize: Int(bpf_map__value_size(found)), capacity: Int(bpf_map__max_entries(found)))
  }

  /// Everything that an iterator program writes.
  public borrowing func rows(of program: String) throws(BPFError) -> [UInt8] {
    guard let link = bpf_program__attach_iter(try find(program: program), nil) else {
      throw .attachRefused(program: program, code: errno)
    }
    defer { bpf_link__destroy(link) }
    let number = bpf_iter_create(bpf_link__fd(link))
    guard number >= 0 else { throw .attachRefused(program: program, code: errno) }
    let file = FileDescriptor(owning: number)
    var rows: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 8)
    defer { chunk.deallocate() }
    while true {
      let length: Int
      do { length = try file.read(into: chunk) } catch { throw .system(error) }
      if length == 0 { return rows }
      rows.append(contentsOf: chunk[..<length])
    }
  }

  /// What the kernel counted about a program.
  public borrowing func statistics(of program: String) throws(BPFError) -> ProgramStatistics {
    var info = bpf_prog_info()
    var size = UInt32(MemoryLayout<bpf_prog_info>.size)
    let code = bpf_obj_get_info_by_fd(bpf_program__fd(try find(program: program)), &info, &size)
    if code < 0 { throw .attachRefused(program: program, code: errno) }
    return ProgramStatistics(
      runs: info.run_cnt, nanoseconds: info.run_time_ns, recursionMisses: info.recursion_misses,
      verifiedInstructions: info.verified_insns)
  }

  private borrowing func find(program: String) throws(BPFError) -> OpaquePointer {
    guard let found = bpf_object__find_program_by_name(handle, program) else {
      throw .absent(what: "program", name: program)
    }
    return found
  }
}

/// A program on its hook; taken off when this goes away.
public struct Attachment: ~Copyable {
  public let program: String
  private let link: OpaquePointer

  init(program: String, link: OpaquePointer) {
    self.program = program
    self.link = link
  }

  deinit { bpf_link__destroy(link) }
}

/// The kernel's counters of one program. Runs and time are counted only under `kernel.bpf_stats_enabled`.
public struct ProgramStatistics: Equatable, Sendable {
  public var runs: UInt64
  public var nanoseconds: UInt64
  /// Times that the program was not run because it was already running on that CPU: events lost without a record.
  public var recursionMisses: UInt64
  public var verifiedInstructions: UInt32
}
