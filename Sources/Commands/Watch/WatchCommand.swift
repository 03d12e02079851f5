internal import Arguments
internal import CaptureFormat
internal import Configuration
internal import Control
internal import Events
internal import HTTP
internal import Posix
internal import Recording
internal import Service

/// `watch`: the armed flight recorder, until a signal.
func runWatch(_ invocation: Invocation) throws -> Int32 {
  let files = ConfigurationFiles(named: invocation.value(of: "config"))
  if invocation.isSet("check") {
    return try WatchCheck(files: files, isJSON: invocation.isSet("json"), ruleFiles: invocation.values(of: "rules"))
      .run(Output())
  }
  let loaded: LoadedConfiguration
  do throws(InvalidConfiguration) {
    loaded = try files.load()
  } catch {
    for problem in error.problems { complain(problem.description) }
    return 2
  }
  return try WatchCommand(invocation, files, loaded).run()
}

/// A watch with its parts: configuration, shelf, recorder, ways in.
struct WatchCommand {
  private let invocation: Invocation
  private let files: ConfigurationFiles
  private let warnings: [ConfigurationProblem]
  private let original: WatchConfiguration
  private let log: Log
  private let manager: ServiceManager

  init(_ invocation: Invocation, _ files: ConfigurationFiles, _ loaded: LoadedConfiguration) {
    self.invocation = invocation
    self.files = files
    warnings = loaded.warnings
    original = Self.changed(loaded.configuration, by: invocation)
    log = Log(program: program.name, level: original.logLevel.level)
    manager = ServiceManager.takeFromEnvironment()
  }

  /// What is typed holds over what is written.
  private static func changed(_ configuration: WatchConfiguration, by invocation: Invocation) -> WatchConfiguration {
    var configuration = configuration
    if let directory = invocation.value(of: "directory") { configuration.captures.directory = directory }
    if let socket = invocation.value(of: "socket") { configuration.socket = socket }
    if let memory = invocation.size(of: "memory") { configuration.memory.budget = .bytes(memory) }
    let rules = invocation.values(of: "rules")
    if !rules.isEmpty { configuration.rules.files = rules }
    return configuration
  }

  func run() throws -> Int32 {
    // First of all: every thread that is started later inherits the blocked signals.
    let signals = try SignalSource([SignalSource.interrupt, SignalSource.terminate, SignalSource.hangUp])
    for warning in warnings { log.warning(warning.description) }
    let shelf = try openShelf()
    let recorder = try makeRecorder(shelf)
    let rules = try WatchedRules(original.rules, recorder, log)
    let waysIn = try WaysIn(original, desk: recorder.triggerDesk, log)
    var configuration = original
    let name = "\(sizeText(original.memory.budget.bytes(ofMemory: physicalMemory))) for the past"
    do throws(RecordingError) {
      try recorder.run(
        signals: signals,
        whenArmed: {
          giveUpPrivileges()
          log.notice("armed: \(name), captures in \(original.captures.directory)")
          manager.ready("armed")
        },
        onSignal: { _ in reload(&configuration, recorder, shelf, waysIn, rules) },
        eachSecond: { manager.keepAlive() })
    } catch {
      throw CommandFailure(error.description, remedy: error.remedy)
    }
    manager.stopping("finishing captures")
    rules.close()
    waysIn.close()
    shelf.close()
    return 0
  }

  private func shelfOptions(of configuration: WatchConfiguration) -> ShelfOptions {
    var options = ShelfOptions(directory: configuration.captures.directory)
    options.quota = configuration.captures.quota
    options.maximumAge = configuration.captures.keepFor
    options.maximumCount = configuration.captures.maxCount
    switch configuration.captures.freeSpace {
    case .bytes(let bytes): options.reserve = bytes
    case .perMille(let share): options.reservePerMille = share
    }
    options.hooks = configuration.onCapture.map { hook in
      switch hook.action {
      case .command(let words): .command(words, limit: hook.timeout)
      case .url(let url): .url(url, limit: hook.timeout)
      }
    }
    return options
  }

  private func openShelf() throws -> CaptureShelf {
    let log = log
    do throws(ShelfError) {
      return try CaptureShelf(shelfOptions(of: original)) { Self.write($0, to: log) }
    } catch {
      throw CommandFailure(error.description, remedy: error.remedy)
    }
  }

  private func makeRecorder(_ shelf: CaptureShelf) throws -> FlightRecorder {
    let log = log
    do throws(RecordingError) {
      return try FlightRecorder(options(of: original), shelf: shelf) { Self.write($0, to: log) }
    } catch {
      throw CommandFailure(error.description, remedy: error.remedy)
    }
  }

