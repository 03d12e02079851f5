internal import CaptureFormat
internal import Events
internal import JSON

/// The containers of a .scap file: from the cgroups of processes, and from the events that describe them.
///
/// sysdig knows a container by the first twelve digits of its id; the cgroup has all of them.
final class ScapContainers {
  private(set) var rows: [ContainerRow] = []
  /// Of the host no more than what it calls users and groups; nil where the file does not tell.
  private var host: ContainerRow?
  private var accountCount = 0
  private var numbers: [String: Int] = [:]
  /// Lists of cgroups that were looked through.
  private var seen: [[UInt8]: ContainerKey] = [:]
  private static let limit = 1 << 16
  private static let seenLimit = 1 << 16

  /// What the host, or a container, calls a user or a group.
  ///
  /// - Parameter container: Its id as sysdig has it; empty is the host.
  func name(_ account: AccountName, isGroup: Bool, in container: [UInt8] = []) {
    guard !account.name.isEmpty, accountCount < Self.limit else { return }
    accountCount += 1
    if container.isEmpty || container.elementsEqual("host".utf8) {
      var row = host ?? ContainerRow(key: .host, id: "")
      row.add(account, isGroup: isGroup)
      host = row
    } else if let number = numbers[String(decoding: container.prefix(12), as: UTF8.self)] {
      rows[number].add(account, isGroup: isGroup)
    }
  }

  /// Those that are to be written.
  var written: [ContainerRow] { (host.map { [$0] } ?? []) + rows }

  /// The container that a process with these cgroups is in: `name=path`, each followed by NUL.
  func container(ofCgroups list: [UInt8], at time: BootTime) -> ContainerKey {
    if let known = seen[list] { return known }
    var key = ContainerKey.host
    for entry in list.split(separator: 0) {
      let path = entry.split(separator: UInt8(ascii: "="), maxSplits: 1).last ?? entry[...]
      if let found = Self.container(inPath: path) {
        key = self.key(id: found.id, at: time)
        note(found, path: path, key)
        break
      }
    }
    if seen.count < Self.seenLimit { seen[list] = key }
    return key
  }

  struct Found: Equatable {
    var id: String
    var runtime: String?
  }

  /// The container that a cgroup's path names, the innermost where it names several.
  static func container(inPath path: ArraySlice<UInt8>) -> Found? {
    for component in path.split(separator: UInt8(ascii: "/")).reversed() {
      let name = String(decoding: component, as: UTF8.self)
      let scope = name.hasSuffix(".scope") ? String(name.dropLast(6)) : name
      for (prefix, runtime) in [
        ("docker-", "docker"), ("cri-containerd-", "containerd"), ("crio-", "cri-o"), ("libpod-", "podman"), ("", nil),
      ] as [(String, String?)] where scope.hasPrefix(prefix) {
        let id = scope.dropFirst(prefix.count).prefix { $0 != ":" }
        if isID(id) { return Found(id: String(id), runtime: runtime ?? Self.runtime(ofPath: path)) }
      }
      // containerd with systemd: slice:prefix:id.
      if let last = name.split(separator: ":").last, name.contains(":"), isID(last[...]) {
        return Found(id: String(last), runtime: "containerd")
      }
    }
    return nil
  }

  private static func isID(_ text: Substring) -> Bool {
    (text.utf8.count == 64 || text.utf8.count == 32)
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  private static func runtime(ofPath path: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: path, as: UTF8.self)
    return text.contains("/docker") ? "docker" : text.contains("libpod") ? "podman" : nil
  }

  private func note(_ found: Found, path: ArraySlice<UInt8>, _ key: ContainerKey) {
    guard key != .host else { return }
    let place = Int(key.rawValue) - 1
    if rows[place].runtime == nil { rows[place].runtime = found.runtime }
    if rows[place].id.utf8.count < found.id.utf8.count { rows[place].id = found.id }
    if rows[place].cgroupPaths.isEmpty { rows[place].cgroupPaths = [String(decoding: path, as: UTF8.self)] }
  }

