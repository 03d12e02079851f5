internal import Bytes

/// A message of the domain name system, as far as it tells names and addresses. Source: RFC 1035, section 4.
///
/// ```
///  0       2       4       6       8      10      12
/// ┌───────┬───────┬───────┬───────┬───────┬───────┬──────────┬─────────┬───
/// │ id    │ flags │ ques- │ an-   │ name  │ more  │ question │ answer  │ …
/// │       │       │ tions │ swers │ serv. │       │          │         │
/// └───────┴───────┴───────┴───────┴───────┴───────┴──────────┴─────────┴───
/// question: name, u16 type, u16 class          answer: name, u16 type, u16 class, u32 seconds, u16 length, data
/// ```
/// Numbers are big-endian. A name is labels, each behind its length, to an empty one, or to a pointer backwards (length
/// 0xC0 and above: 14 bits, counted from the message's start).
///
/// It comes from whoever answered, and may be cut: what stands before the first thing that makes no sense is kept.
public struct NameMessage: Hashable, Sendable {
  public struct Question: Hashable, Sendable {
    /// Lower case, without a dot at the end; what is no letter, digit, `-` or `_` as `\ddd`. The root is `.`.
    public var name: [UInt8]
    public var type: UInt16

    public init(name: [UInt8], type: UInt16) {
      self.name = name
      self.type = type
    }
  }

  public enum Value: Hashable, Sendable {
    /// Four or sixteen bytes, network order.
    case address([UInt8])
    /// Of CNAME and PTR.
    case name([UInt8])
    case other
  }

  public struct Answer: Hashable, Sendable {
    public var name: [UInt8]
    public var type: UInt16
    public var seconds: UInt32
    public var value: Value
  }

  public var id: UInt16
  public var isResponse: Bool
  /// RCODE: 0 is success, 3 says that there is no such name.
  public var code: UInt8
  /// The first question; a message with several is not in use.
  public var question: Question?
  public private(set) var answers: [Answer] = []
  /// There was more than could be read.
  public private(set) var isCut = false

  /// Nil for what is no message.
  ///
  /// - Parameter bytes: One message, or one behind its length as TCP has it.
  /// - Complexity: O(`bytes`), but for names that point far back: 64 steps each.
  public init?(_ bytes: RawSpan) {
    if let message = NameMessage(plain: bytes) {
      self = message
    } else if bytes.byteCount > 14, let length = Self.number(bytes, 0),
      let message = NameMessage(plain: bytes.extracting(2..<min(bytes.byteCount, 2 + Int(length))))
    {
      self = message
    } else {
      return nil
    }
  }

  private static let internet: UInt16 = 1
  private static let answerLimit = 256

  private init?(plain bytes: RawSpan) {
    guard bytes.byteCount >= 12, let id = Self.number(bytes, 0), let flags = Self.number(bytes, 2),
      let questions = Self.number(bytes, 4), let count = Self.number(bytes, 6)
    else { return nil }
    // An ordinary question or its answer; the three bits that must be zero or are DNSSEC's are not looked at.
    guard flags >> 11 & 0xf == 0, questions == 1 else { return nil }
    self.id = id
    isResponse = flags & 0x8000 != 0
    code = UInt8(flags & 0xf)
    isCut = flags & 0x0200 != 0
    var position = 12
    guard let name = Self.name(bytes, &position), let type = Self.number(bytes, position),
      let kind = Self.number(bytes, position + 2), kind & 0x7fff == Self.internet
    else { return nil }
    position += 4
    question = Question(name: name, type: type)
    guard isResponse else { return }
    for _ in 0..<min(Int(count), Self.answerLimit) {
      guard let answer = Self.answer(bytes, &position) else {
        isCut = true
        return
      }
      answers.append(answer)
    }
  }

