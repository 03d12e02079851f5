import Alerts
import Foundation
import JSON
import Testing
import Triggers

/// Bodies from whoever found the port.
@Suite struct HostileAlertTests {
  @Test(arguments: Fixture.names)
  func `cut at any byte a body is an error`(name: String) {
    let body = Fixture.bytes(name)
    #expect(!body.isEmpty)
    // What follows the last brace is a line feed.
    for length in 0..<body.count - 2 where (try? AlertBatch(body: Array(body[..<length]))) != nil {
      Issue.record("\(name) cut at \(length)")
    }
  }

  @Test(arguments: Fixture.names)
  func `with any byte flipped a body is an error or still names somebody`(name: String) {
    let body = Fixture.bytes(name)
    for place in body.indices {
      for mask: UInt8 in [0x01, 0x20, 0xff] {
        var changed = body
        changed[place] ^= mask
        guard let batch = try? AlertBatch(body: changed) else { continue }
        for request in Fixture.requests(batch) { #expect(!request.scope.isEmpty, "\(name) at \(place)") }
      }
    }
  }

  @Test(arguments: Fixture.names)
  func `any field may be of any type`(name: String) throws {
    let root = try JSONValue(parsing: Fixture.bytes(name), .integersAsReals)
    let lies: [JSONValue] = [
      .null, .bool(true), .integer(.max), .integer(.min), .real(1e308), .string(""), .string("\u{1b}]0;x\u{7}"),
      .array([]),
      .array([.array([])]), .object([:]), .string(String(repeating: "x", count: 10_000)),
    ]
    for lie in lies {
      for changed in Self.replacing(everyPlaceIn: root, with: lie) {
        guard let batch = try? AlertBatch(body: changed.encoded) else { continue }
        for request in Fixture.requests(batch) {
          #expect(!request.scope.isEmpty)
          for text in [request.scope.containerID, request.scope.containerName, request.scope.podName] {
            #expect(text.map { $0.utf8.count <= 4096 && !$0.contains("\u{1b}") } ?? true)
          }
        }
      }
    }
  }

  /// `value` as often as it has places, each time with another of them replaced.
  private static func replacing(everyPlaceIn value: JSONValue, with lie: JSONValue) -> [JSONValue] {
    switch value {
    case .object(let members):
      return [lie]
        + members.keys.sorted().flatMap { name in
          replacing(everyPlaceIn: members[name]!, with: lie).map { part in
            var changed = members
            changed[name] = part
            return .object(changed)
          }
        }
    case .array(let elements):
      return [lie]
        + elements.indices.flatMap { index in
          replacing(everyPlaceIn: elements[index], with: lie).map { part in
            var changed = elements
            changed[index] = part
            return .array(changed)
          }
        }
    default: return [lie]
    }
  }

  @Test func `more than a mebibyte is not even read`() {
    let body = [UInt8](repeating: 0x20, count: AlertBatch.sizeLimit + 1)
    #expect(throws: AlertError.tooLarge(limit: AlertBatch.sizeLimit)) { try AlertBatch(body: body) }
  }

  @Test func `a text of a mebibyte is cut to what is kept`() throws {
    let text = String(repeating: "x", count: 1_000_000)
    let request = try Fixture.only(text: #"{"container":"web","reason":"\#(text)"}"#)
    #expect(request.reason?.utf8.count == 1024)
    #expect(request.body?.count == TriggerRequest.bodyLimit)
  }

  @Test(arguments: [
    String(repeating: "[", count: 1 << 16), String(repeating: "{\"a\":", count: 1 << 15),
    String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000),
    #"{"container":"# + String(repeating: "[", count: 300) + String(repeating: "]", count: 300) + "}",
  ])
  func `deep nesting is an error`(text: String) { #expect(throws: AlertError.self) { try Fixture.batch(text) } }

  @Test func `too many values are an error before they are read`() {
    let text = "[" + String(repeating: "{},", count: AlertBatch.valueLimit) + "{}]"
    #expect(throws: AlertError.tooManyValues(limit: AlertBatch.valueLimit)) { try Fixture.batch(text) }
  }

  @Test func `too many alerts are an error`() {
    let alert = #"{"labels":{"pod":"p"},"startsAt":"2026-01-31T14:02:05Z"},"#
    let text = #"{"alerts":["# + String(repeating: alert, count: AlertBatch.alertLimit) + alert.dropLast() + "]}"
    #expect(throws: AlertError.tooManyAlerts(limit: AlertBatch.alertLimit)) { try Fixture.batch(text) }
  }

  @Test(arguments: [
    #"{"container":"a","container":"b"}"#, #"{"output_fields":{"container.id":"a","container.id":"b"},"rule":"r"}"#,
  ])
  func `a key that is there twice is an error, not a choice`(text: String) {
    let error = #expect(throws: AlertError.self) { try Fixture.batch(text) }
    #expect(error?.description.contains("duplicate") == true)
  }

  @Test(arguments: [
    "", " ", "\u{0}", "hello", "7", "\"text\"", "null", "true", "[]", "{}", "<xml/>", "{\"a\":1}", #"{"alerts":[]}"#,
    #"{"alerts":{}}"#, "\u{feff}{}",
  ])
  func `what is no alert is an error that says what is one`(text: String) {
    let error = #expect(throws: AlertError.self) { try Fixture.batch(text) }
    #expect(error?.remedy != nil, "\(String(describing: error))")
  }

  @Test func `a CloudEvent in a CloudEvent is an error`() {
    let inner = #"{"specversion":"1.0","data":{"container":"web"}}"#
    #expect(throws: AlertError.nestedEvent) { try Fixture.batch(#"{"specversion":"1.0","data":\#(inner)}"#) }
  }

  @Test(arguments: ["====", "a", "ab=c", "a\u{e9}==", "A===", "YQ=", "Y Q="])
  func `what is not base64 is an error`(text: String) {
    #expect(throws: AlertError.self) { try Fixture.batch(#"{"specversion":"1.0","data_base64":"\#(text)"}"#) }
  }

  @Test func `an error shows no control character and no more than a few names`() {
    let names = (0..<50).map { #""\u001b[2J\#($0)":1"# }.joined(separator: ",")
    let error = #expect(throws: AlertError.self) { try Fixture.batch("{\(names)}") }
    let text = error?.description ?? ""
    #expect(!text.contains("\u{1b}") && text.count < 300 && text.contains("and 42 more"))
  }

  @Test func `what a CloudEvent carries as base64 has the limits and the rights of what comes bare`() throws {
    func event(_ text: String) -> String {
      #"{"specversion":"1.0","type":"t","source":"s","id":"1","data_base64":"\#(Data(text.utf8).base64EncodedString())"}"#
    }
    let many = #"{"container":"w","x":["# + String(repeating: "1,", count: AlertBatch.valueLimit) + "1]}"
    #expect(throws: AlertError.tooManyValues(limit: AlertBatch.valueLimit)) { try Fixture.batch(event(many)) }
    let wide = String(decoding: Fixture.bytes("falco-wide"), as: UTF8.self)
    #expect(try Fixture.batch(event(wide)).entries.count == Fixture.batch(wide).entries.count)
  }

  @Test func `an alert that is cut says how long it was`() throws {
    let long = #"{"container":"web","reason":""# + String(repeating: "x", count: 70_000) + #""}"#
    let request = try #require(Fixture.requests(try Fixture.batch(long)).first)
    #expect(request.bodyLength == long.utf8.count)
    #expect(request.body?.count == TriggerRequest.bodyLimit)
  }
}