  private func key(id: String, at time: BootTime) -> ContainerKey {
    let short = String(id.prefix(12))
    if let number = numbers[short] { return ContainerKey(rawValue: UInt32(number + 1)) }
    guard rows.count < Self.limit else { return .host }
    let key = ContainerKey(rawValue: UInt32(rows.count + 1))
    numbers[short] = rows.count
    // Those of the beginning were there before it.
    rows.append(
      ContainerRow(
        key: key, id: id, started: time.nanoseconds == 0 ? nil : time, metadataSource: "pattern",
        flags: time.nanoseconds == 0 ? .foundByScan : []))
    return key
  }

  /// Takes in what an event says of a container. Its environment is not looked at.
  ///
  /// - Returns: False where the text is not JSON that describes one.
  func describe(json text: UnsafeRawBufferPointer, at time: BootTime) -> Bool {
    guard text.count < 16 << 20, let document = try? JSONValue(parsing: Array(text.prefix { $0 != 0 })) else {
      return false
    }
    let facts = document["container"] ?? document
    guard let id = facts["full_id"]?.nonEmptyString ?? facts["id"]?.nonEmptyString, id != "host" else { return false }
    let key = key(id: id, at: time)
    guard key != .host else { return false }
    var row = rows[Int(key.rawValue) - 1]
    if row.id.utf8.count < id.utf8.count { row.id = id }
    row.metadataSource = "scap"
    row.name = facts["name"]?.nonEmptyString.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 } ?? row.name
    row.image = facts["image"]?.nonEmptyString ?? row.image
    row.imageID = facts["imagedigest"]?.nonEmptyString ?? facts["imageid"]?.nonEmptyString ?? row.imageID
    if let type = facts["type"]?.integer, let name = Self.runtime(type) { row.runtime = name }
    if let seconds = facts["created_time"]?.integer, seconds > 0, seconds < 1 << 33 {
      row.created = WallTime(nanoseconds: seconds * 1_000_000_000)
    }
    if facts["is_pod_sandbox"]?.bool == true { row.flags.insert(.sandbox) }
    if let labels = facts["labels"]?.strings {
      row.labels = labels.sorted { $0.key < $1.key }.prefix(1024).map { ContainerLabel(key: $0.key, value: $0.value) }
      row.podName = labels["io.kubernetes.pod.name"] ?? row.podName
      row.podNamespace = labels["io.kubernetes.pod.namespace"] ?? row.podNamespace
      row.podUID = labels["io.kubernetes.pod.uid"] ?? row.podUID
    }
    takePodFromName(&row)
    rows[Int(key.rawValue) - 1] = row
    return true
  }

  /// Takes in the oldest event of them: id, type, name and image.
  func describe(id: [UInt8], type: Int64, name: [UInt8], image: [UInt8], at time: BootTime) {
    guard !id.isEmpty else { return }
    let key = key(id: String(decoding: id, as: UTF8.self), at: time)
    guard key != .host else { return }
    var row = rows[Int(key.rawValue) - 1]
    row.metadataSource = "scap"
    if !name.isEmpty { row.name = String(decoding: name, as: UTF8.self) }
    if !image.isEmpty { row.image = String(decoding: image, as: UTF8.self) }
    row.runtime = Self.runtime(type) ?? row.runtime
    takePodFromName(&row)
    rows[Int(key.rawValue) - 1] = row
  }

  /// `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`: what dockershim called containers.
  private func takePodFromName(_ row: inout ContainerRow) {
    guard row.podName == nil, let parts = row.name?.split(separator: "_"), parts.count >= 5, parts[0] == "k8s" else {
      return
    }
    row.podName = String(parts[2])
    row.podNamespace = String(parts[3])
    row.podUID = String(parts[4])
    if parts[1] == "POD" { row.flags.insert(.sandbox) }
  }

  static func runtime(_ type: Int64) -> String? {
    switch type {
    case 0: "docker"
    case 1: "lxc"
    case 2: "libvirt-lxc"
    case 3: "mesos"
    case 4: "rkt"
    case 6: "cri"
    case 7: "containerd"
    case 8: "cri-o"
    case 9: "bpm"
    case 11: "podman"
    default: nil
    }
  }

  /// The number that sysdig has for a runtime.
  static func type(ofRuntime name: String?) -> Int64 {
    switch name {
    case "podman": 11
    case "cri-o": 8
    case "containerd", "cri": 7
    case "lxc": 1
    default: 0
    }
  }
}

extension ContainerRow {
  fileprivate mutating func add(_ account: AccountName, isGroup: Bool) {
    if isGroup { groups.append(account) } else { users.append(account) }
  }
}
