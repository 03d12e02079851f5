internal import CaptureFormat
internal import Events

/// A call as strace prints it, from behind its opening parenthesis: `3, "…", 4096) = 1024 <0.000012>`.
struct StraceArguments {
  private(set) var arguments: [ArraySlice<UInt8>] = []
  /// As the kernel returned it; nil where it did not (`?`).
  private(set) var result: Int64?
  /// What `-y` writes behind a result.
  private(set) var resultAnnotation: ArraySlice<UInt8>?
  /// Nanoseconds (-T).
  private(set) var duration: UInt64?
  /// Its end and its result are there.
  private(set) var isWhole = false
  private static let argumentLimit = 16

  var isResultDescriptor: Bool { resultAnnotation != nil && (result ?? -1) >= 0 }

  init(_ bytes: ArraySlice<UInt8>) {
    var text = StraceText(bytes)
    while !text.isAtEnd, text.next != UInt8(ascii: ")") {
      let argument = text.takeArgument()
      if arguments.count < Self.argumentLimit { arguments.append(argument) }
      if text.next == UInt8(ascii: ",") {
        text.skip()
      } else if text.next != UInt8(ascii: ")") {
        // A bracket that closes what did not open.
        text.skip()
      }
    }
    text.skip()
    text.skipSpaces()
    guard text.take("=") else { return }
    text.skipSpaces()
    readResult(&text)
  }

  private mutating func readResult(_ text: inout StraceText) {
    if text.take("?") {
      isWhole = true
      text.skipSpaces()
      let name = String(decoding: text.takeWord(), as: UTF8.self)
      result = StraceNames.errors[name].map { -$0 }
    } else {
      let isNegative = text.take("-")
      // The least number of all has no opposite: no call returns it.
      guard let value = StraceNames.number(text.takeWord()), value != .min else { return }
      isWhole = true
      result = isNegative ? -value : value
      resultAnnotation = text.takeAnnotation()
      text.skipSpaces()
      if isNegative {
        let name = String(decoding: text.takeWord(), as: UTF8.self)
        if let number = StraceNames.errors[name] { result = -number }
      }
    }
    // The last thing in the line.
    var rest = text
    while !rest.isAtEnd {
      if rest.next == UInt8(ascii: "<"), let duration = StraceLine.duration(&rest) {
        self.duration = duration
        return
      }
      rest.skip()
    }
  }
}

/// The parameters of a line, as an event of a .scap file would have them.
struct StraceParameters {
  let event: ScapEventTable.Event
  private var values: [[UInt8]]

  init(_ event: ScapEventTable.Event) {
    self.event = event
    values = Array(repeating: [], count: event.parameters.count)
  }

  mutating func set(_ field: ScapField, _ value: Int64) {
    set(field, bytes: withUnsafeBytes(of: value.littleEndian) { Array($0) })
  }

  mutating func set(_ field: ScapField, bytes: [UInt8]) {
    let place = Int(event.places[Int(field.rawValue)])
    if place >= 0 { values[place] = bytes }
  }

  /// Gives the parameters, whole, for as long as `body` runs.
  func withParameters<Result, Failure: Error>(
    _ body: (ScapParameters) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var places: [Int32] = [0]
    var data: [UInt8] = []
    for value in values {
      data += value
      places.append(Int32(data.count))
    }
    var outcome: Swift.Result<Result, Failure>?
    data.withUnsafeBytes { bytes in
      let parameters = ScapParameters(event: event, data: bytes, places: places, count: values.count)
      do throws(Failure) { outcome = .success(try body(parameters)) } catch { outcome = .failure(error) }
    }
    return try outcome!.get()
  }

