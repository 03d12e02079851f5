internal import CFuzzer
internal import Glibc
internal import Posix

/// Feeds one reader whatever libFuzzer makes up: nothing may crash, and no answer may take for ever.
///
/// Which one AFTERTRACE_FUZZ_TARGET says. Built by `make fuzz` only, with checksums unverified (`FUZZING`): otherwise
/// nothing but checksums would be tested.
@main
struct Main {
  /// `.ci/fuzz` has the same names, each with its first samples.
  private static let targets: [String: @Sendable (UnsafeRawBufferPointer) -> Void] = [
    "alert": readAlert,
    "capture": readCapture,
    "filter": readFilter,
    "names": readNames,
    "packet": readPacket,
    "packets": readPackets,
    "scap": readScap,
    "strace": readStrace,
    "yaml": readYAML,
  ]

  static func main() {
    let name = environmentVariable("AFTERTRACE_FUZZ_TARGET") ?? "capture"
    guard let found = targets[name] else {
      print("no target '\(name)'; there is: \(targets.keys.sorted().joined(separator: ", "))")
      exit(64)
    }
    target = found
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, runTarget))
  }
}

/// libFuzzer takes a C function, which can hold nothing. Set once, before it runs.
nonisolated(unsafe) private var target: @Sendable (UnsafeRawBufferPointer) -> Void = { _ in }

private func runTarget(_ data: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
  target(UnsafeRawBufferPointer(start: data, count: length))
  return 0
}
