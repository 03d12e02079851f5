import BPF
import Glibc
import ProbeRecords
import Probes
import Testing

private let canRun: Bool = {
  if let obstacle = Rig.obstacle { print("skipped: kernel probes: \(obstacle)") }
  return Rig.obstacle == nil
}()

/// The probes in this machine's kernel, against workloads whose truth is known.
@Suite(.serialized, .enabled(if: canRun, "kernel probes cannot be loaded here"))
struct RecorderProbeTests {
  @Test func `an exec carries argv, directory, executable, user and parent`() throws {
    var rig = try Rig()
    let (shell, status) = try rig.run("cd /usr; /bin/echo one 'two words' >/dev/null; exit 7")
    #expect(status == 7 << 8)
    let records = rig.records()
    let exec = try #require(records.of(AT_FORM_EXEC).first { $0.field(AT_FIELD_ARGV)?.text.contains("echo") == true })
    #expect(exec.field(AT_FIELD_ARGV)?.text == "/bin/echo\0one\0two words\0")
    #expect(exec.field(AT_FIELD_CWD)?.path == "/usr")
    #expect(exec.field(AT_FIELD_EXECUTABLE)?.path == "/usr/bin/echo")
    #expect(exec.field(AT_FIELD_FILENAME)?.text == "/bin/echo")
    #expect(exec.field(AT_FIELD_COMM)?.text == "echo")
    let details = exec.load(at_exec.self)
    #expect(details.uid == 0 && details.gid == 0)
    #expect(details.parent_tgid == UInt32(shell))
    #expect(details.argument_length == 24)
    #expect(records.name(of: details.executable.id) == "/usr/bin/echo")
    let fork = try #require(
      records.of(AT_FORM_FORK).map { $0.load(at_fork.self) }.first { $0.child_tgid == details.header.tgid })
    #expect(fork.header.tgid == UInt32(shell) && fork.real_parent_tgid == UInt32(shell))
    #expect(fork.child_leader_start == details.header.leader_start)
    #expect(fork.clone_flags & 0xff == UInt64(SIGCHLD))
    let exits = records.of(AT_FORM_EXIT).filter { !$0.isThread }.map { $0.load(at_exit.self) }
    #expect(exits.first { $0.header.tgid == details.header.tgid }?.exit_code == 0)
    #expect(exits.first { $0.header.tgid == UInt32(shell) }?.exit_code == 7 << 8)
  }

  @Test func `a death by signal says which`() throws {
    var rig = try Rig()
    let (shell, _) = try rig.run("kill -KILL $$")
    let exit = rig.records().of(AT_FORM_EXIT).map { $0.load(at_exit.self) }.first { $0.header.tgid == UInt32(shell) }
    #expect(exit?.exit_code == UInt32(SIGKILL))
  }

  @Test func `an open and the writes after it name one file`() throws {
    var rig = try Rig()
    let directory = temporaryDirectory()
    defer { remove(directory) }
    try rig.run("cd \(directory); echo hello >file; exec 5>>file; echo again >&5")
    let records = rig.records()
    let writes = records.transfers(of: Call.write, on: "\(directory)/file")
    #expect(writes.map(\.result) == [6, 6])
    let open = try #require(records.calls(Call.openat).first { $0.field(AT_FIELD_PATH)?.text == "file" })
    let file = try #require(open.field(AT_FIELD_FILE)?.file)
    #expect(records.name(of: file.id) == "\(directory)/file")
    #expect(records.name(of: try #require(open.field(AT_FIELD_BASE)?.file.id)) == directory)
    #expect(open.header.lane == UInt8(AT_LANE_ACTIVITY.rawValue), "it was opened for writing")
    #expect(writes.allSatisfy { $0.file.inode == file.inode && $0.file.type == UInt8(AT_FILE_REGULAR.rawValue) })
  }

  @Test func `a duplicate keeps its file's identity, a rename makes a new name`() throws {
    var rig = try Rig()
    let directory = temporaryDirectory()
    defer { remove(directory) }
    let descriptor = open("\(directory)/before", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    try rig.include(getpid())
    write(descriptor, "1", 1)
    let copy = dup(descriptor)
    write(copy, "2", 1)
    rename("\(directory)/before", "\(directory)/after")
    write(copy, "3", 1)
    try rig.exclude(getpid())
    close(descriptor)
    close(copy)
    let records = rig.records()
    let before = records.transfers(of: Call.write, on: "\(directory)/before")
    let after = records.transfers(of: Call.write, on: "\(directory)/after")
    #expect(before.count == 2 && Set(before.map(\.file.id)).count == 1)
    #expect(after.count == 1)
    let duplicate = try #require(records.calls(Call.dup).first?.load(at_transfer.self))
    #expect(duplicate.file.id == before[0].file.id && duplicate.descriptor == descriptor)
    #expect(duplicate.result == Int64(copy))
  }

  @Test func `a directory's rename renames the open file in it`() throws {
    var rig = try Rig()
    let directory = temporaryDirectory()
    defer { remove(directory) }
    try rig.run(
      "cd \(directory); mkdir old; exec 5>old/file; echo 1 >&5; mv old new; echo 2 >&5; exec 5>&-; rm new/file; rmdir new"
    )
    let records = rig.records()
    #expect(records.transfers(of: Call.write, on: "\(directory)/old/file").count == 1)
    #expect(records.transfers(of: Call.write, on: "\(directory)/new/file").count == 1)
  }

  @Test func `a descriptor kept over fork and exec bears its path, one number reused bears the new`() throws {
    var rig = try Rig()
    let directory = temporaryDirectory()
    defer { remove(directory) }
    try rig.run(
      "cd \(directory); exec 5>before; /bin/sh -c '/bin/echo kept >&5'; exec 5>after; /bin/echo fresh >&5")
    let records = rig.records()
    #expect(records.transfers(of: Call.write, on: "\(directory)/before").map(\.result) == [5])
    #expect(records.transfers(of: Call.write, on: "\(directory)/after").map(\.result) == [6])
  }

  @Test func `a descriptor passed over a Unix socket bears the path of what was passed`() throws {
    var rig = try Rig()
    let directory = temporaryDirectory()
    defer { remove(directory) }
    var ends: [Int32] = [0, 0]
    socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    defer { for end in ends { close(end) } }
    let file = open("\(directory)/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    pass(file, over: ends[0])
    close(file)
    try rig.include(getpid())
    let received = receiveDescriptor(from: ends[1])
    write(received, "passed", 6)
    try rig.exclude(getpid())
    close(received)
    let records = rig.records()
    #expect(records.transfers(of: Call.write, on: "\(directory)/file").map(\.result) == [6])
  }

  @Test func `a file in a chroot is named as the process in it sees it`() throws {
    var rig = try Rig()
    let directory = temporaryDirectory()
    defer { remove(directory) }
    let places: [String] = ["/bin/busybox", "/usr/bin/busybox"]
    guard let busybox = places.first(where: { access($0, X_OK) == 0 }) else {
      return print("skipped: a file in a chroot: no busybox")
    }
    try rig.run(
      "cp \(busybox) \(directory)/busybox; chroot \(directory) /busybox sh -c 'echo x >/file'; rm \(directory)/busybox")
    let records = rig.records()
    #expect(records.transfers(of: Call.write, on: "/file").map(\.result) == [2])
    let exec = records.of(AT_FORM_EXEC).first { $0.field(AT_FIELD_FILENAME)?.text == "/busybox" }
    #expect(exec?.field(AT_FIELD_EXECUTABLE)?.path == "/busybox")
  }

  @Test func `a refused connect has its address and its error`() throws {
    var rig = try Rig()
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(1).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    try rig.include(getpid())
    let result = withUnsafeBytes(of: &address) {
      connect(socket, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
    }
    try rig.exclude(getpid())
    #expect(result == -1)
    let record = try #require(
      rig.records().calls(Call.connect).first { $0.load(at_call.self).arguments.0 == UInt64(socket) })
    #expect(record.load(at_call.self).result == -Int64(ECONNREFUSED))
    #expect(record.field(AT_FIELD_ADDRESS)?.content.prefix(8) == [2, 0, 0, 1, 127, 0, 0, 1])
    #expect(record.field(AT_FIELD_SOCKET)?.socket.family == UInt16(AF_INET))
    #expect(record.field(AT_FIELD_SOCKET)?.socket.type == UInt16(SOCK_STREAM.rawValue))
  }

  @Test func `a definition that was lost leaves the path unknown and is counted`() throws {
    var rig = try Rig(testing: UInt32(AT_TESTING_LOSE_DEFINITIONS))
    let directory = temporaryDirectory()
    defer { remove(directory) }
    try rig.run("echo x >\(directory)/f")
    let records = rig.records()
    #expect(records.of(AT_FORM_DEFINITION).isEmpty)
    let writes = records.calls(Call.write).map { $0.load(at_transfer.self) }
    #expect(!writes.isEmpty && writes.allSatisfy { $0.file.id == 0 && $0.file.inode != 0 })
    #expect(try rig.losses(AT_LOSS_DEFINITION).count > 0)
  }

  @Test func `with tiny rings kept and lost make up what the workload did`() throws {
    var rig = try Rig(ringSize: 4096)
    try rig.run("exec dd if=/dev/zero of=/dev/null bs=1 count=5000 2>/dev/null")
    let kept = rig.records().filter { $0.header.lane == UInt8(AT_LANE_DETAIL.rawValue) }.count
    let lost = try rig.losses(AT_LOSS_RING_FULL, lane: AT_LANE_DETAIL)
    #expect(lost.count > 9000)
    #expect(lost.first > 0 && lost.first < lost.last)

    var roomy = try Rig(ringSize: 1 << 24)
    try roomy.run("exec dd if=/dev/zero of=/dev/null bs=1 count=5000 2>/dev/null")
    let all = roomy.records().filter { $0.header.lane == UInt8(AT_LANE_DETAIL.rawValue) }
    #expect(try roomy.losses(AT_LOSS_RING_FULL).count == 0)
    #expect(all.transfers(of: Call.write).filter { $0.load(at_transfer.self).descriptor == 1 }.count == 5000)
    #expect(kept + Int(lost.count) == all.count)
  }

  @Test func `without scratch space a record is lost and counted, and what needs none is kept`() throws {
    guard try Processors.possible() > 1, access("/usr/bin/taskset", X_OK) == 0 else {
      return print("skipped: no scratch space: one processor, or no taskset")
    }
    // Only the first processor has any; the workload runs on the second. What it writes to before has another name.
    var rig = try Rig(scratchCount: 1)
    try rig.run("taskset -pc 1 $$ >/dev/zero; echo here >/dev/null; cat /nonexistent 2>/dev/null; exec true")
    let lost = try rig.losses(AT_LOSS_SCRATCH)
    #expect(lost.count > 0 && lost.first > 0 && lost.first <= lost.last)
    #expect(try rig.losses(AT_LOSS_SCRATCH, lane: AT_LANE_LIFECYCLE).count >= 2, "the execs of cat and true")
    #expect(try rig.losses(AT_LOSS_DEFINITION).count > 0, "names could not be sent either")
    let records = rig.records()
    #expect(records.calls(Call.write).contains { $0.header.cpu == 1 && $0.load(at_transfer.self).file.id == 0 })
    #expect(records.of(AT_FORM_EXIT).contains { $0.header.cpu == 1 })
  }

  @Test func `an account of losses that is closed gives what stood in it, and its room`() throws {
    var rig = try Rig(ringSize: 4096)
    try rig.run("exec dd if=/dev/zero of=/dev/null bs=1 count=5000 2>/dev/null")
    let lost = try rig.losses(AT_LOSS_RING_FULL).count
    let map = try rig.object.map("losses")
    var taken: UInt64 = 0
    for key in try map.keys(as: at_loss_key.self) where key.cause == AT_LOSS_RING_FULL.rawValue {
      taken += try map.takeValuePerProcessor(of: key, as: at_loss.self)?.reduce(0) { $0 + $1.count } ?? 0
    }
    #expect(lost > 0 && taken == lost)
    #expect(try rig.losses(AT_LOSS_RING_FULL).count == 0)
    _ = rig.records()
  }

  @Test func `a faulting pointer is unreadable, which is not empty`() throws {
    var rig = try Rig()
    try rig.include(getpid())
    let nowhere = UnsafePointer<CChar>(bitPattern: 0x1000)!
    _ = unlink(nowhere)
    _ = unlink("")
    try rig.exclude(getpid())
    let records = rig.records().calls(Call.unlink)
    let faulted = try #require(records.first { $0.load(at_call.self).arguments.0 == 0x1000 })
    #expect(faulted.header.flags & UInt32(AT_FLAG_UNREADABLE) != 0)
    #expect(faulted.field(AT_FIELD_PATH)?.flags == UInt32(AT_FLAG_UNREADABLE))
    #expect(faulted.load(at_call.self).result == -Int64(EFAULT))
    let empty = try #require(records.first { $0.field(AT_FIELD_PATH)?.content.isEmpty == true && $0.header.flags == 0 })
    #expect(empty.load(at_call.self).result == -Int64(ENOENT))
  }

  @Test func `pipes and pairs of sockets are told apart by what they are`() throws {
    var rig = try Rig()
    try rig.include(getpid())
    var ends: [Int32] = [0, 0, 0, 0]
    ends.withUnsafeMutableBufferPointer {
      _ = Glibc.pipe($0.baseAddress!)
      _ = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, $0.baseAddress! + 2)
    }
    try rig.exclude(getpid())
    for end in ends { close(end) }
    let records = rig.records()
    let pipe = try #require(records.calls(Call.pipe).first ?? records.calls(Call.pipe2).first)
    let file = try #require(pipe.field(AT_FIELD_FILE)?.file)
    #expect(records.name(of: file.id) == "pipe:[\(file.inode)]")
    #expect(file.inode == pipe.field(AT_FIELD_SECOND_FILE)?.file.inode)
    let pair = try #require(records.calls(Call.socketpair).first)
    let sockets = pair.fields.filter { $0.id == AT_FIELD_SOCKET.rawValue }.map(\.socket)
    #expect(sockets.count == 2)
    #expect(sockets[0].peer_inode == pair.field(AT_FIELD_SECOND_FILE)?.file.inode)
    #expect(sockets[1].peer_inode == pair.field(AT_FIELD_FILE)?.file.inode)
  }

  @Test func `an ignored cgroup is not recorded, a watched one is, and a child inherits`() throws {
    var rig = try Rig()
    try rig.configure { $0.subtree_only = 0 }
    let parent = "\(try #require(versionTwoRoot()))/aftertrace-test-\(getpid())"
    mkdir(parent, 0o755)
    defer { rmdir(parent) }
    var status = stat()
    stat(parent, &status)
    try rig.object.map("verdicts").set(UInt64(status.st_ino), to: AT_VERDICT_RECORD.rawValue)
    mkdir("\(parent)/child", 0o755)
    try rig.run("echo $$ >\(parent)/child/cgroup.procs; /bin/true; echo $$ >\(parent)/../cgroup.procs; /bin/false")
    rmdir("\(parent)/child")
    let records = rig.records()
    #expect(records.of(AT_FORM_EXEC).compactMap { $0.field(AT_FIELD_FILENAME)?.text } == ["/bin/true"])
    let acts = records.of(AT_FORM_CGROUP).filter {
      $0.field(AT_FIELD_NAME)?.text.hasSuffix("-\(getpid())/child") == true
    }
    #expect(
      acts.map { $0.load(at_cgroup.self).action } == [
        AT_CGROUP_MKDIR.rawValue, AT_CGROUP_ATTACH.rawValue, AT_CGROUP_RMDIR.rawValue,
      ])
    #expect(acts.allSatisfy { $0.load(at_cgroup.self).parent == UInt64(status.st_ino) })
  }

  @Test func `probes for older kernels tell the same`() throws {
    var rig = try Rig(program: .recorder_by_call)
    let directory = temporaryDirectory()
    defer { remove(directory) }
    try rig.run("echo hello >\(directory)/file")
    let records = rig.records()
    #expect(records.transfers(of: Call.write, on: "\(directory)/file").map(\.result) == [6])
  }

  @Test func `the table scan lists this process with its parent`() throws {
    let object = try ObjectFile(ProbeObject.tasks.bytes, name: "tasks").load()
    let rows = try object.rows(of: "list_processes")
    let size = 216
    try #require(rows.count >= size && rows.count % size == 0)
    let found = stride(from: 0, to: rows.count, by: size).map { Record(bytes: Array(rows[$0..<$0 + size])) }
      .first { $0.header.tgid == UInt32(getpid()) }
    let own = try #require(found)
    #expect(own.load(at_exec.self).parent_tgid == UInt32(getppid()))
    #expect(own.header.flags == UInt32(AT_FLAG_TABLE_SCAN))
    #expect(own.header.leader_start > 0 && own.header.mount_namespace > 0)
    #expect(own.field(AT_FIELD_COMM) != nil)
    let credentials = try #require(own.field(AT_FIELD_CREDENTIALS))
    #expect(credentials.content.count == MemoryLayout<at_credentials>.size)
    let ids = credentials.content.withUnsafeBytes { $0.loadUnaligned(as: at_credentials.self) }
    #expect(ids.uid == getuid() && ids.effective_gid == getegid() && ids.effective & ~ids.permitted == 0)
  }
}

