// A table: what Timesketch and ECS call each kind of event.

internal import Events

extension TimelineExporter {
  /// What Timesketch and ECS call a kind of event.
  struct Label {
    var description: String
    var type: String
    var categories: [String]
    var types: [String]
    var action: String
  }

  static func label(of kind: EventKind) -> Label { labels[kind] ?? other }

  private static let other = Label(
    description: "System Call", type: "call", categories: [], types: ["info"], action: "call")

  private static let labels: [EventKind: Label] = [
    .processFork: process("Process Forked", "fork", "start"),
    .processExec: process("Process Started", "start", "start", "exec"),
    .processExit: process("Process Ended", "end", "end", "exit"),
    .threadStart: process("Thread Started", "thread-start", "info"),
    .threadExit: process("Thread Ended", "thread-end", "info"),
    .processRename: process("Process Renamed", "rename", "change"),
    .threadRename: process("Thread Renamed", "thread-rename", "info"),
    .signalReturn: process("Signal Handler Returned", "signal-return", "info"),
    .signalFatal: process("Process Killed By Signal", "signal-fatal", "end", "killed"),
    .memoryExhausted: process("Memory Exhausted", "oom", "info"),
    .fileOpen: file("File Opened", "open", "access"), .fileClose: file("File Closed", "close", "info"),
    .fileRead: file("File Read", "read", "access"), .fileWrite: file("File Written", "write", "change"),
    .fileRename: file("File Renamed", "rename", "change"), .fileUnlink: file("File Deleted", "delete", "deletion"),
    .fileMakeDirectory: file("Directory Created", "mkdir", "creation"),
    .fileRemoveDirectory: file("Directory Deleted", "rmdir", "deletion"),
    .fileLink: file("File Linked", "link", "creation"),
    .fileSymlink: file("Symbolic Link Created", "symlink", "creation"),
    .fileChangeMode: file("File Mode Changed", "chmod", "change"),
    .fileChangeOwner: file("File Owner Changed", "chown", "change"),
    .fileTruncate: file("File Truncated", "truncate", "change"),
    .descriptorDuplicate: file("Descriptor Duplicated", "dup", "info"),
    .pipeCreate: file("Pipe Created", "pipe", "info"),
    .networkSocket: network("Socket Created", "socket", ["info"]),
    .networkConnect: network("Connection Opened", "connect", ["connection", "start"]),
    .networkAccept: network("Connection Accepted", "accept", ["connection", "start"]),
    .networkBind: network("Address Bound", "bind", ["info"]),
    .networkListen: network("Listening Started", "listen", ["info"]),
    .networkSend: network("Data Sent", "send", ["connection"]),
    .networkReceive: network("Data Received", "receive", ["connection"]),
    .cgroupCreate: cgroup("Control Group Created", "mkdir", "creation"),
    .cgroupRemove: cgroup("Control Group Removed", "rmdir", "deletion"),
    .cgroupAttach: cgroup("Control Group Joined", "attach", "change"),
    .ringRequest: Label(
      description: "Request Made", type: "request", categories: [], types: ["info"], action: "request"),
    .containerResources: Label(
      description: "Resources Sampled", type: "resources", categories: ["host"], types: ["info"], action: "resources"),
    .containerCreate: container("Container Created", "create", "creation"),
    .containerStart: container("Container Started", "start", "start"),
    .containerExit: container("Container Ended", "exit", "end"),
    .containerRemove: container("Container Removed", "remove", "deletion"),
    .containerPause: container("Container Paused", "pause", "change"),
    .containerResume: container("Container Resumed", "resume", "change"),
    .processControl: process("Process Attributes Set", "prctl", "change"),
    .processSession: process("Session Begun", "setsid", "change"),
    .processGroup: process("Process Group Set", "setpgid", "change"),
    .processSignal: process("Signal Sent", "signal", "change"),
    .processHandle: process("Process Handle Opened", "pidfd", "access"),
    .processPriority: process("Priority Set", "priority", "change"),
    .processLimit: process("Resource Limit Set", "limit", "change"),
    .processDirectory: process("Working Directory Changed", "chdir", "change"),
    .credentialsUser: identity("User Changed", "user"), .credentialsGroup: identity("Group Changed", "group"),
    .credentialsGroups: identity("Supplementary Groups Set", "groups"),
    .credentialsCapabilities: identity("Capabilities Set", "capabilities"),
    .processFilter: process("System Calls Filtered", "seccomp", "change"),
    .processTrace: process("Process Traced", "trace", "access"),
    .processPeek: process("Process Memory Read", "peek", "access"),
    .processPoke: process("Process Memory Written", "poke", "change"),
    .namespaceEnter: process("Namespace Entered", "namespace-enter", "change"),
    .namespaceUnshare: process("Namespace Left", "namespace-unshare", "change"),
    .rootPivot: host("Root Replaced", "root:pivot", "change"),
    .rootChange: host("Root Changed", "root:change", "change"),
    .mountAttach: host("File System Mounted", "mount:attach", "change"),
    .mountDetach: host("File System Unmounted", "mount:detach", "change"),
    .mountOpen: host("Mount Prepared", "mount:open", "info"),
    .mountConfigure: host("Mount Configured", "mount:configure", "info"),
    .mountCreate: host("Mount Created", "mount:create", "creation"),
    .mountMove: host("Mount Moved", "mount:move", "change"), .mountTree: host("Mount Opened", "mount:tree", "access"),
    .mountAttributes: host("Mount Attributes Set", "mount:attributes", "change"),
    .fileMakeNode: file("Node Created", "mknod", "creation"),
    .attributeSet: file("Extended Attribute Set", "xattr-set", "change"),
    .attributeGet: file("Extended Attribute Read", "xattr-get", "access"),
    .attributeList: file("Extended Attributes Listed", "xattr-list", "access"),
    .attributeRemove: file("Extended Attribute Removed", "xattr-remove", "change"),
    .fileTransfer: file("Data Transferred", "transfer", "change"),
    .memoryFile: file("Memory File Created", "memory", "creation"),
    .fileWatch: file("File Watched", "watch", "info"), .fileMonitor: file("File Monitor Opened", "monitor", "info"),
    .fileMonitorMark: file("File Monitor Set", "monitor-mark", "info"),
    .fileAllocate: file("File Space Allocated", "allocate", "change"),
    .fileTimes: file("File Times Set", "times", "change"),
    .networkOption: network("Socket Option Set", "option", ["info"]),
    .networkPair: network("Socket Pair Created", "pair", ["info"]),
    .networkShutdown: network("Connection Shut Down", "shutdown", ["connection", "end"]),
    .networkOutcome: network("Connection Outcome", "outcome", ["connection", "start"]),
    .descriptorTake: process("Descriptor Taken", "descriptor-take", "access"),
    .memoryMap: process("Executable Memory Mapped", "memory-map", "change"),
    .memoryProtect: process("Memory Made Executable", "memory-protect", "change"),
    .kernelProgram: host("Kernel Program Command", "kernel:bpf", "change"),
    .kernelModuleLoad: host("Kernel Module Loaded", "kernel:module-load", "change"),
    .kernelModuleUnload: host("Kernel Module Unloaded", "kernel:module-unload", "change"),
    .kernelReplace: host("Kernel Replacement Loaded", "kernel:kexec", "change"),
    .keyControl: host("Key Operation", "key:control", "access"), .keyAdd: host("Key Added", "key:add", "creation"),
    .keyRequest: host("Key Requested", "key:request", "access"),
    .kernelPerformance: host("Performance Event Opened", "kernel:perf", "access"),
    .kernelFaultHandler: process("Fault Handler Opened", "userfault", "info"),
    .terminalControl: process("Terminal Controlled", "terminal", "change"),
  ]

