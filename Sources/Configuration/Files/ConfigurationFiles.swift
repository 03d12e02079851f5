internal import Posix

/// Where configuration files are looked for.
public struct ConfigurationFiles: Hashable, Sendable {
  public static let standardDirectory = "/etc/aftertrace"
  static let lengthLimit = 1 << 20

  /// Nil looks in the standard directory, where nothing needs to be.
  private let named: String?

  /// - Parameter named: A file, which then is the whole configuration, or a directory that takes the place of
  ///   /etc/aftertrace.
  public init(named: String? = nil) { self.named = named }
}

extension ConfigurationFiles {
  /// Finds, reads and merges the files: `aftertrace.yaml`, then `conf.d/*.yaml` in the order of their names' bytes.
  ///
  /// - Throws: ``InvalidConfiguration`` with every problem of every file.
  public func load() throws(InvalidConfiguration) -> LoadedConfiguration {
    var problems: [ConfigurationProblem] = []
    var texts: [ConfigurationText] = []
    for path in paths(&problems) {
      if let text = read(path, &problems) { texts.append(text) }
    }
    var errors = problems.filter { !$0.isWarning }
    do throws(InvalidConfiguration) {
      var loaded = try WatchConfiguration.merged(texts)
      if errors.isEmpty {
        loaded.warnings = problems + loaded.warnings
        return loaded
      }
    } catch {
      errors += error.problems
    }
    throw InvalidConfiguration(errors)
  }

  private func paths(_ problems: inout [ConfigurationProblem]) -> [String] {
    var directory = Self.standardDirectory
    if let named {
      guard let status = try? FileStatus(of: named), status.isDirectory else { return [named] }
      directory = named
    }
    while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
    let main = directory + "/aftertrace.yaml"
    var paths: [String] = []
    if File.exists(main) {
      paths.append(main)
    } else if named != nil {
      problems.append(
        ConfigurationProblem(
          path: main, message: "no such file", remedy: "--config takes a file, or a directory that has it"))
    }
    let parts = directory + "/conf.d"
    guard File.exists(parts) else { return paths }
    do throws(SystemError) {
      for name in try Directory.names(in: parts).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      where !name.hasPrefix(".") {
        if name.hasSuffix(".yaml") {
          paths.append(parts + "/" + name)
        } else if name.hasSuffix(".yml") {
          var problem = ConfigurationProblem(
            path: parts + "/" + name, message: "not read: only names that end in .yaml are",
            remedy: "rename or remove it")
          problem.isWarning = true
          problems.append(problem)
        }
      }
    } catch {
      problems.append(ConfigurationProblem(path: parts, message: error.reason))
    }
    return paths
  }

  private func read(_ path: String, _ problems: inout [ConfigurationProblem]) -> ConfigurationText? {
    do throws(SystemError) {
      let status = try FileStatus(of: path)
      guard status.isRegular else {
        problems.append(ConfigurationProblem(path: path, message: "not a file"))
        return nil
      }
      // It names programs that are run as root.
      if status.mode & 0o002 != 0 {
        problems.append(
          ConfigurationProblem(
            path: path, message: "everybody may write to it, and it names programs that root starts",
            remedy: "`chmod o-w \(path)`"))
      }
      let bytes = try FileDescriptor.contents(of: path, limit: Self.lengthLimit + 1)
      return ConfigurationText(path: path, bytes: bytes)
    } catch {
      problems.append(ConfigurationProblem(path: path, message: error.reason))
      return nil
    }
  }
}
