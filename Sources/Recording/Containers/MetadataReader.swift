internal import Events
internal import JSON
internal import Posix

/// Finds a container's metadata in the files of the engines of this host.
///
/// The files of `docker run --rm … true` exist from 67 ms before its cgroup to 48 ms after the cgroup is gone, so reading
/// when the cgroup is made, and again for as long as it lives, needs no engine's socket.
struct MetadataReader {
  var roots: RuntimeRoots

  /// Reads what there is of the container in the cgroup at `path`.
  ///
  /// - Parameters:
  ///   - launch: The command line of the runtime that made the cgroup, where it was caught.
  /// - Returns: Nil when no file tells of it, or not yet.
  func read(_ path: CgroupPath, role: CgroupRole, launch: RuntimeLaunch?) -> ContainerMetadata? {
    switch role {
    case .plain, .monitor: return nil
    case .container(let container):
      guard var found = read(container, launch: launch) else { return nil }
      found.podUID = found.podUID ?? container.podUID
      return found
    case .candidate(let name): return readCandidate(path, name: name, launch: launch)
    }
  }

  private func read(_ container: CgroupContainer, launch: RuntimeLaunch?) -> ContainerMetadata? {
    let id = container.id
    let bundle = launch.flatMap { $0.id == id ? $0.bundle : nil }
    switch container.runtime {
    case .docker: return docker(id, bundle: bundle)
    case .containerd, .nerdctl:
      return bundle.flatMap { fromBundle($0, id: id) } ?? containerd(id) ?? docker(id, bundle: bundle)
    case .podman: return podman(id, bundle: bundle)
    case .crio: return crio(id, bundle: bundle)
    case .lxc, .garden, .mesos:
      var found = ContainerMetadata(id: id, runtime: container.runtime, source: "cgroup")
      found.name = id
      return found
    case .ecs:
      var found = docker(id, bundle: bundle)
      found?.runtime = .ecs
      return found
    case .runc, .unknown:
      return docker(id, bundle: bundle) ?? podman(id, bundle: bundle) ?? containerd(id) ?? crio(id, bundle: bundle)
        ?? bundle.flatMap { fromBundle($0, id: id) } ?? RuncState.find(id: id, under: roots.runc)?.metadata()
    }
  }

  /// A name says nothing: a bundle or a state file must point at this very cgroup.
  private func readCandidate(_ path: CgroupPath, name: String, launch: RuntimeLaunch?) -> ContainerMetadata? {
    if let bundle = containerdBundles(of: name).first(where: { $0.matches(path) }) { return ctr(bundle, id: name) }
    if let launch, let bundle = launch.bundle, let spec = BundleSpec(directory: bundle) {
      if bundle.contains("/io.containerd.runtime.v") { return ctr(spec, id: launch.id) }
      return plainRunc(id: launch.id, spec: spec, state: RuncState.find(id: launch.id, under: runcRoots(launch)))
    }
    guard let state = RuncState.find(cgroup: path, under: roots.runc) else { return nil }
    return plainRunc(id: state.id, spec: state.bundle.flatMap { BundleSpec(directory: $0) }, state: state)
  }

  private func runcRoots(_ launch: RuntimeLaunch) -> [String] { launch.root.map { [$0] } ?? roots.runc }

  private func plainRunc(id: String, spec: BundleSpec?, state: RuncState?) -> ContainerMetadata {
    var found =
      state?.metadata() ?? ContainerMetadata(id: id, runtime: .runc, source: (spec?.directory ?? "") + "/config.json")
    found.runtime = .runc
    found.name = id
    found.labels = spec?.annotations ?? [:]
    return found
  }
}

// MARK: docker

extension MetadataReader {
  func docker(_ id: String, bundle: String?) -> ContainerMetadata? {
    for root in roots.dockerData {
      if let found = docker(id, dataRoot: root) { return found }
    }
    // The data root may be anywhere: the bundle mounts files out of it.
    let bundles = [bundle].compactMap { $0 } + bundleDirectories(of: id)
    for directory in bundles {
      guard let spec = BundleSpec(directory: directory) else { continue }
      let marker = "/containers/\(id)/"
      for source in spec.mountSources {
        guard let place = source.firstRange(of: marker) else { continue }
        if let found = docker(id, dataRoot: String(source[..<place.lowerBound])) { return found }
      }
    }
    return nil
  }

