import Events
import Glibc
import Posix
import Testing

@testable import Recording

@Suite struct ContainerAccountsTests {
  static func names(_ text: String, _ map: IdentifierMap = .identity) -> [String] {
    ContainerAccounts.accounts(Array(text.utf8), map).map { "\($0.id) \(String(decoding: $0.name, as: UTF8.self))" }
  }

  @Test func `each number has the first name that the file gives it`() {
    let text =
      "root:x:0:0:root:/root:/bin/sh\n\nwww-data:x:33:33::/:\nalso:x:33:9\nnogroup:x:65534:\nbig:x:4294967295:\n"
    #expect(Self.names(text) == ["0 root", "33 www-data", "65534 nogroup"])
  }

  @Test(arguments: [
    "", ":", "a", "a:b", "a:b:", "a:b:c", "a:b:-1", "a:b:4294967296", "a:b:99999999999999999999", ":x:1:", "#a:x:1:",
    "a\0b:x:1:", "+::::", "\u{1}:x: 1:", String(repeating: "a", count: 65) + ":x:1:",
  ])
  func `a line that is none is passed over`(line: String) {
    #expect(Self.names(line + "\nweb:x:1000:") == ["1000 web"])
  }

  @Test func `names that are no UTF-8 are kept as they are`() {
    let bytes: [UInt8] = [0xff, 0x1b, 0x5b] + Array(":x:7:".utf8)
    #expect(ContainerAccounts.accounts(bytes, .identity) == [.init(id: 7, name: [0xff, 0x1b, 0x5b])])
  }

  @Test func `of a file without end some are kept`() {
    let many = (0..<100_000).map { "user\($0):x:\($0):" }.joined(separator: "\n")
    let accounts = ContainerAccounts.accounts(Array(many.utf8), .identity)
    #expect((600..<900).contains(accounts.count) && accounts.first?.id == 0)
    let brief = (0..<100_000).map { "u:x:\($0):" }.joined(separator: "\n")
    #expect(ContainerAccounts.accounts(Array(brief.utf8), .identity).count == 1024)
    #expect(ContainerAccounts.accounts([UInt8](repeating: UInt8(ascii: ":"), count: 1 << 18), .identity).isEmpty)
  }

  @Test func `numbers of a user namespace become those of the initial one`() {
    let map = IdentifierMap(Array("         0     100000      65536\n     70000     300000          1\n".utf8))
    #expect(
      Self.names("root:x:0:\nlast:x:65535:\nnone:x:65536:\nfar:x:70000:\n", map) == [
        "100000 root", "165535 last", "300000 far",
      ])
    #expect(IdentifierMap(Array("0 4294967295 10\n".utf8)).outside(of: 1) == nil)
    #expect(IdentifierMap(Array("x y z\n1 2\n\n".utf8)).ranges.isEmpty)
    #expect(IdentifierMap.identity.outside(of: 33) == 33)
  }

  @Test func `any byte of a file may be another`() {
    let text = Array("root:x:0:0::/:\nweb:x:1000:\n".utf8)
    for place in text.indices {
      for bit in 0..<8 {
        var bytes = text
        bytes[place] ^= 1 << UInt8(bit)
        #expect(ContainerAccounts.accounts(bytes, .identity).count <= 3)
      }
    }
    for length in text.indices { #expect(ContainerAccounts.accounts(Array(text[..<length]), .identity).count <= 2) }
  }

  /// A root as a container could make it.
  @Test func `links lead nowhere but into the root, and what is no file is not opened`() throws {
    let root = try Directory.createTemporary(prefix: "at-accounts-")
    defer { try? Directory.removeAll(root) }
    try Directory.create(root + "/etc")
    try Directory.create(root + "/share")
    try FileDescriptor.write("inside:x:1:\n".utf8, to: root + "/share/passwd")
    func read(_ path: String) throws -> String {
      String(decoding: try FileDescriptor.openPlace(root).contents(inRoot: path, limit: 64), as: UTF8.self)
    }
    for (name, target) in [
      ("absolute", "/share/passwd"), ("above", "../../../../share/passwd"), ("host", "/etc/passwd"),
      ("magic", "/proc/self/root/etc/passwd"), ("circle", "circle"),
    ] {
      try File.makeLink(root + "/etc/" + name, to: target)
    }
    #expect(try read("etc/absolute") == "inside:x:1:\n")
    #expect(try read("etc/above") == "inside:x:1:\n")
    for name in ["host", "magic", "circle", "absent"] {
      #expect(throws: SystemError.self, "\(name)") { try read("etc/" + name) }
    }
    #expect(mkfifo(root + "/etc/pipe", 0o600) == 0)
    for name in ["pipe", "../etc"] { #expect(throws: SystemError.self, "\(name)") { try read("etc/" + name) } }
    try FileDescriptor.write([UInt8](repeating: 65, count: 1000), to: root + "/etc/long")
    #expect(try read("etc/long").utf8.count == 64)
  }

  @Test func `a process in the host's root, in another namespace or gone has no accounts`() throws {
    let root = try FileStatus(of: "/")
    let own = try #require(mountNamespace(at: "/proc/self/ns/mnt"))
    let pid = UInt32(processID)
    let here = ContainerAccounts.Identity.mountNamespace(own)
    #expect(ContainerAccounts(ofProcess: pid, here, hostRoot: root) == nil)
    var other = root
    other.inode += 1
    #expect(ContainerAccounts(ofProcess: pid, here, hostRoot: other)?.users.isEmpty == false)
    #expect(ContainerAccounts(ofProcess: pid, .mountNamespace(own + 1), hostRoot: other) == nil)
    #expect(ContainerAccounts(ofProcess: pid, .start(BootTime(nanoseconds: 1)), hostRoot: other) == nil)
    #expect(ContainerAccounts(ofProcess: 4_194_305, here, hostRoot: other) == nil)
  }
}
