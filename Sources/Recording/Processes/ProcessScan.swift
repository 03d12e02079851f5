internal import Events
internal import Posix
internal import ProbeRecords

extension ProcessTable {
  /// A process's row: who it is, its name, and its credentials.
  private static let scanStride =
    MemoryLayout<at_exec>.size + 2 * MemoryLayout<at_field>.size + 16 + MemoryLayout<at_credentials>.size

  /// Takes in the processes that were there before the probes: the kernel's rows for who they are, /proc for strings.
  ///
  /// A process that an event told of in the meantime keeps what the event said; the scan only adds to it.
  mutating func take(scan rows: [UInt8], attribution: Attribution, onlyNew: Bool = false) {
    let stride = Self.scanStride
    rows.withUnsafeBytes { bytes in
      var position = 0
      while position + stride <= bytes.count {
        if let record = ProbeRecord(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + stride)])),
          let body = record.body(as: at_exec.self), !onlyNew || number(of: body.header.processKey) == nil
        {
          take(body, record, attribution)
        }
        position += stride
      }
    }
  }

  /// The credentials that the scan found, by thread: those of each process's first.
  static func credentials(
    inScan rows: [UInt8], _ take: (_ header: at_header, _ credentials: at_credentials) -> Void
  ) {
    rows.withUnsafeBytes { bytes in
      for position in Swift.stride(from: 0, through: bytes.count - scanStride, by: scanStride) {
        guard
          let record = ProbeRecord(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + scanStride)])),
          let field = record.fields(after: MemoryLayout<at_exec>.size).first(where: {
            $0.id == AT_FIELD_CREDENTIALS.rawValue
          }), let credentials = field.value(as: at_credentials.self)
        else { continue }
        take(record.header, credentials)
      }
    }
  }

  private mutating func take(_ body: at_exec, _ record: ProbeRecord, _ attribution: Attribution) {
    let key = body.header.processKey
    guard number(of: key) == nil || self[number(of: key)!].execTime == nil else { return }
    let number = enter(key)
    let comm = record.fields(after: MemoryLayout<at_exec>.size).first { $0.id == AT_FIELD_COMM.rawValue }
    self[number].comm = comm.map { Array($0.bytes.prefix { $0 != 0 }) } ?? []
    self[number].parent = ProcessKey(pid: body.parent_tgid, start: BootTime(nanoseconds: body.parent_start))
    self[number].container =
      attribution.place(cgroup: body.header.cgroup, mountNamespace: body.header.mount_namespace).container
    self[number].cgroupContainer = attribution.place(cgroup: body.header.cgroup, mountNamespace: 0).container
    self[number].userID = body.uid
    self[number].groupID = body.gid
    self[number].session = body.session
    self[number].namespacePID = body.vpid
    self[number].flags.insert(.tableScan)
    readStrings(of: number)
  }

  /// What /proc says, if the process is still the same one: an end in between would tell of its pid's next owner.
  private mutating func readStrings(of number: Int) {
    let directory = "/proc/\(self[number].key.pid)"
    guard Self.startsInTheSameTick(directory, self[number].key.start) else { return }
    if let bytes = try? FileDescriptor.contents(of: directory + "/cmdline", limit: Int(AT_ARGV_MAX)) {
      self[number].arguments = bytes.withUnsafeBytes { splitArguments($0) }
    }
    self[number].workingDirectory = (try? File.linkTarget(directory + "/cwd")).map { Array($0.utf8) }
    self[number].executable = (try? File.linkTarget(directory + "/exe")).map { Array($0.utf8) }
  }

  /// Whether the process is still there, and not another one of its pid.
  static func isAlive(_ key: ProcessKey) -> Bool { startsInTheSameTick("/proc/\(key.pid)", key.start) }

  /// /proc counts starts in ticks of 10 ms: compared at that grain.
  static func startsInTheSameTick(_ directory: String, _ start: BootTime) -> Bool {
    guard let bytes = try? FileDescriptor.contents(of: directory + "/stat", limit: 4096),
      let parenthesis = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return false }
    let fields = bytes[(parenthesis + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, let ticks = UInt64(String(decoding: fields[19], as: UTF8.self)) else { return false }
    return ticks == start.nanoseconds / 10_000_000
  }
}
