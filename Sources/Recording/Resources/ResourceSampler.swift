internal import CaptureFormat
internal import Events
internal import Posix

/// Reads once a second what each container takes of the machine, and appends it to its events.
///
/// It costs at most a hundredth of a CPU: where the containers are so many that a second does not do, each has its turn
/// less often, and of more than a hundred those in which nothing changes are looked at every four seconds. One in which
/// nothing changed is written again once a minute. Files stay open as far as a quarter of the process's descriptors and the
/// memory for them go; those of the other containers are opened each time.
final class ResourceSampler {
  private final class Watched {
    let key: ContainerKey
    let paths: [String?]
    /// −1 where it is not open.
    var descriptors: [Int32] = []
    var due: UInt64
    var written: UInt64 = 0
    /// Until it is looked at again: longer while nothing happens in it.
    var pause = ResourceSampler.interval
    var last = ResourceSample()

    init(key: ContainerKey, paths: [String?], due: UInt64, isIdle: Bool) {
      if isIdle { pause = ResourceSampler.longestPause }
      self.key = key
      self.paths = paths
      self.due = due
    }

    deinit { close() }

    func close() {
      for number in descriptors where number >= 0 { _ = FileDescriptor(owning: number) }
      descriptors = []
    }
  }

  private let files: [ResourceFile]
  private let quickCount: Int
  private let streams: Streams
  private var watched: [Watched] = []
  private var places: [ContainerKey: Int] = [:]
  private var cursor = 0
  private var openCount = 0
  private let openLimit: Int
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)
  private var sample = ResourceSample()
  /// Of CPU time in the last call's tenth of a second.
  private static let budget: UInt64 = 1_000_000
  fileprivate static let interval: UInt64 = 1_000_000_000
  fileprivate static let longestPause = 4 * interval
  private static let longestSilence: UInt64 = 60_000_000_000
  /// Samples that were taken, written or not.
  private(set) var sampleCount = 0

  /// What the kernel has for a file of its own that was read once: a buffer of a page, and the file.
  private static let bytesPerFile = 4736
  var bytesOfOpenFiles: Int { openCount * Self.bytesPerFile }

  /// - Parameter openMemory: Bytes that files which are kept open may take in the kernel.
  init(files: [ResourceFile], streams: Streams, openMemory: Int) {
    self.files = files
    self.streams = streams
    quickCount = files.prefix { $0.isQuick }.count
    openLimit = min(descriptorLimit / 4, openMemory / Self.bytesPerFile)
  }

  deinit { buffer.deallocate() }

  /// A container is there, or more is known of it.
  func add(_ container: ContainerRecord, at now: UInt64) {
    guard container.removed == nil, places[container.key] == nil else { return }
    let pid = container.metadata.pid
    let paths = files.map { $0.path(of: container.cgroupPath, pid: pid) }
    guard paths.contains(where: { $0 != nil }) else { return }
    places[container.key] = watched.count
    // The new one comes first: it may be gone before all the others had their turn.
    cursor = watched.count
    watched.append(
      Watched(key: container.key, paths: paths, due: now, isIdle: isCrowded && container.isOlderThanRecording))
  }

  private var isCrowded: Bool { watched.count > 100 }

  func remove(_ key: ContainerKey) {
    guard let place = places.removeValue(forKey: key) else { return }
    openCount -= watched[place].descriptors.count { $0 >= 0 }
    let last = watched.removeLast()
    if place < watched.count {
      watched[place] = last
      places[last.key] = place
    }
  }

  /// Samples whose second is over, as far as there is time. Called ten times a second.
  ///
  /// - Parameters:
  ///   - time: What the rows bear: not before an event that was already written.
  ///   - isTold: Whether a container's numbers are anybody's business.
  func run(_ now: UInt64, time: UInt64, isTold: (ContainerKey) -> Bool) {
    let start = Clock.threadCPU
    // Those in which something happens first: the idle ones have what time is left.
    if run(now, time: time, isIdle: false, since: start, isTold) {
      _ = run(now, time: time, isIdle: true, since: start, isTold)
    }
  }

  /// - Returns: Whether there is time left.
  private func run(
    _ now: UInt64, time: UInt64, isIdle: Bool, since start: UInt64, _ isTold: (ContainerKey) -> Bool
  ) -> Bool {
    for _ in 0..<watched.count {
      if cursor >= watched.count { cursor = 0 }
      let container = watched[cursor]
      cursor += 1
      guard container.due <= now, (container.pause > Self.interval) == isIdle else { continue }
      container.due = now + container.pause
      guard streams.wants(container.key), isTold(container.key) else { continue }
      sampleCount += 1
      if read(container, now) {
        write(container, now, time: time)
        container.pause = Self.interval
      } else {
        container.pause = isCrowded ? min(container.pause * 2, Self.longestPause) : Self.interval
      }
      if Clock.threadCPU - start > Self.budget { return false }
    }
    return true
  }

  /// - Returns: Whether there is anything to be written.
  private func read(_ container: Watched, _ now: UInt64) -> Bool {
    if container.descriptors.isEmpty { open(container) }
    sample.removeAll()
    for place in 0..<quickCount { take(place, of: container) }
    let isDue = now >= container.written + Self.longestSilence
    if !isDue, sample.present != 0, isQuietSince(container.last) { return false }
    for place in quickCount..<files.count { take(place, of: container) }
    return sample.present != 0 && (isDue || !sample.isSame(as: container.last))
  }

  private func isQuietSince(_ last: ResourceSample) -> Bool {
    sample[.cpuUsage] == last[.cpuUsage] && sample[.memoryCurrent] == last[.memoryCurrent]
      && sample[.pidsCurrent] == last[.pidsCurrent]
  }

  private func open(_ container: Watched) {
    let wanted = container.paths.count { $0 != nil }
    guard openCount + wanted <= openLimit else { return }
    container.descriptors = container.paths.map { path in
      guard let path, let file = try? FileDescriptor.open(path, flags: Self.readOnly) else { return -1 }
      return file.release()
    }
    openCount += container.descriptors.count { $0 >= 0 }
  }

  private static let readOnly: Int32 = 0

  private func take(_ place: Int, of container: Watched) {
    let length: Int?
    if container.descriptors.isEmpty {
      guard let path = container.paths[place] else { return }
      let file = try? FileDescriptor.open(path, flags: Self.readOnly)
      guard let number = file?.release() else { return }
      length = readBeginning(of: number, into: buffer)
      _ = FileDescriptor(owning: number)
    } else {
      guard container.descriptors[place] >= 0 else { return }
      length = readBeginning(of: container.descriptors[place], into: buffer)
    }
    guard let length, length > 0 else { return }
    sample.take(
      files[place].content,
      KernelText(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length])))
  }

  private func write(_ container: Watched, _ now: UInt64, time: UInt64) {
    container.written = now
    container.last = sample
    let builder = streams.builder(for: StreamKey(container: container.key, lane: .activity))
    let process = builder.internProcess(BlockProcess.none.key) { .none }
    builder.beginRow(
      time: max(BootTime(nanoseconds: time), builder.latestTime), process: process, thread: 0,
      kind: .containerResources, call: nil, result: 0, flags: [], cpu: 0)
    sample.eachValue { builder.set($0, Int64(bitPattern: $1)) }
    streams.endRow(builder)
  }
}
