/// How a column's values are to be read. The numbers are the file's: never reused, only added to.
public enum ColumnValueType: UInt8, Sendable {
  /// Signed, 64 bits.
  case integer = 1
  /// Unsigned, 64 bits.
  case unsigned = 2
  case bytes = 3
  /// Text, UTF-8 where the program that made it was well-behaved.
  case string = 4
  /// A row of the block's table of files.
  case file = 5
  /// A row of the block's table of processes.
  case process = 6
  /// u16 family, u16 port, then 4 or 16 bytes of IP address, or a Unix socket's path; all little-endian.
  case address = 7
  /// Byte strings, each followed by a NUL.
  case list = 8
}

/// One row of the catalogue: what a column is called, how it is read and what it tells.
public struct ColumnDescription: Hashable, Sendable {
  public var column: ColumnID
  /// Lower case with underscores: `open_flags`.
  public var name: String
  /// The raw number of a ``ColumnValueType``; a newer capture may hold one that this version does not know.
  public var valueTypeNumber: UInt8
  /// `ns`, `bytes`, `bits`, `s`; empty where there is none.
  public var unit: String
  public var summary: String

  public init(column: ColumnID, name: String, valueTypeNumber: UInt8, unit: String, summary: String) {
    self.column = column
    self.name = name
    self.valueTypeNumber = valueTypeNumber
    self.unit = unit
    self.summary = summary
  }

  init(_ column: ColumnID, _ name: String, _ type: ColumnValueType, _ unit: String, _ summary: String) {
    self.init(column: column, name: name, valueTypeNumber: type.rawValue, unit: unit, summary: summary)
  }

  public var valueType: ColumnValueType? { ColumnValueType(rawValue: valueTypeNumber) }
}

