import CaptureFormat
import Events
import ProbeRecords
import SystemCalls
import Testing

@testable import Recording

/// Calls that are told by what they mean: what the recorder adds to what the probes send.
@Suite struct TypedCallTests {
  /// A record of a detailed call with these fields, as a probe writes it.
  static func record(
    _ name: String, time: UInt64, thread: UInt32 = 7, process: UInt32 = 7, arguments: [UInt64] = [], result: Int64 = 0,
    fields: [(at_field_id, [UInt8])] = []
  ) throws -> [UInt8] {
    let call = try #require(SystemCallTable.call(named: name, abi: 0))
    var body = at_call()
    body.header = Decoding.header(AT_FORM_DETAILED, time: time, process: process, thread: thread)
    body.header.number = Int16(call.number)
    body.header.field_count = UInt8(fields.count)
    body.result = result
    let all = arguments + Array(repeating: 0, count: 6 - arguments.count)
    body.arguments = (all[0], all[1], all[2], all[3], all[4], all[5])
    var bytes = withUnsafeBytes(of: body) { Array($0) }
    for (id, content) in fields {
      let field = at_field(id: UInt16(id.rawValue), flags: 0, length: UInt32(content.count))
      bytes += withUnsafeBytes(of: field) { Array($0) } + content
      bytes += Array(repeating: 0, count: (8 - content.count % 8) % 8)
    }
    return bytes
  }

  private static func credentials(_ id: UInt32, _ capabilities: UInt64) -> [UInt8] {
    let value = at_credentials(
      uid: id, gid: id, saved_uid: id, saved_gid: id, effective_uid: id, effective_gid: id, filesystem_uid: id,
      filesystem_gid: id, inheritable: 0, permitted: capabilities, effective: capabilities, bounding: .max, ambient: 0)
    return withUnsafeBytes(of: value) { Array($0) }
  }

  private static func setuid(_ id: UInt32, time: UInt64, thread: UInt32 = 7, process: UInt32 = 7) throws -> [UInt8] {
    try record(
      "setuid", time: time, thread: thread, process: process, arguments: [UInt64(id)],
      fields: [(AT_FIELD_CREDENTIALS, credentials(id, id == 0 ? 3 : 0))])
  }

  private static func fork(time: UInt64, child: UInt32, flags: UInt64 = 17) -> at_fork {
    var record = at_fork()
    record.header = Decoding.header(AT_FORM_FORK, time: time)
    record.child_tgid = child
    record.child_tid = child
    record.child_leader_start = 1
    record.clone_flags = flags
    return record
  }

  @Test func `credentials before a call are those that the thread was last known to have`() throws {
    var decoding = try Decoding()
    decoding.decode(bytes: try Self.setuid(0, time: 10))
    decoding.decode(bytes: try Self.setuid(1000, time: 20))
    // Another thread of the process has its own.
    decoding.decode(bytes: try Self.setuid(33, time: 30, thread: 8))
    decoding.decode(bytes: try Self.setuid(34, time: 40, thread: 8))
    let told = try decoding.events { ($0.value(.oldUserID), $0.value(.userID), $0.value(.oldEffectiveCapabilities)) }
    #expect(told.map(\.0) == [nil, 0, nil, 33])
    #expect(told.map(\.1) == [0, 1000, 33, 34])
    #expect(told.map(\.2) == [nil, 3, nil, 0])
  }

  @Test func `a child begins with its parent's credentials, but not in a user namespace of its own`() throws {
    var decoding = try Decoding()
    decoding.decode(bytes: try Self.setuid(5, time: 10))
    decoding.decode(Self.fork(time: 20, child: 8))
    decoding.decode(Self.fork(time: 21, child: 9, flags: 0x1000_0011))
    decoding.decode(bytes: try Self.setuid(6, time: 30, thread: 8, process: 8))
    decoding.decode(bytes: try Self.setuid(6, time: 31, thread: 9, process: 9))
    let old = try decoding.events { $0.kind == .credentialsUser ? $0.value(.oldUserID) ?? -1 : -2 }
    #expect(old.filter { $0 != -2 } == [-1, 5, -1])
  }

  @Test
  func `what came to be known after a call is not what was before it, nor is what another process of the number had`()
    throws
  {
    var decoding = try Decoding()
    decoding.decode(bytes: try Self.setuid(5, time: 50))
    decoding.decode(bytes: try Self.setuid(6, time: 40))
    var other = try Self.setuid(7, time: 60)
    // The start of the process, of another one with the same pid.
    other.withUnsafeMutableBytes { $0.storeBytes(of: 2, toByteOffset: 16, as: UInt64.self) }
    decoding.decode(bytes: other)
    #expect(try decoding.events { $0.value(.oldUserID) } == [nil, nil, nil])
  }