  private static func write(_ report: ShelfReport, to log: Log) {
    let text = report.message + (report.remedy.map { "\n  help: \($0)" } ?? "")
    switch report.gravity {
    case .information: log.info(text)
    case .warning: log.warning(text)
    case .failure: log.error(text)
    }
  }

  private func options(of configuration: WatchConfiguration) -> FlightOptions {
    var options = FlightOptions(toolVersion: program.version, commandLine: "watch")
    options.memory = Int(clamping: configuration.memory.budget.bytes(ofMemory: physicalMemory))
    options.ringSize = configuration.memory.ringSize.map { powerOfTwo(atLeast: $0) }
    options.windows.lifecycle = configuration.windows.lifecycle.before
    options.windows.activity = configuration.windows.activity.before
    options.windows.detail = configuration.windows.detail.before
    options.windows.after = configuration.windows.after
    options.windows.packets = configuration.windows.packets.before
    options.payload = configuration.payload
    options.durations = configuration.durations
    options.forced = forcedLosses()
    options.noteOfRun = configuration.captures.directory + "/.aftertrace-run"
    options.packets = configuration.packets
    options.retention = configuration.deadContainersFor
    let choice = configuration.containers
    options.includes = { choice.includes(ContainerTraits($0)) }
    options.includesHost = choice.includesHost
    let death = configuration.death
    options.deathReason = { end in
      death.reason(
        for: .init(waitStatus: end.waitStatus, wasOutOfMemory: end.wasOutOfMemory, lifetime: end.lifetime))
    }
    return options
  }

  /// SIGHUP: reads the files again. What is not valid changes nothing.
  private func reload(
    _ configuration: inout WatchConfiguration, _ recorder: FlightRecorder, _ shelf: CaptureShelf, _ waysIn: WaysIn,
    _ rules: WatchedRules
  ) {
    manager.reloading()
    switch ConfigurationReload.read(files, over: configuration, override: { Self.changed($0, by: invocation) }) {
    case .success(let change):
      for message in change.messages { log.notice(message) }
      configuration = change.configuration
      log.level = configuration.logLevel.level
      recorder.change(options(of: configuration))
      shelf.apply(shelfOptions(of: configuration))
      rules.change(configuration.rules, recorder)
      do throws(ControlError) { try waysIn.readToken(configuration.http.tokenFile) } catch {
        log.error("\(error.description); the former token holds")
      }
    case .failure(let error):
      for problem in error.problems { log.error(problem.description) }
      log.error("the configuration stays as it was")
    }
    manager.ready("armed")
  }
}

/// Where triggers come in.
private struct WaysIn {
  private let socket: ControlSocket
  private let endpoint: AlertEndpoint?

  init(_ configuration: WatchConfiguration, desk: FlightDesk, _ log: Log) throws {
    do throws(ControlError) {
      socket = try ControlSocket(path: configuration.socket, desk: desk)
      let http = configuration.http
      guard http.isEnabled else {
        endpoint = nil
        return
      }
      var limits = HTTPLimits()
      limits.bodyBytes = Int(clamping: http.maxBody)
      endpoint = try AlertEndpoint(
        address: http.address, port: http.port, isOpen: true, token: try BearerToken(file: http.tokenFile), desk: desk,
        limits: limits)
      let host = http.address.contains(":") ? "[\(http.address)]" : http.address
      if let endpoint { log.notice("alerts are taken at http://\(host):\(endpoint.port)/v1/trigger") }
    } catch {
      throw CommandFailure(error.description, remedy: error.remedy)
    }
  }

  /// A token that was changed holds from now on.
  func readToken(_ path: String) throws(ControlError) {
    guard let endpoint else { return }
    endpoint.replaceToken(try BearerToken(file: path))
  }

  func close() {
    endpoint?.stop()
    socket.stop()
  }
}

extension ContainerTraits {
  fileprivate init(_ metadata: ContainerMetadata) {
    self.init(
      id: metadata.id, name: metadata.name, image: metadata.image, podName: metadata.podName,
      podNamespace: metadata.podNamespace, labels: metadata.labels)
  }
}

extension WatchConfiguration.LogThreshold {
  fileprivate var level: LogLevel {
    switch self {
    case .error: .error
    case .warning: .warning
    case .notice: .notice
    case .info: .info
    case .debug: .debug
    }
  }
}
