internal import Configuration
internal import LiveRules
internal import Posix
internal import Recording
internal import Rules
internal import Service

/// The rules of a watch: read at the start and on SIGHUP, tried on what is recorded.
final class WatchedRules {
  private var watch: RuleWatch?
  private let log: Log

  /// - Throws: ``CommandFailure`` where rules are wrong: a recorder is not started with others than were asked for.
  init(_ rules: WatchConfiguration.WatchRules, _ recorder: FlightRecorder, _ log: Log) throws {
    self.log = log
    if rules.isEmpty { return }
    let set = RuleFiles.load(rules.files, hasBuiltIn: rules.hasBuiltIn)
    for problem in set.problems where problem.isWarning { log.warning(problem.description) }
    if let problem = set.problems.first(where: { !$0.isWarning }) {
      let count = set.problems.filter { !$0.isWarning }.count
      throw CommandFailure(
        "\(problem)", remedy: count > 1 ? "and \(count - 1) more: `aftertrace rules check` names them" : problem.hint)
    }
    do { try begin(set, rules.options, recorder) } catch { throw CommandFailure("\(error)") }
  }

  private func begin(_ set: RuleSet, _ options: RuleWatchOptions, _ recorder: FlightRecorder) throws(SystemError) {
    let log = log
    let watch = try RuleWatch(
      set, options, catalogue: .live(), hostName: hostName, desk: recorder.triggerDesk
    ) { line in
      switch line.gravity {
      case .error: log.error(line.text)
      case .warning: log.warning(line.text)
      case .notice: log.notice(line.text)
      case .information: log.info(line.text)
      }
    }
    self.watch = watch
    recorder.listen(watch)
    log.notice(say(set))
  }

  private func say(_ set: RuleSet) -> String {
    let skipped = set.skipped.isEmpty ? "" : ", \(set.skipped.count) of other sources left out"
    return "\(set.enabled.count) rules are tried\(skipped)"
  }

  /// Reads the rules again. What is wrong with them leaves the former ones in force.
  func change(_ rules: WatchConfiguration.WatchRules, _ recorder: FlightRecorder) {
    if rules.isEmpty {
      recorder.listen(nil)
      // Its thread may be waiting for the recorder, which is this one.
      watch?.closeSoon()
      watch = nil
      return
    }
    let set = RuleFiles.load(rules.files, hasBuiltIn: rules.hasBuiltIn)
    for problem in set.problems {
      if problem.isWarning { log.warning(problem.description) } else { log.error(problem.description) }
    }
    if set.hasErrors {
      log.error(watch == nil ? "no rules are tried" : "the rules stay as they were")
      return
    }
    if let watch {
      watch.replace(set, rules.options)
      recorder.listenerHasChanged()
      log.notice(say(set))
      return
    }
    do throws(SystemError) { try begin(set, rules.options, recorder) } catch {
      log.error("no rules are tried: \(error)")
    }
  }

  func close() { watch?.close() }
}