  private func docker(_ id: String, dataRoot: String) -> ContainerMetadata? {
    let path = "\(dataRoot)/containers/\(id)/config.v2.json"
    guard let document = readDocument(path) else { return nil }
    var found = ContainerMetadata(id: id, runtime: .docker, source: path)
    found.name = document["Name"]?.nonEmptyString.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
    found.image = document["Config"]?["Image"]?.nonEmptyString
    found.imageID = document["Image"]?.nonEmptyString
    found.labels = document["Config"]?["Labels"]?.strings ?? [:]
    found.created = document["Created"]?.string.flatMap { WallTime(iso8601: $0) }
    found.restartCount = document["RestartCount"]?.integer.flatMap { UInt32(exactly: $0) }
    // dockershim and cri-dockerd keep the pod in labels.
    found.podName = found.labels["io.kubernetes.pod.name"]
    found.podNamespace = found.labels["io.kubernetes.pod.namespace"]
    found.podUID = found.labels["io.kubernetes.pod.uid"]
    found.isSandbox = found.labels["io.kubernetes.docker.type"] == "podsandbox"
    if let driver = document["Driver"]?.string, driver.hasPrefix("overlay") {
      let mount = "\(dataRoot)/image/\(driver)/layerdb/mounts/\(id)/mount-id"
      if let name = try? FileDescriptor.contents(of: mount, limit: 256) {
        found.upperDirectory = "\(dataRoot)/\(driver)/\(String(decoding: name, as: UTF8.self))/diff"
      }
    }
    return found
  }
}

// MARK: containerd

extension MetadataReader {
  func containerd(_ id: String) -> ContainerMetadata? {
    for directory in bundleDirectories(of: id) {
      if let found = fromBundle(directory, id: id) { return found }
    }
    return nil
  }

  func fromBundle(_ directory: String, id: String) -> ContainerMetadata? {
    guard let spec = BundleSpec(directory: directory) else { return nil }
    var found = spec.metadata(id: id)
    found.upperDirectory = spec.rootPath.flatMap(upperDirectory(ofMount:))
    if !found.isSandbox { fillFromDatabase(&found, bundle: directory) }
    if found.created == nil, found.runtime == .containerd {
      for root in roots.containerdRoot {
        let path = "\(root)/io.containerd.grpc.v1.cri/containers/\(id)/status"
        // CreatedAt is in nanoseconds since 1970.
        guard let status = readDocument(path), let created = (status["Status"] ?? status)["CreatedAt"]?.integer else {
          continue
        }
        found.created = WallTime(nanoseconds: created)
      }
    }
    return found
  }

  private func ctr(_ spec: BundleSpec, id: String) -> ContainerMetadata {
    var found = spec.metadata(id: id)
    found.upperDirectory = spec.rootPath.flatMap(upperDirectory(ofMount:))
    fillFromDatabase(&found, bundle: spec.directory)
    return found
  }

  /// The image's name, which a bundle does not hold, from containerd's own database: `v1/NAMESPACE/containers/ID/image`.
  private func fillFromDatabase(_ found: inout ContainerMetadata, bundle: String) {
    guard found.image == nil, let namespace = bundle.split(separator: "/").dropLast().last else { return }
    for root in roots.containerdRoot {
      guard let database = BoltDatabase(path: root + "/io.containerd.metadata.v1.bolt/meta.db") else { continue }
      let place = ["v1", String(namespace), "containers", found.id]
      guard let image = database.value(at: place + ["image"]), !image.isEmpty else { continue }
      found.image = String(decoding: image, as: UTF8.self)
      found.labels.merge(database.strings(in: place + ["labels"])) { $1 }
      return
    }
  }

  /// Bundles of containerd's shims, in every namespace, also of the containerd that dockerd starts.
  func bundleDirectories(of id: String) -> [String] {
    guard !id.contains("/") else { return [] }
    let states = roots.containerdState + roots.dockerExec.map { $0 + "/containerd/daemon" }
    return states.flatMap { state in
      ["v2", "v1"].flatMap { version -> [String] in
        let tasks = "\(state)/io.containerd.runtime.\(version).\(version == "v2" ? "task" : "linux")"
        let namespaces = (try? Directory.names(in: tasks)) ?? []
        return namespaces.map { "\(tasks)/\($0)/\(id)" }.filter { File.exists($0 + "/config.json") }
      }
    }
  }

