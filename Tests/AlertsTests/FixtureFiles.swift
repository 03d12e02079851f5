import Posix
import Testing

extension Fixture {
  /// Beside this file.
  static func load(_ name: String) -> [UInt8] {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let bytes = try? FileDescriptor.contents(of: "\(folder)/Fixtures/\(name).json")
    return bytes ?? []
  }
}