  private static func process(_ text: String, _ name: String, _ type: String, _ action: String? = nil) -> Label {
    Label(description: text, type: "process:\(name)", categories: ["process"], types: [type], action: action ?? name)
  }
  private static func file(_ text: String, _ name: String, _ type: String) -> Label {
    Label(description: text, type: "file:\(name)", categories: ["file"], types: [type], action: name)
  }
  private static func network(_ text: String, _ name: String, _ types: [String]) -> Label {
    Label(description: text, type: "network:\(name)", categories: ["network"], types: types, action: name)
  }
  private static func cgroup(_ text: String, _ name: String, _ type: String) -> Label {
    Label(description: text, type: "cgroup:\(name)", categories: ["host"], types: [type], action: name)
  }
  private static func container(_ text: String, _ name: String, _ type: String) -> Label {
    Label(
      description: text, type: "life:\(name)", categories: ["process"], types: [type], action: "container-" + name)
  }
  private static func identity(_ text: String, _ name: String) -> Label {
    Label(
      description: text, type: "credentials:\(name)", categories: ["process", "iam"], types: ["change"], action: name)
  }
  private static func host(_ text: String, _ type: String, _ kind: String) -> Label {
    Label(
      description: text, type: type, categories: ["host"], types: [kind],
      action: String(type.split(separator: ":").last ?? ""))
  }
}
