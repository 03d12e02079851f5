internal import Events
internal import JSON
internal import Posix

/// An OCI bundle's config.json, as far as it tells what the container is.
struct BundleSpec: Sendable {
  var directory: String
  var annotations: [String: String]
  var cgroupsPath: String?
  /// Absolute.
  var rootPath: String?
  var mountSources: [String]

  /// Nil when there is no such file, or not yet a whole one.
  init?(directory: String) {
    guard let document = readDocument(directory + "/config.json") else { return nil }
    self.init(document, directory: directory)
  }

  init(_ document: JSONValue, directory: String) {
    self.directory = directory
    annotations = document["annotations"]?.strings ?? [:]
    cgroupsPath = document["linux"]?["cgroupsPath"]?.nonEmptyString
    rootPath = document["root"]?["path"]?.nonEmptyString.map { $0.hasPrefix("/") ? $0 : directory + "/" + $0 }
    mountSources = document["mounts"]?.elements.compactMap { $0["source"]?.string } ?? []
  }

  /// Whether this bundle's container lives in the cgroup at `path`.
  ///
  /// A relative cgroupsPath counts from the runtime's own cgroup; in systemd's form it is "slice:prefix:name".
  func matches(_ path: CgroupPath) -> Bool {
    guard let cgroupsPath else { return directory.split(separator: "/").last == path.name }
    let parts = cgroupsPath.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 3 { return path.name == "\(parts[1])-\(parts[2]).scope" || path.name == cgroupsPath }
    let wanted = CgroupPath(cgroupsPath).description
    return cgroupsPath.hasPrefix("/") ? path.description == wanted : path.description.hasSuffix(wanted)
  }
}

extension BundleSpec {
  /// What the annotations tell: each engine leaves its own.
  func metadata(id: String) -> ContainerMetadata {
    var result = ContainerMetadata(id: id, runtime: .containerd, source: directory + "/config.json")
    if annotations["io.kubernetes.cri.container-type"] != nil {
      fillFromContainerdCRI(&result)
    } else if annotations["io.kubernetes.cri-o.ContainerID"] != nil
      || annotations["io.kubernetes.cri-o.ContainerName"] != nil
    {
      fillFromCRIO(&result)
    } else if let name = annotations["nerdctl/name"] {
      result.runtime = .nerdctl
      result.name = name.isEmpty ? nil : name
      result.labels = annotations
    } else {
      if annotations["io.container.manager"] == "libpod" { result.runtime = .podman }
      result.name = isContainerID(id) ? nil : id
      result.labels = annotations
    }
    return result
  }

  private func fillFromContainerdCRI(_ result: inout ContainerMetadata) {
    func value(_ key: String) -> String? { annotations["io.kubernetes.cri." + key].flatMap { $0.isEmpty ? nil : $0 } }
    result.isSandbox = value("container-type") == "sandbox"
    result.name = value("container-name") ?? (result.isSandbox ? value("sandbox-name") : nil)
    result.image = value("image-name")
    result.podName = value("sandbox-name")
    result.podNamespace = value("sandbox-namespace")
    result.podUID = value("sandbox-uid")
    result.labels = annotations.filter { !$0.key.hasPrefix("io.kubernetes.cri.") }
  }

  private func fillFromCRIO(_ result: inout ContainerMetadata) {
    func value(_ key: String) -> String? { annotations["io.kubernetes.cri-o." + key].flatMap { $0.isEmpty ? nil : $0 } }
    result.runtime = .crio
    result.isSandbox = value("ContainerType") == "sandbox"
    // In ContainerName a container is k8s_NAME_POD_NAMESPACE_UID_ATTEMPT; its labels have the plain name.
    let labels = value("Labels").flatMap { try? JSONValue(parsing: $0).strings } ?? [:]
    result.labels = labels
    result.name =
      labels["io.kubernetes.container.name"] ?? value("Metadata").flatMap(nameInMetadata) ?? value("ContainerName")
    result.image = value("ImageName") ?? value("Image")
    result.imageID = value("ImageRef")
    result.podName = value("KubeName") ?? labels["io.kubernetes.pod.name"]
    result.podNamespace = value("Namespace") ?? labels["io.kubernetes.pod.namespace"]
    result.podUID = labels["io.kubernetes.pod.uid"]
    result.created = value("Created").flatMap { WallTime(iso8601: $0) }
  }

  private func nameInMetadata(_ text: String) -> String? {
    (try? JSONValue(parsing: text))?["name"]?.nonEmptyString
  }
}

/// Reads a JSON file of at most 16 MiB; nil when it is not there or not whole.
func readDocument(_ path: String) -> JSONValue? {
  guard let text = try? FileDescriptor.contents(of: path, limit: 16 << 20) else { return nil }
  return try? JSONValue(parsing: text)
}
