/// One line that strace printed.
///
/// ```
/// 1234  1700000000.123456 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3</etc/passwd> <0.000012>
/// [pid  1234] 14:02:05.123456 read(3,  <unfinished ...>
/// 1234  1700000000.123456 <... read resumed>"root:x:0"..., 4096) = 1024
/// 1234  1700000000.123456 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=1235, …} ---
/// 1234  1700000000.123456 +++ exited with 0 +++
/// ```
/// The number of the task stands there with -f or -o, a time with -t, -tt, -ttt or -r.
struct StraceLine {
  enum Time: Equatable {
    case none
    /// Nanoseconds since 1970 (-ttt).
    case date(UInt64)
    /// Nanoseconds since midnight (-t, -tt).
    case clock(UInt64)
    /// Nanoseconds since the line before (-r).
    case since(UInt64)
  }

  enum Body {
    /// From behind the opening parenthesis.
    case call(name: String, ArraySlice<UInt8>)
    case unfinished(name: String, ArraySlice<UInt8>)
    case resumed(name: String, ArraySlice<UInt8>)
    /// With its braces.
    case signal(name: String, ArraySlice<UInt8>)
    /// As wait(2) gives it.
    case exited(status: Int64)
    /// Another thread of the process ran a program.
    case superseded
    /// What strace says of itself.
    case note
  }

  var task: Int64?
  var time = Time.none
  var body: Body

  /// Nil where it is no line of strace.
  init?(_ line: ArraySlice<UInt8>) {
    var text = StraceText(line)
    text.skipSpaces()
    if text.starts(with: "strace: ") {
      body = .note
      return
    }
    if text.take("[pid") {
      text.skipSpaces()
      guard let number = text.takeNumber(), text.take("]") else { return nil }
      task = number
      text.skipSpaces()
    } else if let number = Self.taskNumber(&text) {
      task = number
    }
    time = Self.time(&text)
    text.skipSpaces()
    guard let body = Self.body(&text) else { return nil }
    self.body = body
  }

  /// Digits with a space behind them, and not a time.
  private static func taskNumber(_ text: inout StraceText) -> Int64? {
    var reader = text
    guard let number = reader.takeNumber(), reader.next == UInt8(ascii: " ") else { return nil }
    reader.skipSpaces()
    text = reader
    return number
  }

  private static func time(_ text: inout StraceText) -> Time {
    var reader = text
    guard let first = reader.takeNumber() else { return .none }
    if reader.take(":") {
      guard let minutes = reader.takeNumber(), reader.take(":"), let seconds = reader.takeNumber(), first < 48,
        minutes < 60, seconds < 61
      else { return .none }
      let fraction = fraction(&reader)
      guard reader.next == UInt8(ascii: " ") else { return .none }
      text = reader
      return .clock(UInt64(first * 3600 + minutes * 60 + seconds) * 1_000_000_000 + fraction)
    }
    guard reader.next == UInt8(ascii: "."), first < 1 << 33 else { return .none }
    let fraction = fraction(&reader)
    guard reader.next == UInt8(ascii: " ") else { return .none }
    text = reader
    let nanoseconds = UInt64(first) * 1_000_000_000 + fraction
    // Nobody waited three years between two lines.
    return first < 100_000_000 ? .since(nanoseconds) : .date(nanoseconds)
  }

  /// `.123456` in nanoseconds.
  private static func fraction(_ text: inout StraceText) -> UInt64 {
    guard text.take(".") else { return 0 }
    var value: UInt64 = 0
    var scale: UInt64 = 1_000_000_000
    while let digit = text.next, (48...57).contains(digit) {
      if scale > 1 {
        scale /= 10
        value += UInt64(digit - 48) * scale
      }
      text.skip()
    }
    return value
  }

  /// `<0.000012>` in nanoseconds; nil where none ends the line.
  static func duration(_ text: inout StraceText) -> UInt64? {
    var reader = text
    guard reader.take("<"), let seconds = reader.takeNumber(), seconds < 1 << 33 else { return nil }
    let fraction = fraction(&reader)
    guard reader.take(">") else { return nil }
    text = reader
    return UInt64(seconds) * 1_000_000_000 + fraction
  }

  private static func body(_ text: inout StraceText) -> Body? {
    if text.take("+++ ") { return end(&text) }
    if text.take("--- ") {
      let name = string(text.takeWord())
      if name == "stopped" { return .note }
      text.skipSpaces()
      return name.hasPrefix("SIG") ? .signal(name: name, text.rest) : nil
    }
    if text.take("<... ") {
      let name = string(text.takeWord())
      guard text.take(" resumed>") else { return nil }
      return name.isEmpty ? nil : .resumed(name: name, text.rest)
    }
    let name = string(text.takeWord())
    guard !name.isEmpty, name.utf8.count < 64, text.take("(") else { return nil }
    for mark in [" <unfinished ...>", " <detached ...>"] where ends(text.rest, with: mark) {
      return .unfinished(name: name, text.rest.dropLast(mark.utf8.count))
    }
    return .call(name: name, text.rest)
  }

  private static func end(_ text: inout StraceText) -> Body? {
    if text.take("exited with ") { return text.takeNumber().map { .exited(status: ($0 & 0xFF) << 8) } }
    if text.take("killed by ") {
      guard let signal = StraceNames.signal(text.takeWord()) else { return nil }
      text.skipSpaces()
      return .exited(status: signal | (text.take("(core dumped)") ? 0x80 : 0))
    }
    return text.take("superseded by execve") ? .superseded : nil
  }

  private static func ends(_ text: ArraySlice<UInt8>, with mark: String) -> Bool {
    text.suffix(mark.utf8.count).elementsEqual(mark.utf8)
  }

  private static func string(_ word: ArraySlice<UInt8>) -> String { String(decoding: word, as: UTF8.self) }
}
