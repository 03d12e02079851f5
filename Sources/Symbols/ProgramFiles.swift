internal import CDW
internal import Posix

/// The program files below some places, by build id.
struct ProgramFiles {
  /// Lower case, hexadecimal.
  private(set) var paths: [String: String] = [:]
  private var fileCount = 0

  private static let fileLimit = 500_000
  private static let depthLimit = 64

  init(_ places: [String]) {
    _ = elf_version(UInt32(EV_CURRENT))
    for place in places { visit(place, depth: 0) }
  }

  private mutating func visit(_ path: String, depth: Int) {
    guard fileCount < Self.fileLimit else { return }
    // Links below a place lead out of it or in a circle; the place itself may be one.
    guard let status = depth == 0 ? try? FileStatus(of: path) : try? FileStatus(ofLink: path) else { return }
    if status.isDirectory, depth < Self.depthLimit {
      for name in (try? Directory.names(in: path)) ?? [] { visit(path + "/" + name, depth: depth + 1) }
    } else if status.isRegular {
      fileCount += 1
      if let buildID = Self.buildID(of: path), paths[buildID] == nil { paths[buildID] = path }
    }
  }

  /// Nil of what is no ELF file, has no build id, or holds no code: a debug file whose code was taken out cannot tell which
  /// address an offset is.
  private static func buildID(of path: String) -> String? {
    guard let file = try? FileDescriptor.open(path, flags: 0) else { return nil }
    var magic: [UInt8] = [0, 0, 0, 0]
    let length = magic.withUnsafeMutableBytes { readBeginning(of: file.number, into: $0) }
    guard length == 4, magic == [0x7f, 0x45, 0x4c, 0x46] else { return nil }
    guard let elf = elf_begin(file.number, ELF_C_READ, nil) else { return nil }
    defer { elf_end(elf) }
    guard elf_kind(elf) == ELF_K_ELF, hasCode(elf) else { return nil }
    var bytes: UnsafeRawPointer?
    let count = dwelf_elf_gnu_build_id(elf, &bytes)
    guard let bytes, (1...64).contains(count) else { return nil }
    var text = ""
    for byte in UnsafeRawBufferPointer(start: bytes, count: count) {
      text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    // The kernel tells twenty bytes, whatever the file has.
    return String((text + String(repeating: "0", count: 40)).prefix(40))
  }

  private static func hasCode(_ elf: OpaquePointer) -> Bool {
    var count = 0
    guard elf_getphdrnum(elf, &count) == 0 else { return false }
    return (0..<Int32(clamping: min(count, 1024))).contains { index in
      var header = GElf_Phdr()
      guard gelf_getphdr(elf, index, &header) != nil else { return false }
      return header.p_type == PT_LOAD && header.p_flags & UInt32(PF_X) != 0 && header.p_filesz > 0
    }
  }
}
