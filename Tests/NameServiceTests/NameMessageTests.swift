import NameService
import Testing

@Suite struct NameMessageTests {
  /// A message built as servers build them: names of answers point to where they stood before.
  static func response(
    to name: String = "www.Example.com", type: UInt16 = 1, code: UInt8 = 0, answers: [[UInt8]], count: Int? = nil
  ) -> [UInt8] {
    big(0x1234) + [0x81, 0x80 | code] + big(1) + big(UInt16(count ?? answers.count)) + big(0) + big(0) + labels(name)
      + big(type) + big(1) + answers.flatMap { $0 }
  }
  static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
  static func labels(_ name: String) -> [UInt8] {
    name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }
  static func answer(_ name: [UInt8], _ type: UInt16, _ data: [UInt8], seconds: UInt16 = 300) -> [UInt8] {
    name + big(type) + big(1) + big(0) + big(seconds) + big(UInt16(data.count)) + data
  }
  static let question: [UInt8] = [0xc0, 12]
  static func parse(_ bytes: [UInt8]) -> NameMessage? { NameMessage(bytes.span.bytes) }
  static func texts(_ message: NameMessage?) -> [String] {
    message?.addresses.map { "\($0.address) \(String(decoding: $0.name, as: UTF8.self))" } ?? []
  }

  /// CNAME, A and AAAA with pointers.
  static let sample = response(answers: [
    answer(question, 5, labels("edge.cdn.net")), answer(labels("edge.cdn.net"), 1, [192, 0, 2, 7]),
    answer(labels("edge.cdn.net"), 28, Array(0..<16)), answer(labels("other.net"), 1, [192, 0, 2, 8]),
  ])

  @Test func `an address has the name that was asked for, through aliases, in lower case`() throws {
    let message = try #require(Self.parse(Self.sample))
    #expect(message.id == 0x1234 && message.isResponse && message.code == 0 && !message.isCut)
    #expect(message.question == .init(name: Array("www.example.com".utf8), type: 1))
    #expect(message.answers.map(\.seconds) == [300, 300, 300, 300])
    #expect(
      Self.texts(message) == [
        "[192, 0, 2, 7] www.example.com", "\([UInt8](0..<16)) www.example.com", "[192, 0, 2, 8] other.net",
      ])
  }

  @Test func `aliases may stand after what they lead to`() {
    let answers = [
      Self.answer(Self.labels("b.net"), 1, [192, 0, 2, 9]), Self.answer(Self.labels("a.net"), 5, Self.labels("b.net")),
      Self.answer(Self.question, 5, Self.labels("a.net")),
    ]
    #expect(Self.texts(Self.parse(Self.response(answers: answers))) == ["[192, 0, 2, 9] www.example.com"])
  }

  @Test func `a message behind its length is TCP's`() {
    let framed = Self.big(UInt16(Self.sample.count)) + Self.sample
    #expect(Self.texts(Self.parse(framed)).count == 3)
    // More of the stream follows.
    #expect(Self.texts(Self.parse(framed + [1, 2, 3])).count == 3)
    #expect(Self.parse(Self.big(UInt16(Self.sample.count))) == nil)
  }

  @Test func `a name that does not exist gives no address`() throws {
    let message = try #require(
      Self.parse(Self.response(code: 3, answers: [Self.answer(Self.question, 1, [192, 0, 2, 7])])))
    #expect(message.codeName == "NXDOMAIN" && message.addresses.isEmpty)
  }

  @Test func `a question tells its name and type`() throws {
    let bytes =
      Self.big(7) + [1, 0] + Self.big(1) + Self.big(0) + Self.big(0) + Self.big(0) + Self.labels("a_b-1.x")
      + Self.big(65) + Self.big(1)
    let message = try #require(Self.parse(bytes))
    #expect(!message.isResponse && message.answers.isEmpty)
    #expect(message.question == .init(name: Array("a_b-1.x".utf8), type: 65))
    #expect(NameMessage.typeName(65) == "HTTPS" && NameMessage.typeName(999) == "type 999")
  }

  @Test func `what is no letter of a name is escaped, also a dot in a label`() throws {
    let bytes = Self.response(to: "x", answers: [Self.answer([3, 0x1b, 0x2e, 0xff, 0], 1, [192, 0, 2, 7])])
    #expect(Self.texts(Self.parse(bytes)) == ["[192, 0, 2, 7] \\027\\046\\255"])
  }

  @Test(arguments: [
    [0xc0, 29] as [UInt8], [0xc0, 12, 0], [1, 97, 0xc0, 31], [0xff, 0xff], [0xc0, 0], [0xc0], [0x80, 0],
  ])
  func `a pointer that leads forward, in a circle or nowhere ends the answers`(name: [UInt8]) {
    // The question ends at 33: 29 is inside of it, and a name there runs into what follows.
    let message = Self.parse(Self.response(answers: [Self.answer(name, 1, [192, 0, 2, 7])]))
    #expect(message != nil)
    for text in Self.texts(message) { #expect(text.utf8.count < 300) }
  }

  @Test func `pointers in a circle are not followed`() throws {
    // Two answers whose names are pointers to each other.
    let start = UInt8(12 + Self.labels("www.Example.com").count + 4)
    let bytes = Self.response(answers: [
      Self.answer([0xc0, start + 16], 1, [192, 0, 2, 7]), Self.answer([0xc0, start], 1, [192, 0, 2, 8]),
    ])
    let message = try #require(Self.parse(bytes))
    #expect(message.answers.isEmpty && message.isCut)
  }

  @Test func `a name longer than 255 bytes is none`() throws {
    let long = Array(repeating: String(repeating: "a", count: 63), count: 4).joined(separator: ".")
    #expect(Self.parse(Self.response(to: long, answers: [])) == nil)
    let longest = long.dropLast(2)
    #expect(try #require(Self.parse(Self.response(to: String(longest), answers: []))).question?.name.count == 253)
  }

  @Test func `a count of answers that are not there reads those that are`() throws {
    let message = try #require(
      Self.parse(Self.response(answers: [Self.answer(Self.question, 1, [192, 0, 2, 7])], count: 65535)))
    #expect(message.answers.count == 1 && message.isCut)
  }

  @Test func `a message cut at any byte is read as far as it goes`() {
    let whole = Self.parse(Self.sample)!
    for length in 0..<Self.sample.count {
      let cut = Self.parse(Array(Self.sample[..<length]))
      #expect(cut.map { whole.answers.starts(with: $0.answers) } ?? true, "\(length)")
      if length < 12 { #expect(cut == nil) }
    }
  }

  @Test func `a message with any byte flipped is read or refused`() {
    for place in Self.sample.indices {
      for bit in 0..<8 {
        var bytes = Self.sample
        bytes[place] ^= 1 << UInt8(bit)
        if let message = Self.parse(bytes) {
          #expect(message.answers.count <= 4)
          for (address, name) in message.addresses {
            #expect(address.count == 4 || address.count == 16)
            #expect(name.count <= 4 * 255 && name.allSatisfy { $0 > 0x20 && $0 < 0x7f })
          }
        }
      }
    }
  }
}
