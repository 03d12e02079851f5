internal import Reconstruction

/// What each event of .scap files is called, and what its parameters are.
struct ScapEventTable: Sendable {
  final class Event: Sendable {
    let name: String
    let isExit: Bool
    let parameters: [Parameter]
    /// Where each ``ScapField`` stands among them; −1 nowhere.
    let places: [Int8]

    init(name: String, isExit: Bool, parameters: [Parameter]) {
      self.name = name
      self.isExit = isExit
      self.parameters = parameters
      var places = [Int8](repeating: -1, count: ScapField.allCases.count)
      for (place, parameter) in parameters.enumerated() {
        if let field = parameter.field { places[Int(field.rawValue)] = Int8(place) }
      }
      self.places = places
    }
  }
  struct Parameter: Sendable {
    var name: String
    var type: String
    var field: ScapField?
    var isSigned: Bool
  }

  static let shared = ScapEventTable()

  /// By number; nil where a number is not used.
  let events: [Event?]
  /// Of events that have no type of their own, by the number of the call that they bear.
  let callNames: [String?]

  private init() {
    var fields: [String: ScapField] = [:]
    for field in ScapField.allCases { fields["\(field)"] = field }
    for (name, field) in Self.otherNames { fields[name] = field }
    var events: [Event?] = []
    for line in ScapNames.events.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 2, let number = Int(words[0]) else { continue }
      while events.count <= number { events.append(nil) }
      let parameters = words[2...].map { word in
        let parts = word.split(separator: ":")
        let type = String(parts[1])
        return Parameter(
          name: String(parts[0]), type: type, field: fields[String(parts[0])], isSigned: Self.isSigned(type))
      }
      events[number] = Event(name: String(words[1]), isExit: number % 2 == 1, parameters: parameters)
    }
    self.events = events
    var names: [String?] = []
    for word in ScapNames.calls.split(separator: " ") {
      let parts = word.split(separator: ":")
      guard parts.count == 2, let number = Int(parts[0]), number < 4096 else { continue }
      while names.count <= number { names.append(nil) }
      names[number] = String(parts[1])
    }
    callNames = names
  }

  /// Those whose names are not words of Swift's kind.
  static let otherNames: [(String, ScapField)] = [
    ("ID", .callID), ("container_id", .containerID), ("trusted_exepath", .trustedPath),
    ("cap_effective", .effectiveCapabilities),
    ("cap_permitted", .permittedCapabilities), ("cap_inheritable", .inheritableCapabilities),
    ("arg2_str", .secondText), ("arg2_int", .secondNumber), ("target_fd", .foreignDescriptor),
    ("pid_fd", .processDescriptor), ("res_or_fd", .resultOrDescriptor), ("fd_in", .sourceDescriptor),
    ("in_fd", .sourceDescriptor), ("fdin", .sourceDescriptor), ("fd_out", .targetDescriptor),
    ("out_fd", .targetDescriptor), ("fdout", .targetDescriptor),
  ]

  private static func isSigned(_ type: String) -> Bool {
    switch type {
    case "int8", "int16", "int32", "int64", "errno", "fd", "fd32", "pid", "pid32": true
    default: false
    }
  }

  func event(_ number: Int) -> Event? { events.indices.contains(number) ? events[number] : nil }
}

/// Parameters that mean something to the converter, by the names that they have in the table.
enum ScapField: UInt8, CaseIterable, Sendable {
  case callID, nativeID, res, fd, name, flags, mode, dev, ino, data, size, pos, offset, tuple, addr
  case exe, args, tid, pid, ptid, cwd, comm, cgroups, uid, gid, vtid, vpid, tty, filename, pathname, trustedPath
  case status, sig, domain, type, proto, backlog, how, fd1, fd2, peer
  case path, oldpath, newpath, olddir, newdir, olddirfd, newdirfd, dirfd, linkpath, linkdirfd, target
  case oldfd, newfd, cmd, arg, request, length, len, prot, spid
  case ruid, euid, suid, rgid, egid, sgid, effectiveCapabilities, permittedCapabilities, inheritableCapabilities, pgid
  case id, image, json, option, secondText, secondNumber, level, optname, sourceDescriptor, targetDescriptor, nstype,
    foreignDescriptor, processDescriptor
  case key, uargs, operation, cur, max, resource, newcur, newmax, argument, dir, resultOrDescriptor, containerID
}
