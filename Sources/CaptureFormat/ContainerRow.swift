public import Events

/// What is known of one container. Of several rows with one key the last holds.
public struct ContainerRow: Hashable, Sendable {
  public var key: ContainerKey
  /// The runtime's full id; empty for the host.
  public var id: String
  public var name: String?
  public var image: String?
  public var imageID: String?
  /// `docker`, `containerd`, `cri-o`, `podman`, `runc` …
  public var runtime: String?
  public var podName: String?
  public var podNamespace: String?
  public var podUID: String?
  public var labels: [ContainerLabel]
  /// By the runtime's metadata, as a wall time.
  public var created: WallTime?
  /// Its cgroup was made (or was found by the scan).
  public var started: BootTime?
  public var ended: BootTime?
  public var cgroupPaths: [String]
  public var cgroup: CgroupID?
  /// Inode number.
  public var mountNamespace: UInt32?
  /// Where name and image come from: a path, or `pattern` where only the cgroup's name told the id.
  public var metadataSource: String?
  public var flags: ContainerFlags
  /// What its own /etc/passwd and /etc/group call users and groups; numbers as events have them.
  public var users: [AccountName] = []
  public var groups: [AccountName] = []

  public init(
    key: ContainerKey, id: String, name: String? = nil, image: String? = nil, imageID: String? = nil,
    runtime: String? = nil, podName: String? = nil, podNamespace: String? = nil, podUID: String? = nil,
    labels: [ContainerLabel] = [], created: WallTime? = nil, started: BootTime? = nil, ended: BootTime? = nil,
    cgroupPaths: [String] = [], cgroup: CgroupID? = nil, mountNamespace: UInt32? = nil,
    metadataSource: String? = nil, flags: ContainerFlags = []
  ) {
    self.key = key
    self.id = id
    self.name = name
    self.image = image
    self.imageID = imageID
    self.runtime = runtime
    self.podName = podName
    self.podNamespace = podNamespace
    self.podUID = podUID
    self.labels = labels
    self.created = created
    self.started = started
    self.ended = ended
    self.cgroupPaths = cgroupPaths
    self.cgroup = cgroup
    self.mountNamespace = mountNamespace
    self.metadataSource = metadataSource
    self.flags = flags
  }
}

/// A user's or a group's name. A byte string: the container's own word.
public struct AccountName: Hashable, Sendable {
  /// In the initial user namespace.
  public var id: UInt32
  public var name: [UInt8]
  public init(id: UInt32, name: [UInt8]) {
    self.id = id
    self.name = name
  }
}

public struct ContainerLabel: Hashable, Sendable {
  public var key: String
  public var value: String
  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

public struct ContainerFlags: OptionSet, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Ran before the recording began.
  public static let foundByScan = ContainerFlags(rawValue: 1 << 0)
  /// Holds a pod's namespaces and runs nothing of the user's.
  public static let sandbox = ContainerFlags(rawValue: 1 << 1)
}
