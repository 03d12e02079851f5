import Alerts
import Events
import Testing
import Triggers

@Suite struct NativeAlertTests {
  @Test func `everything that can be said is taken`() throws {
    let request = try Fixture.only(
      text: #"""
        {"container":"3f1c9a7be402","at":"2026-01-31T14:02:05.123456789Z","before":"1m30s","after":20,
         "reason":"I saw something","rule":"by hand","priority":"high","fingerprint":"f1"}
        """#)
    #expect(request.source == "request")
    #expect(request.scope.containerID == "3f1c9a7be402" && request.scope.containerName == "3f1c9a7be402")
    #expect(request.time == Fixture.time)
    #expect(request.before == .seconds(90) && request.after == .seconds(20))
    #expect(request.reason == "I saw something" && request.rule == "by hand" && request.priority == "high")
    #expect(request.fingerprint == "request:f1")
  }

  @Test func `a name that cannot be an id is only a name`() throws {
    let scope = try Fixture.only(text: #"{"container":"web-1"}"#).scope
    #expect(scope.containerID == nil && scope.containerName == "web-1")
  }

  @Test(arguments: [
    #"{"pod":"shop/web-0"}"#, #"{"pod":"web-0","namespace":"shop"}"#, #"{"pod":"shop/web-0","namespace":"shop"}"#,
  ])
  func `a pod may carry its namespace or have it beside it`(text: String) throws {
    let scope = try Fixture.only(text: text).scope
    #expect(scope.podName == "web-0" && scope.podNamespace == "shop")
  }

  @Test func `a cgroup is named from the root of the hierarchy`() throws {
    for path in ["/a.slice/b.scope", "/a.slice/b.scope/", "/sys/fs/cgroup/a.slice/b.scope"] {
      #expect(try Fixture.only(text: #"{"cgroup":"\#(path)"}"#).scope.cgroupPath == "/a.slice/b.scope")
    }
  }

  @Test func `the host is only meant when it is asked for`() throws {
    #expect(try Fixture.only(text: #"{"host":true}"#).scope.isHost)
    #expect(throws: AlertError.self) { try Fixture.batch(#"{"host":false}"#) }
    #expect(throws: AlertError.self) { try Fixture.batch(#"{"host":true,"container":"web"}"#) }
  }

  @Test(arguments: [
    (#"{"container":7}"#, "container"), (#"{"container":["web"]}"#, "container"),
    (#"{"container":"web","at":"yesterday"}"#, "at"), (#"{"container":"web","at":12}"#, "at"),
    (#"{"container":"web","at":"0001-01-01T00:00:00Z"}"#, "at"), (#"{"container":"web","at":true}"#, "at"),
    (#"{"container":"web","before":-1}"#, "before"), (#"{"container":"web","before":1e300}"#, "before"),
    (#"{"container":"web","after":"25h"}"#, "after"), (#"{"container":"web","after":9223372036854775807}"#, "after"),
    (#"{"pid":0}"#, "pid"), (#"{"pid":-4}"#, "pid"), (#"{"pid":4194305}"#, "pid"), (#"{"pid":1.5}"#, "pid"),
    (#"{"pid":"x"}"#, "pid"), (#"{"pid":18446744073709551617}"#, "pid"), (#"{"cgroup":"a/b"}"#, "cgroup"),
    (#"{"pod":"shop/"}"#, "pod"), (#"{"pod":"shop/web-0","namespace":"other"}"#, "namespace"),
    (#"{"host":"yes"}"#, "host"), (#"{"container":"a\u001b[2Jb"}"#, "container"),
    (#"{"container":"a\nb"}"#, "container"),
  ])
  func `a value that cannot be is refused by its field's name`(text: String, field: String) {
    let error = #expect(throws: AlertError.self) { try Fixture.batch(text) }
    guard case .invalid(field, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a misspelt field is refused, and the right ones are named`() {
    let error = #expect(throws: AlertError.self) { try Fixture.batch(#"{"container":"web","befor":"1m"}"#) }
    #expect(error == .unknownField("befor"))
    #expect(error?.remedy?.contains("before") == true)
  }

  @Test(arguments: [
    #"{"reason":"x"}"#, #"{"at":"2026-01-31T14:02:05Z"}"#, #"{"namespace":"shop"}"#, "{\"container\":\"\"}",
    #"{"cgroup":"/"}"#,
  ])
  func `without a scope it is refused, naming the fields looked for`(text: String) {
    let error = #expect(throws: AlertError.self) { try Fixture.batch(text) }
    guard case .noScope("request", let wanted) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(wanted.contains("container") && wanted.contains("pod"))
    #expect(error?.description.contains("container, pod") == true)
  }
}
