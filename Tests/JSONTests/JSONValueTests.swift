import JSON
import Testing

@Suite struct JSONValueTests {
  @Test func `every kind of value is read`() throws {
    let value = try JSONValue(
      parsing: #"{"a": [1, -2, 1.5, true, false, null, "ü\n"], "b": {"c": "d"}, "empty": ""}"#)
    #expect(value["a"]?.elements.count == 7)
    #expect(value["a"]?[0]?.integer == 1)
    #expect(value["a"]?[1]?.integer == -2)
    #expect(value["a"]?[2] == .real(1.5))
    #expect(value["a"]?[3]?.bool == true)
    #expect(value["a"]?[5] == .null)
    #expect(value["a"]?[6]?.string == "ü\n")
    #expect(value["a"]?[7] == nil)
    #expect(value["b"]?.strings == ["c": "d"])
    #expect(value["empty"]?.nonEmptyString == nil)
    #expect(value["none"] == nil)
  }

  @Test func `asking a value for what it is not gives nothing`() throws {
    let value = try JSONValue(parsing: "7")
    #expect(value["a"] == nil)
    #expect(value[0] == nil)
    #expect(value.string == nil)
    #expect(value.elements.isEmpty)
    #expect(value.members.isEmpty)
  }

  @Test func `an error names the line and never quotes the text`() {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\n  \"PASSWORD\": hunter2\n}") }
    #expect(error?.line == 2)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test(arguments: ["", "{", "[1,", "\"a", "{\"a\" 1}", "[1] 2", "99999999999999999999", "\"\\u0000\"", "nul"])
  func `what is not JSON is an error`(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test(arguments: [300, 5000, 100_000]) func `deep nesting is refused, not followed`(depth: Int) {
    let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  static let sample = #"{"ID":"ab","n":[1,2.5,{"x":null}],"t":true,"s":"é\"\\"}"#

  @Test func `a text cut at any byte is an error`() {
    let bytes = Array(Self.sample.utf8)
    for length in 0..<bytes.count {
      #expect(throws: JSONError.self) { try JSONValue(parsing: Array(bytes[..<length])) }
    }
  }

  @Test func `a text with any bit flipped is a value or an error, never a crash`() {
    let bytes = Array(Self.sample.utf8)
    for place in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[place] ^= 1 << UInt8(bit)
        _ = try? JSONValue(parsing: flipped)
      }
    }
  }
}

@Suite struct JSONTextTests {
  @Test(arguments: [
    "null", "true", "-9223372036854775808", "1.5", "1e+300", #""a\u001b\n\"\\ü\u007f""#, "[]", "{}",
    #"{"a":[1,{"b":"c"},null],"b":{}}"#,
  ])
  func `what is written is read back as it was`(text: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(try JSONValue(parsing: value.encoded) == value)
    #expect(!value.encoded.contains { $0 < 0x20 || $0 == 0x7f })
  }

  @Test func `members stand in the order of their names`() throws {
    let value = try JSONValue(parsing: #"{"b": 1, "a": 2}"#)
    #expect(String(decoding: value.encoded, as: UTF8.self) == #"{"a":2,"b":1}"#)
  }

  @Test func `a key that is there twice is refused where that is asked for`() throws {
    let text = Array(#"{"a": 1, "a": 2}"#.utf8)
    #expect(try JSONValue(parsing: text)["a"]?.integer == 2)
    #expect(throws: JSONError.self) { try JSONValue(parsing: text, .refusingDuplicateKeys) }
  }

  @Test func `an integer of any size is read as a real where that is asked for`() throws {
    #expect(
      try JSONValue(parsing: Array("18446744073709551616".utf8), .integersAsReals) == .real(18_446_744_073_709_551_616))
  }
}