  /// Takes an argument as what its place says it is.
  mutating func set(_ field: ScapField, _ argument: ArraySlice<UInt8>, of call: String) {
    switch field {
    case .data: set(field, bytes: StraceText.strings(in: argument).flatMap { $0 })
    case .addr: if let address = StraceAnnotation.address(argument) { set(field, bytes: address.scapAddress) }
    case .flags:
      guard let flags = StraceNames.number(argument) else { return }
      set(field, Self.scapFlags(flags, of: call))
    case .prot: if let flags = StraceNames.number(argument) { set(field, flags & 15) }
    case .nstype: if let flags = StraceNames.number(argument) { set(field, ScapFlags.scapClone(flags)) }
    case .cmd: set(field, Self.command(argument))
    default:
      if let text = StraceText.unquoted(argument) {
        set(field, bytes: text + [0])
      } else if let number = StraceNames.number(argument) {
        set(field, number)
      }
    }
  }

  private static func scapFlags(_ flags: Int64, of call: String) -> Int64 {
    if call.hasPrefix("open") { return ScapFlags.scapOpen(flags) }
    if call.hasPrefix("mmap") { return ScapFlags.scapMapping(flags) }
    return call == "unshare" ? ScapFlags.scapClone(flags) : flags
  }

  /// Those of fcntl that make a descriptor, by the numbers of .scap files.
  private static func command(_ argument: ArraySlice<UInt8>) -> Int64 {
    argument.elementsEqual("F_DUPFD".utf8) ? 1 : argument.elementsEqual("F_DUPFD_CLOEXEC".utf8) ? 26 : 0
  }

  /// What a call's parameters are that stand in no argument of their own.
  mutating func addSpecial(of call: String, _ line: StraceArguments, state: ScapState, process: ScapProcess) {
    switch call {
    case "execve", "execveat": addProgram(line, isAt: call == "execveat")
    case "clone", "clone3":
      for argument in line.arguments {
        if let flags = StraceText.member("flags=", in: argument).flatMap(StraceNames.number) {
          set(.flags, ScapFlags.scapClone(flags))
        }
      }
    case "vfork": set(.flags, ScapFlags.scapClone(0x4100))
    case "openat2":
      guard line.arguments.count > 2 else { return }
      if let flags = StraceText.member("flags=", in: line.arguments[2]).flatMap(StraceNames.number) {
        set(.flags, ScapFlags.scapOpen(flags))
      }
    case "accept", "accept4": addConnection(line, state: state, process: process)
    case "sendmsg", "recvmsg":
      guard line.arguments.count > 1 else { return }
      let name = StraceText.member("msg_name=", in: Self.inside(line.arguments[1]))
      if let address = name.flatMap(StraceAnnotation.address) { set(.addr, bytes: address.scapAddress) }
    default: break
    }
  }

  private static func inside(_ structure: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    structure.first == UInt8(ascii: "{") ? structure.dropFirst() : structure
  }

  private mutating func addProgram(_ line: StraceArguments, isAt: Bool) {
    let first = isAt ? 1 : 0
    guard line.arguments.count > first + 1 else { return }
    let path = StraceText.unquoted(line.arguments[first]) ?? []
    set(isAt ? .pathname : .filename, bytes: path + [0])
    let name = path.split(separator: UInt8(ascii: "/")).last ?? []
    set(.comm, bytes: Array(name.prefix(15)) + [0])
    let vector = StraceText.strings(in: line.arguments[first + 1])
    set(.exe, bytes: (vector.first ?? path) + [0])
    set(.args, bytes: vector.dropFirst().flatMap { $0 + [0] })
  }

  /// Both ends of what was accepted: the peer stands in the call, the own end in what `-yy` writes or at the listener.
  private mutating func addConnection(_ line: StraceArguments, state: ScapState, process: ScapProcess) {
    let annotated = line.resultAnnotation.flatMap(StraceAnnotation.file)
    let peer =
      annotated?.remoteAddress ?? (line.arguments.count > 1 ? StraceAnnotation.address(line.arguments[1]) : nil)
    let listener = line.arguments.first.flatMap { argument -> SocketAddress? in
      var text = StraceText(argument)
      return StraceNames.number(text.takeWord()).flatMap { state.file($0, of: process)?.file.localAddress }
    }
    if let tuple = SocketAddress.scapTuple(source: peer, destination: annotated?.localAddress ?? listener) {
      set(.tuple, bytes: tuple)
    }
  }
}
