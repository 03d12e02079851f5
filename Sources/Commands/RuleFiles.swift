internal import Posix
internal import Rules

/// Files of rules, read in their order.
enum RuleFiles {
  /// What is wrong with the rules is among the set's problems; a file that cannot be read too.
  ///
  /// - Parameter hasBuiltIn: The built-in rules come first.
  static func load(_ paths: [String], hasBuiltIn: Bool = false) -> RuleSet {
    var loader = RuleLoader()
    if hasBuiltIn { loader.load(Array(BuiltInRules.text.utf8), from: BuiltInRules.name) }
    for path in paths {
      do throws(SystemError) {
        let text =
          try path == "-" ? StandardStream.input.readToEnd() : FileDescriptor.contents(of: path, limit: 16 << 20)
        loader.load(text, from: path)
      } catch {
        loader.report(RuleProblem("\(error)", at: RulePlace(file: path, line: 1, column: 1)))
      }
    }
    return loader.finish()
  }
}
