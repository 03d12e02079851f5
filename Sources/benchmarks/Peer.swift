internal import Posix

/// Another recorder of the whole machine, held ready: it loads its probes once, and attaches them only while it records.
///
/// Any program will do that reads lines, and answers each with one:
///
///     start PATH raw|gzip all|default SNAPLEN    `live`, once it records into PATH
///     stop                                       `events N dropped N processor NANOSECONDS`, once PATH is whole
///
/// `all` is every system call, `default` what its users record by default. What it answers to `stop` is of that recording
/// alone. It ends with its input.
final class Peer {
  private let child: ChildProcess
  private var orders: FileDescriptor?
  private let answers: FileDescriptor

  /// Names the program; without it there is no peer.
  static let variable = "AFTERTRACE_PEER"

  init(_ program: String) throws {
    let input = try Pipe()
    let output = try Pipe()
    child = try Watchdog.start(
      ProgramLaunch(program, input: input.reading.number, output: output.writing.number, errorOutput: 2))
    orders = input.closeReading()
    answers = output.closeWriting()
  }

  enum Calls: String {
    case all
    case byDefault = "default"
  }

  /// What one recording of a peer came to.
  struct Figures {
    var events: Double
    var lost: Double
    /// Of the recorder, while it recorded.
    var processor: Double
  }

  /// Records while `body` runs.
  func record<Result>(to path: String, isCompressed: Bool, calls: Calls, snaplen: Int, _ body: () throws -> Result)
    throws -> (Result, Figures)
  {
    let how = isCompressed ? "gzip" : "raw"
    guard try answer(to: "start \(path) \(how) \(calls.rawValue) \(snaplen)") == "live" else {
      throw Refusal(reason: "the peer does not record")
    }
    let result = Swift.Result { try body() }
    let words = try answer(to: "stop").split(separator: " ")
    guard words.count == 6, let events = Double(words[1]), let lost = Double(words[3]), let time = Double(words[5])
    else { throw Refusal(reason: "the peer did not say what it recorded") }
    return (try result.get(), Figures(events: events, lost: lost, processor: time))
  }

  private func answer(to order: String) throws -> String {
    var line = order + "\n"
    try line.withUTF8 { try orders?.write(UnsafeRawBufferPointer($0)) }
    var answer: [UInt8] = []
    while answer.last != UInt8(ascii: "\n") {
      guard try answers.appendAvailable(to: &answer) else { throw Refusal(reason: "the peer has ended") }
    }
    return String(decoding: answer.dropLast(), as: UTF8.self)
  }

  /// Returns once its probes are gone.
  func end() {
    orders = nil
    _ = try? Watchdog.wait(for: child)
  }
}
