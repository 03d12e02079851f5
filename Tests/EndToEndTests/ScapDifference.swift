import JSON

/// A way in which sysdig and this program tell one event differently, and why: docs/scap.md has a row for each.
///
/// What is in no row is a defect of one of both, and fails the comparison.
struct ScapDifference: Sendable {
  /// How the row in docs/scap.md begins.
  let row: String
  let fields: Set<String>
  /// Empty is any type of event.
  var types: Set<String> = []
  let isExplained: @Sendable (_ theirs: JSONValue?, _ ours: JSONValue?, _ event: ScapPeerEvent) -> Bool

  /// Of what sysdig reads: the file is somebody else's.
  static let reading: [ScapDifference] = [
    .init(row: "parent", fields: ["proc.ppid"]) { theirs, ours, _ in
      theirs?.integer == -1 || theirs?.integer == 0 && ours?.integer == nil
    },
    .init(row: "descriptor of mmap", fields: ["fd.num", "fd.name"], types: ["mmap"]) { theirs, _, _ in
      theirs?.integer == nil && theirs?.string == nil
    },
    .init(
      row: "descriptor of a call that names none, or failed to make one", fields: ["fd.num"],
      types: ["setsockopt", "accept", "socket", "bpf", "userfaultfd"]
    ) { theirs, _, _ in theirs?.integer == -1 },
    .init(row: "name of a socket without addresses", fields: ["fd.name"]) { theirs, ours, _ in
      ["", "NULL", "socket"].contains(theirs?.string) && ours?.string == nil
    },
    .init(row: "a Unix socket", fields: ["fd.name"]) { theirs, ours, _ in
      // `ffff8801->ffff8802 /path`
      ours?.string != nil && theirs?.string?.split(separator: " ").last.map(String.init) == ours?.string
    },
    .init(row: "address of sendmsg", fields: ["fd.name"], types: ["sendmsg"]) { theirs, ours, _ in
      theirs?.string?.contains("->") == true && ours?.string?.contains("->") == true
    },
    .init(row: "family of Unix sockets", fields: ["evt.arg.domain"]) { theirs, ours, _ in
      theirs?.string == "AF_LOCAL" && ours?.string == "AF_UNIX"
    },
    .init(row: "type of a socket", fields: ["evt.arg.type"], types: ["socket", "socketpair"]) { theirs, ours, _ in
      let number = theirs?.integer ?? theirs?.string.flatMap { Int64($0) }
      let names: [Int64: String] = [1: "SOCK_STREAM", 2: "SOCK_DGRAM", 3: "SOCK_RAW", 5: "SOCK_SEQPACKET"]
      guard let number, let name = names[number & 0xF] else { return false }
      return ours?.string?.hasPrefix(name) == true
    },
    .init(
      row: "an argument that a call has not",
      fields: ["evt.arg.flags", "evt.arg.mode", "evt.arg.sig", "evt.arg.type"]
    ) { theirs, ours, _ in
      (theirs?.integer == 0 || ["0", "", "F_OK"].contains(theirs?.string)) && ours?.integer == nil
        && ours?.string == nil
    },
  ]