  private func containerdBundles(of id: String) -> [BundleSpec] {
    bundleDirectories(of: id).compactMap { BundleSpec(directory: $0) }
  }
}

// MARK: podman and cri-o

extension MetadataReader {
  func podman(_ id: String, bundle: String?) -> ContainerMetadata? {
    for root in storageRoots(bundle) {
      for directory in storageDirectories(in: root) {
        let path = "\(directory)/containers.json"
        // The list is rewritten by rename, so it is always whole.
        guard let entry = readDocument(path)?.elements.first(where: { $0["id"]?.string == id }) else { continue }
        var found = ContainerMetadata(id: id, runtime: .podman, source: path)
        let details = entry["metadata"]?.string.flatMap { try? JSONValue(parsing: $0) }
        found.name = entry["names"]?[0]?.nonEmptyString ?? details?["name"]?.nonEmptyString
        found.image = details?["image-name"]?.nonEmptyString
        found.imageID = entry["image"]?.nonEmptyString ?? details?["image-id"]?.nonEmptyString
        found.created = entry["created"]?.string.flatMap { WallTime(iso8601: $0) }
        if let spec = BundleSpec(directory: "\(directory)/\(id)/userdata") {
          found.upperDirectory = spec.rootPath.flatMap(upperDirectory(ofMount:))
        }
        fillFromLibpod(&found, storage: root)
        return found
      }
    }
    return nil
  }

  /// Labels and pod from libpod's own database, which up to podman 4 is a bbolt file.
  private func fillFromLibpod(_ found: inout ContainerMetadata, storage: String) {
    guard let database = BoltDatabase(path: storage + "/libpod/bolt_state.db"),
      let text = database.value(at: ["ctr", found.id, "config"]), let settings = try? JSONValue(parsing: text)
    else { return }
    found.labels = settings["labels"]?.strings ?? [:]
    found.image = found.image ?? settings["rootfsImageName"]?.nonEmptyString
    guard let pod = settings["pod"]?.nonEmptyString, let text = database.value(at: ["pod", pod, "config"]),
      let settings = try? JSONValue(parsing: text)
    else { return }
    found.podName = settings["name"]?.nonEmptyString
    found.podUID = pod
  }

  func crio(_ id: String, bundle: String?) -> ContainerMetadata? {
    let directories =
      [bundle].compactMap { $0 }
      + (roots.storageRun + storageRoots(bundle)).flatMap { storageDirectories(in: $0).map { "\($0)/\(id)/userdata" } }
    for directory in directories {
      guard let spec = BundleSpec(directory: directory) else { continue }
      let found = spec.metadata(id: id)
      guard found.runtime == .crio else { continue }
      var result = found
      result.upperDirectory = spec.rootPath.flatMap(upperDirectory(ofMount:))
      return result
    }
    return nil
  }

  private func storageRoots(_ bundle: String?) -> [String] {
    var result = roots.storage
    if let root = bundle.flatMap(storageRoot(ofBundle:)) { result.addOnce(root) }
    return result
  }

  /// One for each storage driver in use: overlay-containers, vfs-containers.
  private func storageDirectories(in root: String) -> [String] {
    ["overlay", "vfs", "btrfs", "zfs"].map { "\(root)/\($0)-containers" }.filter(File.exists)
  }
}

// MARK: the writable layer

/// The `upperdir=` of the overlay mounted at `path`, as this program's mount namespace has it.
func upperDirectory(ofMount path: String) -> String? {
  guard let text = try? FileDescriptor.contents(of: "/proc/self/mountinfo", limit: 16 << 20) else { return nil }
  let wanted = CgroupPath(path).description
  let mount = MountEntry.parse(String(decoding: text, as: UTF8.self)).last {
    $0.mountPoint == wanted && $0.type == "overlay"
  }
  return mount?.upperDirectory
}

extension MountEntry {
  var upperDirectory: String? {
    superOptions.first { $0.hasPrefix("upperdir=") }.map { MountEntry.unescape($0.dropFirst(9)) }
  }
}

extension String {
  /// The first place of `text`, without Foundation.
  fileprivate func firstRange(of text: String) -> Range<Index>? {
    var place = startIndex
    while place < endIndex {
      if self[place...].hasPrefix(text) { return place..<index(place, offsetBy: text.count) }
      place = index(after: place)
    }
    return nil
  }
}