  private static func answer(_ bytes: RawSpan, _ position: inout Int) -> Answer? {
    guard let name = name(bytes, &position), let type = number(bytes, position),
      let kind = number(bytes, position + 2), let high = number(bytes, position + 4),
      let low = number(bytes, position + 6), let length = number(bytes, position + 8)
    else { return nil }
    let start = position + 10
    let end = start + Int(length)
    guard end <= bytes.byteCount else { return nil }
    position = end
    var value = Value.other
    if kind & 0x7fff == internet {
      switch (type, length) {
      case (Self.a, 4), (Self.aaaa, 16): value = .address(bytes.extracting(start..<end).array)
      case (Self.cname, _), (Self.ptr, _):
        var inside = start
        if let name = Self.name(bytes, &inside), inside == end { value = .name(name) }
      default: break
      }
    }
    return Answer(name: name, type: type, seconds: UInt32(high) << 16 | UInt32(low), value: value)
  }

  public static let a: UInt16 = 1
  public static let cname: UInt16 = 5
  public static let ptr: UInt16 = 12
  public static let aaaa: UInt16 = 28

  private static func number(_ bytes: RawSpan, _ offset: Int) -> UInt16? {
    bytes.integer(at: offset, as: UInt16.self)?.byteSwapped
  }

  /// The longest name, as it is on the wire.
  private static let nameLimit = 255

  /// Reads a name and goes behind it. Each pointer must lead further back than the one before: so none leads in a circle.
  private static func name(_ bytes: RawSpan, _ position: inout Int) -> [UInt8]? {
    var text: [UInt8] = []
    var at = position
    var floor = position
    var length = 0
    var hasJumped = false
    while true {
      guard let size = bytes.integer(at: at, as: UInt8.self) else { return nil }
      if size >= 0xc0 {
        guard let pointer = number(bytes, at) else { return nil }
        if !hasJumped { position = at + 2 }
        hasJumped = true
        at = Int(pointer & 0x3fff)
        guard at < floor, at >= 12 else { return nil }
        floor = at
        continue
      }
      guard size < 0x40 else { return nil }
      at += 1
      length += Int(size) + 1
      guard length <= nameLimit, at + Int(size) <= bytes.byteCount else { return nil }
      if size == 0 {
        if !hasJumped { position = at }
        return text.isEmpty ? [UInt8(ascii: ".")] : text
      }
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      for offset in at..<(at + Int(size)) {
        append(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self), to: &text)
      }
      at += Int(size)
    }
  }

  private static func append(_ byte: UInt8, to text: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): text.append(byte + 32)
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      text.append(byte)
    default:
      text.append(UInt8(ascii: "\\"))
      for unit: UInt8 in [100, 10, 1] { text.append(UInt8(ascii: "0") + byte / unit % 10) }
    }
  }
}

extension NameMessage {
  /// The addresses that a successful answer gives, each with the name that was asked for where its owner follows from
  /// that through aliases, else with its owner's.
  public var addresses: [(address: [UInt8], name: [UInt8])] {
    guard isResponse, code == 0, let question else { return [] }
    var asked: Set<[UInt8]> = [question.name]
    // Servers give aliases in their order; where one does not, a second round finds the rest.
    for _ in 0..<2 {
      for answer in answers where answer.type == Self.cname && asked.contains(answer.name) {
        if case .name(let target) = answer.value { asked.insert(target) }
      }
    }
    return answers.compactMap { answer in
      guard case .address(let address) = answer.value else { return nil }
      return (address, asked.contains(answer.name) ? question.name : answer.name)
    }
  }

  /// `A`, `AAAA` …, or `type 65280`.
  public static func typeName(_ type: UInt16) -> String { typeNames[type] ?? "type \(type)" }

  private static let typeNames: [UInt16: String] = [
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 35: "NAPTR",
    41: "OPT", 43: "DS", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS", 252: "AXFR", 255: "ANY", 257: "CAA",
  ]

  /// `NXDOMAIN` …
  public var codeName: String { Self.codeNames[code] ?? "code \(code)" }

  private static let codeNames: [UInt8: String] = [
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED",
  ]
}
