internal import Commands
internal import Glibc

@main
struct Main {
  static func main() { exit(run(arguments: Array(CommandLine.arguments.dropFirst()))) }
}
