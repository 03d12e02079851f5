internal import BPF
internal import Glibc

/// `make bench`: measures against the targets, ratios in one run.
@main
struct Benchmarks {
  static func main() {
    do {
      try ProbeCost().run()
    } catch let error as BPFError {
      fail(error.description, remedy: error.remedy)
    } catch {
      fail("\(error)", remedy: nil)
    }
  }

  private static func fail(_ message: String, remedy: String?) -> Never {
    print("benchmarks: \(message)")
    if let remedy { print("  help: \(remedy)") }
    exit(2)
  }
}
