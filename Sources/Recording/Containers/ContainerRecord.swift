public import Events

/// A container that was seen, for as long as the recording lasts: the container itself may be gone.
public struct ContainerRecord: Sendable, SelectableContainer {
  public let key: ContainerKey
  /// As much as is known so far; its source is "cgroup" until a file told more.
  public internal(set) var metadata: ContainerMetadata
  /// Its own cgroup first, then those below it.
  public internal(set) var cgroups: [CgroupID] = []
  public internal(set) var cgroupPath: CgroupPath
  public internal(set) var firstSeen: BootTime
  /// When the last of its cgroups went; nil while one is there.
  public internal(set) var removed: BootTime?
  /// It was there before the recording.
  public internal(set) var isOlderThanRecording: Bool

  public var id: String { metadata.id }
  public var containerID: String { metadata.id }
  public var containerName: String? { metadata.name }
  /// Whether a file of its engine was read.
  public var isDescribed: Bool { metadata.source != "cgroup" }

  /// Its names of users and groups; nil where they could not be read, or not yet.
  public internal(set) var accounts: ContainerAccounts?

  var liveCgroups = 0
  /// Those that count to it while one of its cgroups is there.
  var mountNamespaces: [UInt32] = []
}

/// What the resolver learnt since it was last asked.
public enum ContainerChange: Hashable, Sendable {
  /// The cgroup counts to `container` from now on; to the host when that is ``ContainerKey/host``.
  case assigned(CgroupID, container: ContainerKey, before: ContainerKey)
  /// Metadata arrived, or there is more of it.
  case described(ContainerKey)
  /// The container's last cgroup is gone.
  case ended(ContainerKey)
  /// Processes in this mount namespace act in `container`.
  case learnedMountNamespace(UInt32, container: ContainerKey)
  /// The container is gone, or the number of its mount namespace became another's.
  case releasedMountNamespace(UInt32, container: ContainerKey)
}
