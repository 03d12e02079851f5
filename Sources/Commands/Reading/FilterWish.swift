internal import Arguments
internal import FilterLanguage
internal import Posix

/// What of a reading command's arguments are captures, and what is the filter.
struct FilterWish {
  let paths: [String]
  let filter: CompiledFilter?
  /// As it was typed.
  let text: String?

  /// Leading arguments that are files are files, the rest joined is the filter; with `-f` all are files.
  init(_ invocation: Invocation) throws {
    let operands = invocation.operands
    guard invocation.command.flags.contains(where: { $0.name == "filter" }) else {
      paths = operands
      filter = nil
      text = nil
      return
    }
    if let text = invocation.value(of: "filter") {
      paths = operands
      filter = try Self.compile(text)
      self.text = text
      return
    }
    // The first is always a capture: without one there is nothing to filter.
    let count =
      operands.indices.dropFirst().first { operands[$0] != "-" && !File.exists(operands[$0]) } ?? operands.count
    paths = Array(operands[..<count])
    let rest = operands[count...]
    text = rest.isEmpty ? nil : rest.joined(separator: " ")
    filter = try text.map { try Self.compile($0, mayBeFile: rest.first) }
  }

  /// - Parameter mayBeFile: A word of it that may have been meant as a capture.
  static func compile(_ text: String, mayBeFile: String? = nil) throws -> CompiledFilter {
    do throws(FilterError) {
      return try CompiledFilter(text)
    } catch {
      var failure = CommandFailure("filter: " + error.description(in: text), status: 64)
      if let word = mayBeFile, !word.contains(where: { " =<>!()".contains($0) }) {
        failure.remedy = "there is no file '\(word)', so it was read as the begin of a filter"
      }
      throw failure
    }
  }
}