  @Test(arguments: [
    ("capset", 24, [ColumnID.askedEffectiveCapabilities, .askedPermittedCapabilities, .askedInheritableCapabilities]),
    ("prlimit64", 16, [.softLimit, .hardLimit]), ("mount_setattr", 32, [.attributesSet, .attributesCleared]),
    ("utimensat", 32, [.accessTime, .modifyTime]), ("perf_event_open", 16, [.operation, .operand]),
    ("setgroups", 64, [.groups]), ("setsockopt", 4, [.operand]),
  ])
  func `a struct that is cut gives what is whole of it, and nothing that was not there`(
    name: String, length: Int, columns: [ColumnID]
  ) throws {
    var decoding = try Decoding()
    for count in 0...length {
      let bytes = (0..<count).map { UInt8($0 + 1) }
      decoding.decode(
        bytes: try Self.record(name, time: UInt64(count + 1), result: 0, fields: [(AT_FIELD_BYTES, bytes)]))
    }
    let told = try decoding.events { event in columns.filter { event.value($0) != nil }.count }
    #expect(told.count == length + 1 && told[0] <= 1)
    // utimensat's second nanoseconds are none: bytes that count up are beyond a second.
    #expect(name == "utimensat" || told.last == columns.count)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test func `a message's descriptors are told with the files that are known, and what is unknown stays so`() throws {
    var decoding = try Decoding()
    var file = at_file()
    file.type = UInt8(AT_FILE_REGULAR.rawValue)
    file.inode = 77
    file.device = 8 << 20 | 1
    let numbers: [Int32] = [5, -1, 9]
    decoding.decode(
      bytes: try Self.record(
        "recvmsg", time: 1, result: 1,
        fields: [
          (AT_FIELD_RIGHTS, numbers.withUnsafeBytes { Array($0) } + [1, 2]),
          (AT_FIELD_RIGHT_FILE, withUnsafeBytes(of: file) { Array($0) }),
        ]))
    let told = try decoding.events { event in
      [event.list(.passedDescriptors), event.list(.passedFiles)].map { list in
        list?.items.map { String(decoding: $0, as: UTF8.self) } ?? []
      }
    }
    #expect(told == [[["5", "-1", "9"], ["unknown 8:1:77"]]])
  }
}

@Suite struct RecipeCatalogueTests {
  @Test func `every name of a recipe is a call's in some interface`() {
    for recipe in CallRecipe.all {
      for name in recipe.names {
        #expect((0..<5).contains { SystemCallTable.call(named: name, abi: $0) != nil }, "\(name)")
      }
    }
  }

  @Test func `a recipe has as many names for its strings as strings, and no argument beyond the sixth`() {
    for recipe in CallRecipe.all {
      let texts = [recipe.text, recipe.secondText, recipe.thirdText].filter { $0 != 0 }.count
      #expect(texts == recipe.textColumns.count, "\(recipe.names)")
      #expect(recipe.arguments.allSatisfy { (1...6).contains($0.index) }, "\(recipe.names)")
      #expect((recipe.bytes != 0) == (recipe.layout != nil), "\(recipe.names)")
      #expect(EventKind.catalogue.contains { $0.kind == recipe.kind }, "\(recipe.names)")
    }
  }

  @Test func `a choice of lane has the bits that the probe looks for`() {
    let choice = CallRecipe.Choice.lane([0, 16, 0x4206], by: 1)
    // 0x4206: 0x42 ^ 0x06 is 0x44, whose low six bits are 4.
    #expect(choice.values == 1 << 0 | 1 << 16 | 1 << 4)
  }

  @Test(arguments: [(UInt8(0), "x86-64"), (1, "i386"), (3, "arm64")])
  func `every call from 424 to the newest has a name, and its name its number`(abi: UInt8, interface: String) {
    for number in UInt16(424)...469 {
      // 437 to 439 and the like are there in all; 447 is memfd_secret, which i386 and x86 have, and arm64.
      let call = SystemCall(abi: abi, number: number)
      let name = SystemCallTable.name(of: call)
      #expect(name != nil, "\(number) of \(interface)")
      if let name { #expect(SystemCallTable.call(named: name, abi: abi) == call, "\(name) of \(interface)") }
    }
  }

  @Test func `calls on sockets of i386 have numbers of their own`() {
    for (name, number) in [("socket", 359), ("connect", 362), ("sendmsg", 370), ("shutdown", 373)] as [(String, UInt16)]
    {
      #expect(SystemCallTable.call(named: name, abi: 1) == SystemCall(abi: 1, number: number))
    }
    #expect(SystemCallTable.name(of: SystemCall(abi: 0, number: 336)) == "uprobe")
    #expect(SystemCallTable.name(of: SystemCall(abi: 3, number: 336)) == nil)
    let readv = SystemCall(abi: 2, number: 515)
    #expect(SystemCallTable.name(of: readv) == "readv")
    let record = RecipeTable().records.first { $0.index == UInt32(RecipeTable.index(of: readv)) }?.record
    #expect(record.map { UInt32($0.flags) & UInt32(AT_RECIPE_COMPAT) } == UInt32(AT_RECIPE_COMPAT))
  }
}
