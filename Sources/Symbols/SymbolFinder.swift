internal import CDW
public import Posix
internal import Synchronization

/// Where in a program's source an address stands.
public struct Symbol: Hashable, Sendable {
  /// Demangled where it was mangled.
  public var function: String
  /// From the function's begin.
  public var displacement: UInt64
  /// As the compiler wrote it; nil without debug information.
  public var file: String?
  public var line: Int?
}

extension Symbol: CustomStringConvertible {
  /// `main+0x3f (billing.c:14)`
  public var description: String {
    var text = function + "+0x" + String(displacement, radix: 16)
    if let file, let line { text += " (\(file.split(separator: "/").last ?? "")" + ":\(line))" }
    return text
  }
}

/// Names what stands at an offset of a program file that is known by its build id alone.
///
/// The files are looked for in the places given: each a program file, or a directory that is gone through once, when the
/// first name is asked for. A file is only ever taken for what its own build id says. Debug information apart from the
/// program is found by libdw where Debian and others put it (`/usr/lib/debug`).
public final class SymbolFinder: Sendable {
  private let places: [String]
  private let state = Mutex(State())

  private struct State: @unchecked Sendable {
    /// Nil until it was looked for.
    var paths: [String: String]?
    /// Nil: it could not be read.
    var programs: [String: ProgramFile?] = [:]
    var symbols: [Key: Symbol?] = [:]
  }

  private struct Key: Hashable {
    var buildID: String
    var offset: UInt64
  }

  /// - Parameter places: Program files, and directories that are searched with all that is in them.
  /// - Throws: One of them is not there.
  public init(_ places: [String]) throws(SystemError) {
    for place in places { _ = try FileStatus(of: place) }
    self.places = places
  }

  /// - Parameters:
  ///   - buildID: As debug files are named: lower case, hexadecimal.
  ///   - offset: In the file, as the kernel tells it of a frame.
  public func symbol(buildID: String, offset: UInt64) -> Symbol? {
    state.withLock { state in
      let key = Key(buildID: buildID, offset: offset)
      if let known = state.symbols[key] { return known }
      if state.paths == nil { state.paths = ProgramFiles(places).paths }
      if state.programs[buildID] == nil {
        state.programs[buildID] = .some(state.paths?[buildID].flatMap { ProgramFile($0) })
      }
      let symbol = state.programs[buildID]??.symbol(at: offset)
      // What is asked for comes from a capture, whoever wrote it.
      if state.symbols.count >= Self.rememberedLimit { state.symbols = [:] }
      state.symbols[key] = .some(symbol)
      return symbol
    }
  }

  private static let rememberedLimit = 65_536
}
