internal import Configuration
internal import Service

/// SIGHUP: reads the configuration again and tells everybody who wants to know.
struct WatchReload {
  let files: ConfigurationFiles
  let log: Log
  let manager: ServiceManager

  /// What is to hold from now on, or nil when nothing changes: the files are as before, or not valid.
  ///
  /// The caller applies it, and keeps all history. The service manager hears of the beginning here; its end is
  /// ``finish(_:)``, which is to be called in any case.
  func begin(over current: WatchConfiguration) -> WatchConfiguration? {
    manager.reloading()
    switch ConfigurationReload.read(files, over: current) {
    case .success(let reload):
      for message in reload.messages { log.notice(message) }
      log.level = LogLevel(reload.configuration.logLevel)
      return reload.configuration == current ? nil : reload.configuration
    case .failure(let error):
      for problem in error.problems { log.error(problem.description) }
      log.error("the configuration is not valid: the one before stays in force\n  help: `aftertrace watch --check`")
      return nil
    }
  }

  /// The new configuration is in force.
  ///
  /// - Parameter status: What `systemctl status` shows from now on.
  func finish(_ status: String) { manager.ready(status) }
}

extension LogLevel {
  init(_ threshold: WatchConfiguration.LogThreshold) {
    switch threshold {
    case .error: self = .error
    case .warning: self = .warning
    case .notice: self = .notice
    case .info: self = .info
    case .debug: self = .debug
    }
  }
}
