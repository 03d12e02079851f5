/// Lists and macros that filters can name.
public struct FilterLibrary: Sendable {
  /// Values as they were written: one that is a list's name stands for that list.
  public var lists: [String: [FilterWord]]
  public var macros: [String: FilterExpression]

  public init(lists: [String: [FilterWord]] = [:], macros: [String: FilterExpression] = [:]) {
    self.lists = lists
    self.macros = macros
  }

  /// A filter with its macros may have this many checks.
  public static let checkLimit = 50_000

  /// The words of a list with those of the lists that it names, each once.
  func words(of words: [FilterWord], named name: FilterWord?) throws(FilterError) -> [FilterWord] {
    var result: [FilterWord] = []
    var seen = Set<[UInt8]>()
    var path = name.map { [$0.text] } ?? []
    try add(words, &path, &seen, &result)
    return result
  }

  private func add(
    _ words: [FilterWord], _ path: inout [String], _ seen: inout Set<[UInt8]>, _ result: inout [FilterWord]
  ) throws(FilterError) {
    for word in words {
      guard !word.isQuoted, let list = lists[word.text] else {
        if seen.insert(word.bytes).inserted { result.append(word) }
        continue
      }
      guard !path.contains(word.text), path.count < FilterExpression.depthLimit else {
        throw FilterError(.circular(word.text), at: word.range)
      }
      path.append(word.text)
      try add(list, &path, &seen, &result)
      path.removeLast()
    }
  }
}