  /// Of what is written for sysdig.
  static let writing: [ScapDifference] =
    reading + [
      .init(row: "result of a call without a type", fields: ["evt.rawres"]) { theirs, _, event in
        theirs?.integer == nil && (!event.hasTypeOfItsOwn || event.type == "bpf")
      },
      .init(row: "result of fork and exec", fields: ["evt.rawres"], types: ["clone", "execve"]) { _, ours, _ in
        ours?.integer == nil
      },
      .init(row: "call without a type in sysdig 0.29", fields: ["fd.num", "fd.name"]) { theirs, _, event in
        !event.hasTypeOfItsOwn && theirs?.integer == nil && theirs?.string == nil
      },
      .init(row: "signal of an end", fields: ["evt.arg.sig"], types: ["procexit"]) { _, ours, _ in
        ours?.integer == nil && ours?.string == nil
      },
      .init(row: "signal that clone asks for", fields: ["evt.arg.flags"], types: ["clone"]) { theirs, ours, _ in
        isContained(theirs, in: ours) { $0.hasPrefix("SIG") }
      },
      .init(
        row: "flag without a number there", fields: ["evt.arg.flags"], types: ["open", "openat", "creat", "openat2"]
      ) { theirs, ours, _ in isContained(theirs, in: ours) { $0.hasPrefix("O_") } },
      .init(row: "flags of userfaultfd", fields: ["evt.arg.flags"], types: ["userfaultfd"]) { _, ours, _ in
        ours?.string != nil
      },
      .init(row: "names of mount's flags", fields: ["evt.arg.flags"], types: ["mount", "umount"]) { theirs, ours, _ in
        let bare = ours?.string?.split(separator: "|").map { $0.drop { $0 != "_" }.dropFirst() }
        return theirs?.string.map { Set($0.split(separator: "|")) } == bare.map { Set($0) }
      },
      .init(row: "mode of mkdir", fields: ["evt.arg.mode"], types: ["mkdir", "mkdirat"]) { theirs, ours, _ in
        let octal = ours?.string.map { String($0.prefix { $0 != "(" }) }
        guard let octal, let number = Int(octal, radix: 8) else { return false }
        return theirs?.string.flatMap { Int($0, radix: 16) } == number
      },
      .init(row: "name of a file behind a link", fields: ["fd.name"]) { theirs, ours, _ in
        guard let name = theirs?.string, ours?.string != nil else { return false }
        return name.hasPrefix("/proc/self/") || name == "/dev/ptmx"
      },
      .init(row: "name of a pipe, or of what no directory holds", fields: ["fd.name"]) { theirs, ours, _ in
        guard let name = ours?.string else { return false }
        return theirs?.string == "" && (name.hasPrefix("pipe:[") || name.hasPrefix("["))
      },
      .init(row: "IPv4 over IPv6", fields: ["fd.name"]) { theirs, ours, _ in
        theirs?.string != nil && theirs?.string == ours?.string?.replacing("::ffff:", with: "")
      },
      .init(
        row: "file of a close", fields: ["fd.num", "fd.name"], types: ["close", "ioctl", "getdents64", "lseek"]
      ) { _, ours, _ in ours?.string == nil && ours?.integer == nil },
      .init(row: "program of an exec", fields: ["fd.name"], types: ["execve"]) { theirs, _, _ in theirs?.string == nil
      },
      .init(
        row: "descriptor of a call with two", fields: ["fd.num", "fd.name"],
        types: [
          "dup", "dup2", "dup3", "pipe", "pipe2", "fcntl", "socketpair", "sendfile", "copy_file_range", "splice",
        ]
      ) { theirs, ours, _ in
        theirs?.integer != nil && ours?.integer != nil || theirs?.string != nil && ours?.string != nil
      },
      .init(row: "a connection that is not there yet", fields: ["fd.name"], types: ["connect"]) { theirs, ours, _ in
        guard let ours = ours?.string else { return false }
        return theirs?.string?.hasSuffix("->" + ours) == true
      },
    ]

  /// Every flag of theirs is among ours, and what is more there is of a kind.
  private static func isContained(
    _ theirs: JSONValue?, in ours: JSONValue?, others isOfKind: (Substring) -> Bool
  ) -> Bool {
    guard let theirs = theirs?.string, let ours = ours?.string else { return false }
    let (one, other) = (Set(theirs.split(separator: "|")), Set(ours.split(separator: "|")))
    return one.subtracting(other).allSatisfy { $0 == "0" } && other.subtracting(one).allSatisfy(isOfKind)
  }

  static func explanation(
    of field: String, _ theirs: JSONValue?, _ ours: JSONValue?, _ event: ScapPeerEvent, in list: [ScapDifference]
  ) -> ScapDifference? {
    list.first {
      $0.fields.contains(field) && ($0.types.isEmpty || $0.types.contains(event.type))
        && $0.isExplained(theirs, ours, event)
    }
  }
}

/// An event as sysdig prints it.
struct ScapPeerEvent {
  let exit: JSONValue
  /// Of the same call.
  let entry: JSONValue?

  var type: String { exit["evt.type"]?.string ?? "" }
  /// It has arguments, and a result: others are told as `syscall` with a number.
  var hasTypeOfItsOwn: Bool { exit["evt.args"]?.string?.isEmpty == false }

  /// What the exit lacks the entry may have.
  subscript(field: String) -> JSONValue? {
    let own = exit[field]
    if field.hasPrefix("evt.arg"), own == nil || own == .null { return entry?[field] }
    return own
  }
}