extension ColumnID {
  /// Every column this version knows.
  public static let catalogue: [ColumnDescription] = [
    .init(.time, "time", .unsigned, "ns", "when the event was seen, since boot"),
    .init(.process, "process", .process, "", "the process, by its place in the block's table of processes"),
    .init(.thread, "thread", .unsigned, "", "thread id in the initial pid namespace"),
    .init(.kind, "kind", .unsigned, "", "what the event is; the catalogue names it"),
    .init(.call, "call", .unsigned, "", "system call: binary interface << 16 | number"),
    .init(.result, "result", .integer, "", "what the call returned; negative is an error number"),
    .init(.flags, "flags", .unsigned, "bits", "what qualifies the event"),
    .init(.cpu, "cpu", .unsigned, "", "the CPU it happened on"),
    .init(.shape, "shape", .unsigned, "", "which columns the row has, by its place in the block's table of shapes"),
    .init(.duration, "duration", .unsigned, "ns", "from the call to its return"),
    .init(
      .payloadLength, "payload_length", .unsigned, "bytes", "length of the data that was transferred, before it was cut"
    ),
    .init(.payload, "payload", .bytes, "", "the first bytes of the data that was transferred"),
    .init(.payloadDigest, "payload_digest", .bytes, "", "SHA-256 of the payload in a blob block"),
    .init(.stack, "stack", .bytes, "", "digest of a call stack in a stack block"),
    .init(.descriptor, "descriptor", .integer, "", "the descriptor the call was made on, or that it returned"),
    .init(.file, "file", .file, "", "the open file behind the descriptor, by its place in the block's table of files"),
    .init(.count, "count", .unsigned, "bytes", "how much was asked for"),
    .init(.offset, "offset", .integer, "bytes", "position in the file; -1 is the file's own position"),
    .init(.openFlags, "open_flags", .unsigned, "bits", "O_* as they were passed"),
    .init(.mode, "mode", .unsigned, "bits", "permissions as they were passed"),
    .init(.path, "path", .string, "", "path, as the container sees it"),
    .init(.secondPath, "second_path", .string, "", "the other path: a new name, a link's target"),
    .init(.address, "address", .address, "", "the remote address, or the one that is bound"),
    .init(.arguments, "arguments", .list, "", "argument vector"),
    .init(.argumentLength, "argument_length", .unsigned, "bytes", "length of the argument vector before it was cut"),
    .init(.workingDirectory, "working_directory", .string, "", "working directory"),
    .init(.executable, "executable", .string, "", "the program's file"),
    .init(.userID, "user_id", .unsigned, "", "user id, in the initial user namespace"),
    .init(.groupID, "group_id", .unsigned, "", "group id, in the initial user namespace"),
    .init(.terminal, "terminal", .unsigned, "", "device number of the controlling terminal"),
    .init(.session, "session", .unsigned, "", "session leader's pid"),
    .init(.exitCode, "exit_code", .unsigned, "", "as wait(2) gives it: code << 8 | signal, 0x80 core dumped"),
    .init(.childPID, "child_pid", .unsigned, "", "pid of the new process"),
    .init(.childStart, "child_start", .unsigned, "ns", "when the new process started, since boot"),
    .init(.childThread, "child_thread", .unsigned, "", "thread id of the new thread"),
    .init(.cloneFlags, "clone_flags", .unsigned, "bits", "CLONE_* as asked for"),
    .init(.family, "family", .unsigned, "", "address family"),
    .init(.socketType, "socket_type", .unsigned, "", "SOCK_*"),
    .init(.networkProtocol, "network_protocol", .unsigned, "", "IPPROTO_*"),
    .init(.backlog, "backlog", .integer, "", "connections that may wait"),
    .init(.length, "length", .integer, "bytes", "new length of the file"),
    .init(.secondDescriptor, "second_descriptor", .integer, "", "the other descriptor: of a copy, of a pair"),
    .init(.argument0, "argument0", .integer, "", "first raw argument"),
    .init(.argument1, "argument1", .integer, "", "second raw argument"),
    .init(.argument2, "argument2", .integer, "", "third raw argument"),
    .init(.argument3, "argument3", .integer, "", "fourth raw argument"),
    .init(.argument4, "argument4", .integer, "", "fifth raw argument"),
    .init(.argument5, "argument5", .integer, "", "sixth raw argument"),
    .init(.parentPID, "parent_pid", .unsigned, "", "the real parent's pid"),
    .init(.parentStart, "parent_start", .unsigned, "ns", "when the real parent started, since boot"),
    .init(.namespacePID, "namespace_pid", .unsigned, "", "pid inside the innermost pid namespace"),
    .init(.comm, "comm", .string, "", "the kernel's name of the task"),
    .init(.cgroup, "cgroup", .unsigned, "", "id of the cgroup"),
    .init(.cgroupPath, "cgroup_path", .string, "", "path of the cgroup"),
    .init(
      .actingIn, "acting_in", .unsigned, "",
      "container whose namespaces the process acts in, though its cgroup is another's"),
    .init(.terminalName, "terminal_name", .string, "", "name of the controlling terminal"),
    .init(.secondFile, "second_file", .file, "", "the open file behind the other descriptor"),
    .init(.oldThread, "old_thread", .unsigned, "", "the thread that called exec"),
    .init(.askedFor, "asked_for", .string, "", "what exec was asked to run"),
    .init(
      .effectiveUserID, "effective_user_id", .unsigned, "",
      "user id that counts, after the call, in the initial user namespace"),
    .init(
      .effectiveGroupID, "effective_group_id", .unsigned, "",
      "group id that counts, after the call, in the initial user namespace"),
    .init(.savedUserID, "saved_user_id", .unsigned, "", "saved user id after the call"),
    .init(.savedGroupID, "saved_group_id", .unsigned, "", "saved group id after the call"),
    .init(.filesystemUserID, "filesystem_user_id", .unsigned, "", "user id for access to files, after the call"),
    .init(.filesystemGroupID, "filesystem_group_id", .unsigned, "", "group id for access to files, after the call"),
    .init(.effectiveCapabilities, "effective_capabilities", .unsigned, "bits", "capabilities in force after the call"),
    .init(
      .permittedCapabilities, "permitted_capabilities", .unsigned, "bits",
      "capabilities that can be put in force, after the call"),
    .init(
      .inheritableCapabilities, "inheritable_capabilities", .unsigned, "bits",
      "capabilities handed on over exec, after the call"),
    .init(
      .boundingCapabilities, "bounding_capabilities", .unsigned, "bits",
      "capabilities that an exec can give, after the call"),
    .init(
      .ambientCapabilities, "ambient_capabilities", .unsigned, "bits",
      "capabilities that an exec without privileges keeps, after the call"),
    .init(.oldUserID, "old_user_id", .unsigned, "", "user id before the call; absent where it is not known"),
    .init(.oldGroupID, "old_group_id", .unsigned, "", "group id before the call"),
    .init(.oldEffectiveUserID, "old_effective_user_id", .unsigned, "", "effective user id before the call"),
    .init(.oldEffectiveGroupID, "old_effective_group_id", .unsigned, "", "effective group id before the call"),
    .init(
      .oldEffectiveCapabilities, "old_effective_capabilities", .unsigned, "bits",
      "capabilities in force before the call"),
    .init(
      .oldPermittedCapabilities, "old_permitted_capabilities", .unsigned, "bits",
      "permitted capabilities before the call"),
    .init(
      .oldBoundingCapabilities, "old_bounding_capabilities", .unsigned, "bits", "bounding capabilities before the call"),
    .init(
      .askedID, "asked_id", .integer, "",
      "id asked for, in the caller's user namespace; -1 leaves it; of calls that set several, the real one"),
    .init(.askedEffectiveID, "asked_effective_id", .integer, "", "effective id asked for"),
    .init(.askedSavedID, "asked_saved_id", .integer, "", "saved id asked for"),
    .init(.groups, "groups", .list, "", "supplementary groups asked for, in decimal"),
    .init(
      .askedEffectiveCapabilities, "asked_effective_capabilities", .unsigned, "bits",
      "capabilities asked to be in force"),
    .init(
      .askedPermittedCapabilities, "asked_permitted_capabilities", .unsigned, "bits",
      "capabilities asked to be permitted"),
    .init(
      .askedInheritableCapabilities, "asked_inheritable_capabilities", .unsigned, "bits",
      "capabilities asked to be inheritable"),
    .init(.operation, "operation", .unsigned, "", "what the call is to do: a command, a request, an option"),
    .init(.ringOperation, "ring_operation", .unsigned, "", "what was asked of io_uring: IORING_OP_*"),
    .init(.operand, "operand", .integer, "", "the number that the operation takes"),
    .init(.signal, "signal", .unsigned, "", "signal number"),
    .init(
      .targetPID, "target_pid", .integer, "",
      "process acted on, in the caller's pid namespace; of kill, 0 and less are groups"),
    .init(.targetThread, "target_thread", .integer, "", "thread acted on, in the caller's pid namespace"),
    .init(
      .objectName, "object_name", .string, "", "name of what is made or asked for: attribute, key, module, memory file"),
    .init(.objectType, "object_type", .string, "", "type of it: file system, key"),
    .init(.source, "source", .string, "", "what is mounted, as it was passed"),
    .init(.data, "data", .string, "", "options or content that go with it, as they were passed"),
    .init(.callFlags, "call_flags", .unsigned, "bits", "flags as they were passed; the kind says whose"),
    .init(.protection, "protection", .unsigned, "bits", "PROT_* as they were passed"),
    .init(.mappingFlags, "mapping_flags", .unsigned, "bits", "MAP_* as they were passed"),
    .init(.memoryAddress, "memory_address", .unsigned, "", "address asked for"),
    .init(.deviceNumber, "device_number", .unsigned, "", "device as it was passed to mknod"),
    .init(.optionLevel, "option_level", .integer, "", "level of a socket's option: SOL_*, IPPROTO_*"),
    .init(.optionName, "option_name", .integer, "", "number of a socket's option in its level"),
    .init(
      .passedDescriptors, "passed_descriptors", .list, "",
      "descriptors that a message carries, in decimal, as sender or receiver has them"),
    .init(.passedFiles, "passed_files", .list, "", "the open files behind the first eight of them"),
    .init(.eventMask, "event_mask", .unsigned, "bits", "IN_*, FAN_*: what is watched for"),
    .init(.socketState, "socket_state", .unsigned, "", "TCP_*: state of the socket"),
    .init(
      .accessTime, "access_time", .integer, "ns", "time of access to be set, since 1970; absent: now, or left alone"),
    .init(
      .modifyTime, "modify_time", .integer, "ns", "time of change to be set, since 1970; absent: now, or left alone"),
    .init(.softLimit, "soft_limit", .unsigned, "", "limit to be set"),
    .init(.hardLimit, "hard_limit", .unsigned, "", "what the limit may be raised to"),
    .init(.attributesSet, "attributes_set", .unsigned, "bits", "MOUNT_ATTR_* to be set"),
    .init(.attributesCleared, "attributes_cleared", .unsigned, "bits", "MOUNT_ATTR_* to be taken away"),
    .init(.bytes, "bytes", .bytes, "", "the string itself"),
    .init(.pid, "pid", .unsigned, "", "process id in the initial pid namespace"),
    .init(.start, "start", .unsigned, "ns", "when the process started, since boot"),
    .init(.end, "end", .unsigned, "ns", "when it ended, since boot; of a loss: the end of the interval"),
    .init(.commandLine, "command_line", .list, "", "argument vector of the process"),
    .init(.container, "container", .unsigned, "", "container, by the recorder's number"),
    .init(.execTime, "exec_time", .unsigned, "ns", "the last successful exec, since boot"),
    .init(.processFlags, "process_flags", .unsigned, "bits", "what qualifies the process"),
    .init(.threadCount, "thread_count", .unsigned, "", "threads it has"),
    .init(.eventCount, "event_count", .unsigned, "", "events of it in the capture"),
    .init(.fileID, "file_id", .unsigned, "", "the probes' number of the open file; 0 is unknown"),
    .init(.inode, "inode", .unsigned, "", "inode number"),
    .init(.device, "device", .unsigned, "", "device, major << 20 | minor"),
    .init(
      .fileType, "file_type", .unsigned, "",
      "1 regular, 2 directory, 3 character, 4 block, 5 pipe, 6 socket, 7 symlink, 8 anonymous"),
    .init(.fileMode, "file_mode", .unsigned, "bits", "S_IF* and permissions"),
    .init(.filePath, "file_path", .string, "", "path or name; absent is unknown"),
    .init(.localAddress, "local_address", .address, "", "a socket's own address"),
    .init(.remoteAddress, "remote_address", .address, "", "a socket's peer"),
    .init(.socketCookie, "socket_cookie", .unsigned, "", "the kernel's number of the socket"),
    .init(.networkNamespace, "network_namespace", .unsigned, "", "inode number of the network namespace"),
    .init(.fileFlags, "file_flags", .unsigned, "bits", "O_* as the open file holds them"),
    .init(.peerInode, "peer_inode", .unsigned, "", "inode of a Unix socket's peer"),
    .init(.containerID, "container_id", .string, "", "the runtime's full id"),
    .init(.containerName, "container_name", .string, "", "name"),
    .init(.imageName, "image_name", .string, "", "image"),
    .init(.imageID, "image_id", .string, "", "image's digest or id"),
    .init(.runtime, "runtime", .string, "", "container runtime"),
    .init(.podName, "pod_name", .string, "", "Kubernetes pod"),
    .init(.podNamespace, "pod_namespace", .string, "", "Kubernetes namespace"),
    .init(.podUID, "pod_uid", .string, "", "Kubernetes uid of the pod"),
    .init(.labels, "labels", .list, "", "labels: key, value, key, value"),
    .init(.created, "created", .integer, "ns", "when the runtime made it, since 1970"),
    .init(.containerFlags, "container_flags", .unsigned, "bits", "what qualifies the container"),
    .init(.mountNamespace, "mount_namespace", .unsigned, "", "inode number of the mount namespace"),
    .init(.metadataSource, "metadata_source", .string, "", "where name and image come from"),
    .init(.started, "started", .unsigned, "ns", "when its cgroup was made, since boot"),
    .init(.ended, "ended", .unsigned, "ns", "when its cgroup was removed, since boot"),
    .init(.cgroupPaths, "cgroup_paths", .list, "", "paths of its cgroups"),
    .init(.signalCode, "signal_code", .integer, "", "why the signal was sent, as siginfo has it: SEGV_*, SI_* …"),
    .init(.faultAddress, "fault_address", .unsigned, "", "what a fault was about: where it was read, written or run"),
    .init(.senderPID, "sender_pid", .unsigned, "", "process that sent the signal, in the initial pid namespace"),
    .init(.senderStart, "sender_start", .unsigned, "ns", "when the sender started, since boot"),
    .init(.senderName, "sender_name", .string, "", "the kernel's name of the sender"),
    .init(.senderContainer, "sender_container", .unsigned, "", "container of the sender, by the recorder's number"),
    .init(
      .frames, "frames", .bytes, "",
      "user stack, innermost first: 32 bytes a frame, see the format's page"),
    .init(.memoryLimit, "memory_limit", .unsigned, "bytes", "the limit that was reached; absent: the host had no more"),
    .init(.memoryUsage, "memory_usage", .unsigned, "bytes", "memory charged to the cgroup at that moment"),
    .init(
      .duringCall, "during_call", .unsigned, "",
      "the call that a filter killed for, or that the process was in: binary interface << 16 | number"),
    .init(.blockOffset, "block_offset", .unsigned, "bytes", "where the block begins in the file"),
    .init(.blockLength, "block_length", .unsigned, "bytes", "its length in all"),
    .init(.blockType, "block_type", .unsigned, "", "which block it is"),
    .init(.lane, "lane", .unsigned, "", "0 lifecycle, 1 activity, 2 detail"),
    .init(.firstTime, "first_time", .unsigned, "ns", "earliest time in it, since boot"),
    .init(.lastTime, "last_time", .unsigned, "ns", "latest time in it, since boot"),
    .init(.rowCount, "row_count", .unsigned, "", "rows"),
    .init(.firstSequence, "first_sequence", .unsigned, "", "sequence of its first row in its stream"),
    .init(.digest, "digest", .bytes, "", "block digest"),
    .init(.second, "second", .unsigned, "s", "second since boot"),
    .init(.cause, "cause", .unsigned, "", "why it was lost; the catalogue names it"),
    .init(.lostCount, "lost_count", .unsigned, "", "how many were lost"),
    .init(.bootTime, "boot_time", .unsigned, "ns", "CLOCK_BOOTTIME"),
    .init(.monotonicTime, "monotonic_time", .unsigned, "ns", "CLOCK_MONOTONIC"),
    .init(.realTime, "real_time", .integer, "ns", "CLOCK_REALTIME, since 1970"),
    .init(.kindsPresent, "kinds_present", .bytes, "bits", "kinds in the block: bit (kind mod 128)"),
    .init(.anchorReason, "anchor_reason", .unsigned, "", "1 start, 2 periodic, 3 the clock was set, 4 end"),
    .init(.reason, "reason", .string, "", "why"),
    .init(.triggerTime, "trigger_time", .unsigned, "ns", "when what the trigger is about happened, since boot"),
    .init(.acceptedTime, "accepted_time", .unsigned, "ns", "when the recorder took the trigger, since boot"),
    .init(.triggerSource, "trigger_source", .string, "", "what raised it: request, falco, alertmanager, death ..."),
    .init(.rule, "rule", .string, "", "the rule that fired, by its sender's name"),
    .init(.priority, "priority", .string, "", "how grave its sender holds it to be"),
    .init(.windowBefore, "window_before", .unsigned, "ns", "how much of the past was asked for"),
    .init(.windowAfter, "window_after", .unsigned, "ns", "how long to go on was asked for"),
    .init(.fingerprint, "fingerprint", .string, "", "the alert's identity: sent again it has the same"),
    .init(.alertBody, "alert_body", .bytes, "", "the alert as it came"),
    .init(.alertLength, "alert_length", .unsigned, "bytes", "length of the alert before it was cut"),
    .init(.number, "number", .unsigned, "", "the number that is described"),
    .init(.name, "name", .string, "", "its name"),
    .init(
      .valueType, "value_type", .unsigned, "",
      "1 integer, 2 unsigned, 3 bytes, 4 string, 5 file, 6 process, 7 address, 8 list"),
    .init(.unit, "unit", .string, "", "unit; empty where there is none"),
    .init(.summary, "summary", .string, "", "what it tells"),
    .init(.abi, "abi", .unsigned, "", "binary interface: 0 x86-64, 1 i386, 2 x32, 3 arm64, 4 arm"),
    .init(.key, "key", .string, "", "key"),
    .init(.value, "value", .string, "", "value"),
    .init(.columnList, "column_list", .bytes, "", "the shape's columns, two bytes each"),
    .init(.tableNumber, "table_number", .unsigned, "", "which table"),
    .init(.stateTime, "state_time", .unsigned, "ns", "when the state that the lane tells of was so, since boot"),
    .init(.since, "since", .unsigned, "ns", "since when, since boot; absent where that was not seen"),
    .init(.descriptorFlags, "descriptor_flags", .unsigned, "bits", "what qualifies the descriptor"),
    .init(.memoryCurrent, "memory_current", .unsigned, "bytes", "memory that the container takes, page cache included"),
    .init(.memoryPeak, "memory_peak", .unsigned, "bytes", "the most memory it ever took"),
    .init(.memoryMax, "memory_max", .unsigned, "bytes", "limit of its memory; absent where there is none"),
    .init(.swapCurrent, "swap_current", .unsigned, "bytes", "swap that it takes"),
    .init(.swapMax, "swap_max", .unsigned, "bytes", "limit of its swap; absent where there is none"),
    .init(.memoryAnonymous, "memory_anon", .unsigned, "bytes", "memory that no file is behind"),
    .init(.memoryFile, "memory_file", .unsigned, "bytes", "page cache"),
    .init(.memoryLimitHits, "memory_limit_hits", .unsigned, "", "how often it ran into its memory limit"),
    .init(.outOfMemoryEvents, "memory_oom", .unsigned, "", "how often its memory was used up"),
    .init(
      .outOfMemoryKills, "memory_oom_kill", .unsigned, "", "how many of its processes were killed for want of memory"),
    .init(.cpuUsage, "cpu_usage", .unsigned, "ns", "CPU time that it has used"),
    .init(.cpuUser, "cpu_user", .unsigned, "ns", "of it in programs"),
    .init(.cpuSystem, "cpu_system", .unsigned, "ns", "of it in the kernel"),
    .init(
      .cpuQuota, "cpu_quota", .unsigned, "1/1000 CPU",
      "CPUs that it may use, in thousandths; absent where there is no quota"),
    .init(.cpuThrottledPeriods, "cpu_throttled", .unsigned, "", "periods in which its quota was used up"),
    .init(.cpuThrottledTime, "cpu_throttled_time", .unsigned, "ns", "time that its tasks waited for the next period"),
    .init(.ioReadBytes, "io_read_bytes", .unsigned, "bytes", "read from block devices"),
    .init(.ioWrittenBytes, "io_written_bytes", .unsigned, "bytes", "written to block devices"),
    .init(.ioReads, "io_reads", .unsigned, "", "read operations on block devices"),
    .init(.ioWrites, "io_writes", .unsigned, "", "write operations on block devices"),
    .init(.pidsCurrent, "pids_current", .unsigned, "", "tasks that it has: processes and threads"),
    .init(.pidsMax, "pids_max", .unsigned, "", "limit of its tasks; absent where there is none"),
    .init(.cpuPressureSome, "cpu_pressure_some", .unsigned, "ns", "time in which some of its tasks waited for a CPU"),
    .init(.cpuPressureFull, "cpu_pressure_full", .unsigned, "ns", "time in which all of its tasks waited for a CPU"),
    .init(
      .memoryPressureSome, "memory_pressure_some", .unsigned, "ns", "time in which some of its tasks waited for memory"),
    .init(
      .memoryPressureFull, "memory_pressure_full", .unsigned, "ns", "time in which all of its tasks waited for memory"),
    .init(
      .ioPressureSome, "io_pressure_some", .unsigned, "ns", "time in which some of its tasks waited for input or output"
    ),
    .init(
      .ioPressureFull, "io_pressure_full", .unsigned, "ns", "time in which all of its tasks waited for input or output"),
    .init(
      .marks, "marks", .unsigned, "bits",
      "what is remarkable of the program and of how it got there; as process_flags"),
    .init(
      .standardStreams, "standard_streams", .unsigned, "bits", "which of descriptors 0 to 2 are terminals or sockets"),
    .init(
      .addressName, "address_name", .string, "",
      "the name by which the container last looked up the address; absent: it did not, as far as was seen"),
    .init(
      .translatedLocal, "translated_local", .address, "",
      "the socket's own address on the other side of a NAT; of what was accepted: the address that was asked for"),
    .init(.translatedRemote, "translated_remote", .address, "", "the peer's address on the other side of a NAT"),
    .init(
      .incarnation, "incarnation", .unsigned, "",
      "which start of the container it is, counted from when the recorder first knew of it"),
    .init(
      .restartCount, "restart_count", .unsigned, "", "how often the engine restarted the container, by its own count"),
    .init(
      .endedBy, "ended_by", .unsigned, "",
      "what ended it: 1 itself, 2 want of memory, 3 a signal from outside, 4 one from inside, 5 the kernel"),
    .init(.userNames, "user_names", .list, "", "user id in the initial user namespace and name, of /etc/passwd"),
    .init(.groupNames, "group_names", .list, "", "group id in the initial user namespace and name, of /etc/group"),
    .init(
      .packetLength, "packet_length", .unsigned, "bytes",
      "length of the packet on the wire, its link layer's header included"),
    .init(.capturedLength, "captured_length", .unsigned, "bytes", "of it kept"),
    .init(.interface, "interface", .unsigned, "", "the recorder's number of the interface"),
    .init(.packetDirection, "packet_direction", .unsigned, "", "0 not known, 1 came in, 2 went out"),
    .init(.packetChecksum, "packet_checksum", .unsigned, "", "CRC-32C of what was kept"),
    .init(.interfaceName, "interface_name", .string, "", "the interface's name in its network namespace"),
    .init(.interfaceIndex, "interface_index", .unsigned, "", "the interface's number in its network namespace"),
  ]

  /// Numbers from here on are not this version's.
  private static let limit = 384

  /// Descriptions by number, for the columns of this version.
  private static let descriptions: [ColumnDescription?] = {
    var result = [ColumnDescription?](repeating: nil, count: Self.limit)
    for entry in catalogue { result[Int(entry.column.rawValue)] = entry }
    return result
  }()

  /// What this version knows of the column; nil for one that a newer version wrote.
  public var catalogueEntry: ColumnDescription? { Int(rawValue) < Self.limit ? Self.descriptions[Int(rawValue)] : nil }
}
