/// Who runs a container, as far as its cgroup or its files tell.
public enum ContainerRuntime: String, Hashable, Sendable, CaseIterable {
  case docker
  case containerd
  case podman
  case crio = "cri-o"
  case nerdctl
  case runc
  case lxc
  case garden
  case ecs
  case mesos
  /// The cgroup has a container's form and nothing says whose.
  case unknown
}