extension [Record] {
  fileprivate func transfers(of number: Int) -> [Record] { calls(number).of(AT_FORM_TRANSFER) }
}

private func temporaryDirectory() -> String {
  var template = Array("/tmp/probes-XXXXXX".utf8CString)
  return template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
}

private func remove(_ directory: String) {
  for name in ["file", "before", "after", "f"] { unlink("\(directory)/\(name)") }
  rmdir(directory)
}

/// Where the v2 hierarchy is mounted.
private func versionTwoRoot() -> String? {
  ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first { access("\($0)/cgroup.controllers", R_OK) == 0 }
}

/// A message of one byte whose control data has room for one descriptor.
private func withMessage(_ descriptor: Int32, _ body: (UnsafeMutablePointer<msghdr>) -> Void) -> Int32 {
  // cmsghdr: 64-bit length of header and content, 32-bit level and type; then the descriptor, padded to 8.
  let control = UnsafeMutableRawBufferPointer.allocate(byteCount: 24, alignment: 8)
  defer { control.deallocate() }
  control.storeBytes(of: 20, as: Int.self)
  control.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: Int32.self)
  control.storeBytes(of: Int32(SCM_RIGHTS), toByteOffset: 12, as: Int32.self)
  control.storeBytes(of: descriptor, toByteOffset: 16, as: Int32.self)
  var byte: UInt8 = 0
  withUnsafeMutableBytes(of: &byte) { content in
    var vector = iovec(iov_base: content.baseAddress, iov_len: 1)
    withUnsafeMutablePointer(to: &vector) { vector in
      var message = msghdr()
      message.msg_iov = vector
      message.msg_iovlen = 1
      message.msg_control = control.baseAddress
      message.msg_controllen = control.count
      body(&message)
    }
  }
  return control.loadUnaligned(fromByteOffset: 16, as: Int32.self)
}

private func pass(_ descriptor: Int32, over socket: Int32) {
  _ = withMessage(descriptor) { _ = sendmsg(socket, $0, 0) }
}

private func receiveDescriptor(from socket: Int32) -> Int32 {
  withMessage(-1) { _ = recvmsg(socket, $0, 0) }
}
