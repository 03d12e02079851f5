import Foundation

/// Build tool: `ProbeEmbedder CLANG RECORDS-INCLUDE OUTPUT.swift SOURCE.bpf.c…`
///
/// Compiles every source for the BPF target and writes one Swift file with the objects as base64 `StaticString`s
/// (a `[UInt8]` literal of that size takes the compiler ten seconds, a string a tenth of one).
@main
struct ProbeEmbedder {
  static func main() {
    do {
      try embed(CommandLine.arguments)
    } catch {
      FileHandle.standardError.write(Data("ProbeEmbedder: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func embed(_ arguments: [String]) throws {
    guard arguments.count > 4 else {
      throw Failure(text: "usage: ProbeEmbedder CLANG RECORDS-INCLUDE OUTPUT.swift SOURCE.bpf.c…")
    }
    var text = "// Made by ProbeEmbedder from the sources beside it; not edited by hand.\n\nextension ProbeObject {\n"
    for source in arguments[4...] {
      let name = URL(fileURLWithPath: source).lastPathComponent.replacingOccurrences(of: ".bpf.c", with: "")
      let object = FileManager.default.temporaryDirectory.appending(path: "\(name)-\(UUID().uuidString).o")
      defer { try? FileManager.default.removeItem(at: object) }
      try compile(source, with: arguments[1], records: arguments[2], to: object)
      let base64 = try Data(contentsOf: object).base64EncodedString()
      text += "  /// `\(name).bpf.c`, compiled.\n"
      text += "  public static let \(name) = ProbeObject(name: \"\(name)\", base64: \"\(base64)\")\n"
    }
    try (text + "}\n").write(toFile: arguments[3], atomically: true, encoding: .utf8)
  }

  private static func compile(_ source: String, with clang: String, records: String, to object: URL) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: clang)
    process.arguments = [
      "-target", "bpf", "-mcpu=v3", "-g", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror",
      "-D__TARGET_ARCH_\(architecture)", "-I", records, "-I",
      URL(fileURLWithPath: source).deletingLastPathComponent().path,
      "-I", "/usr/include/\(multiarch)", "-c", source, "-o", object.path,
    ]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(text: "\(source): clang could not compile it") }
  }

  #if arch(arm64)
    private static let architecture = "arm64"
    private static let multiarch = "aarch64-linux-gnu"
  #else
    private static let architecture = "x86"
    private static let multiarch = "x86_64-linux-gnu"
  #endif

  struct Failure: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
  }
}
