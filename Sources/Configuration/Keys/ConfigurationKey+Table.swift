// A table: every key of the configuration, in the order of the reference page and of the default file.
internal import Arguments
internal import Events
internal import Packets
internal import Rules
internal import YAML

extension ConfigurationKey {
  private static let day = Duration.seconds(86_400)
  private static let mebibyte: UInt64 = 1 << 20
  private static let tebibyte: UInt64 = 1 << 40

  public static let all: [ConfigurationKey] =
    memory + windows + payload + packets + ends + rules + choice + captures + doors + rest

  private static let memory: [ConfigurationKey] = [
    key(
      "memory.budget", \.memory.budget, "auto, a size from 32MiB to 1TiB, or a share of the memory from 0.1% to 75%",
      .restart(because: "the memory is laid out when the recorder starts"),
      summary: "all the memory of the recorder: rings, tables and history; auto is the larger of 128MiB and 1%",
      read: { node in
        if node.plainText == "auto" { return .automatic }
        if let size = node.size(in: MemoryBudget.least...tebibyte) { return .bytes(size) }
        return node.share(in: 1...750).map { .perMille($0) }
      },
      write: { budget in
        switch budget {
        case .automatic: .word("auto")
        case .bytes(let count): .word(configuredSize(count))
        case .perMille(let share): .word(configuredShare(share))
        }
      }),
    size(
      "memory.ring_size", \.memory.ringSize, orWord: "auto", (64 << 10)...(1 << 30),
      .restart(because: "the kernel's rings are made when the probes are loaded"),
      summary: "each detail ring between kernel and recorder, one a processor; rounded up to a power of two; "
        + "auto takes it from the budget"),
  ]

  private static let windows: [ConfigurationKey] = [
    duration(
      "windows.lifecycle.before", \.windows.lifecycle.before, .seconds(1)...day,
      summary: "how much of processes' beginnings and ends, credentials and mounts is kept"),
    duration(
      "windows.activity.before", \.windows.activity.before, .seconds(1)...day,
      summary: "how much of files written, names changed, connections and failures is kept"),
    duration(
      "windows.detail.before", \.windows.detail.before, .seconds(1)...day, summary: "how much of all else is kept"),
    duration(
      "windows.packets.before", \.windows.packets.before, .seconds(1)...day,
      summary: "how much of what goes over the network is kept"),
    duration(
      "windows.after", \.windows.after, .zero ... .seconds(600),
      summary: "how long a capture goes on behind its trigger"),
    duration(
      "dead_containers_for", \.deadContainersFor, .zero...day,
      summary: "how long a container can still be captured after its end, at least"),
  ]

  private static let payload: [ConfigurationKey] = [
    bytes(
      "payload.files", \.payload.files, summary: "bytes kept of each read or write of a file or pipe; 0 keeps none"),
    bytes("payload.sockets", \.payload.sockets, summary: "bytes kept of each send or receive"),
    bytes("payload.dns", \.payload.nameService, summary: "the same, of sockets with port 53 at either end"),
    bytes("payload.terminals", \.payload.terminals, summary: "the same, of terminals"),
    bytes(
      "payload.output", \.payload.output,
      summary: "the same, of what is written to standard output and error: what `aftertrace logs` prints"),
    flag(
      "payload.mask", \.payload.masksSecrets,
      summary: "replace likely secrets (passwords, tokens, authorization headers, private keys) by asterisks"),
    key(
      "durations", \.durations, "all, blocked or off",
      summary: "which calls have a duration: all from their beginning, those that slept from when they did, or none",
      read: { node in node.isOff ? .off : node.text.flatMap(CallDurations.init(rawValue:)) },
      write: { .word($0.rawValue) }),
  ]

  private static let packets: [ConfigurationKey] = [
    key(
      "packets.mode", \.packets.mode, "headers, all or off", opened,
      summary: "what is kept of packets: headers with DNS, the TLS client's hello and HTTP's request line; all up to "
        + "packets.snaplen; or none",
      read: { node in node.text.flatMap(PacketOptions.Mode.init(rawValue:)) }, write: { .word($0.rawValue) }),
    key(
      "packets.filter", \.packets.filter,
      "off or a filter in the language of pcap-filter(7), such as tcp or udp port 53", opened,
      summary: "keep only packets that it takes",
      read: { node in
        if node.isOff { return .some(nil) }
        guard let text = node.text, !text.isEmpty, (try? PacketSource.check(filter: text)) != nil else { return nil }
        return text
      }, write: { $0.map { .text($0) } ?? .word("off") }),
    key(
      "packets.snaplen", \.packets.snapLength, "a number of bytes from 64 to \(PacketOptions.snapLimit)", opened,
      summary: "bytes kept of each packet where all is kept",
      read: { node in node.size(in: 64...UInt64(PacketOptions.snapLimit)).map { Int($0) } },
      write: { .number(Int64($0)) }),
  ]
  private static let opened = Change.restart(because: "packet sockets are opened as containers come")

  private static let ends: [ConfigurationKey] = [
    flag(
      "death.non_zero_exit", \.death.hasNonZeroExit,
      summary: "capture a container whose first process exits with a status other than 0"),
    key(
      "death.expected_exits", \.death.expectedExits, "a list of exit statuses from 1 to 255",
      summary: "exit statuses that are no reason for a capture: what programs return that were asked to end",
      read: { node in node.list { $0.integer(in: 1...255).map { UInt8($0) } } },
      write: { .list($0.map { .number(Int64($0)) }) }),
    key(
      "death.fatal_signal", \.death.fatalSignals, "a list of signals, such as [SIGSEGV, SIGABRT]",
      summary: "capture a container whose first process is killed by one of these",
      read: { node in node.list { $0.text.flatMap(SignalName.number) } },
      write: { .list($0.map { .word(SignalName.name(of: $0)) }) }),
    flag(
      "death.oom", \.death.isOutOfMemory,
      summary: "capture a container of which the kernel killed a process for want of memory"),
    duration(
      "death.lifetime_below", orOff: \.death.lifetimeBelow, .milliseconds(1) ... .seconds(3600),
      summary: "capture a container that lived shorter than this, whatever its exit"),
  ]

  private static let rules: [ConfigurationKey] = [
    key(
      "rules.files", \.rules.files, "a list of paths that begin with '/'",
      summary:
        "Falco's rules, in this order: what a later file says of a rule, macro or list adds to it or takes its place",
      read: { node in node.list { $0.absolutePath(limit: 4000) } }, write: { .list($0.map { .text($0) }) }),
    flag(
      "rules.builtin", \.rules.hasBuiltIn, summary: "try the rules of `aftertrace findings`, before those of the files"),
    key(
      "rules.capture", \.rules.options.captures, "all, marked or none",
      summary:
        "which rules raise a trigger for the container of their event: all but those that say capture: false, those "
        + "that say capture: true, or none",
      read: { node in node.text.flatMap(RuleWatchOptions.Captures.init(rawValue:)) }, write: { .word($0.rawValue) }),
    duration(
      "rules.cooldown", \.rules.options.cooldown, .zero...day,
      summary:
        "how long after a trigger of a rule for a container further ones of the same are held back; they are counted, "
        + "and listed in the next capture"),
    key(
      "rules.captures_per_hour", \.rules.options.capturesPerHour, "a number from 1 to 3600",
      summary: "how many triggers rules raise for one container in an hour",
      read: { $0.integer(in: 1...3600).map { Int($0) } }, write: { .number(Int64($0)) }),
    key(
      "rules.priority", \.rules.options.lowestPriority, "a priority of Falco's, from emergency to debug",
      summary: "rules that are less grave are not tried",
      read: { node in node.text.flatMap { RulePriority($0) } }, write: { .word($0.name.lowercased()) }),
    flag("rules.log", \.rules.options.logsAlerts, summary: "alerts go to the log"),
    key(
      "rules.file", \.rules.options.file, "off or a path that begins with '/'",
      summary: "alerts are appended to this file, an object of Falco's JSON a line",
      read: { node in node.isOff ? .some(nil) : node.absolutePath(limit: 4000).map { .some($0) } },
      write: { $0.map { .text($0) } ?? .word("off") }),
    key(
      "rules.url", \.rules.options.url, "off or an address such as https://example.org/alerts",
      summary: "alerts are posted to this address, one each, as Falco's JSON",
      read: { node in
        node.isOff ? .some(nil) : node.text.flatMap { WatchConfiguration.CaptureHook.isURL($0) ? .some($0) : nil }
      },
      write: { $0.map { .text($0) } ?? .word("off") }),
  ]

  private static let choice: [ConfigurationKey] = [
    patterns(
      "containers.only", \.containers.only, summary: "keep the history of these containers only; all when empty"),
    patterns(
      "containers.except", \.containers.except,
      summary: "and of none of these, which then cost next to nothing and cannot be captured"),
    flag("containers.host", \.containers.includesHost, summary: "keep the history of what runs in no container, too"),
  ]

  private static let captures: [ConfigurationKey] = [
    path(
      "captures.directory", \.captures.directory,
      .restart(because: "captures that are being written stay where they are"),
      summary: "where captures are written"),
    size(
      "captures.quota", \.captures.quota, orWord: "off", mebibyte...(1 << 50),
      summary: "all captures together; the oldest are removed to stay below it"),
    duration(
      "captures.keep_for", orOff: \.captures.keepFor, .seconds(60)...(day * 3660),
      summary: "captures older than this are removed"),
    key(
      "captures.max_count", \.captures.maxCount, "off or a number from 1 to 1000000",
      summary: "how many captures there are at most; the oldest are removed",
      read: { $0.isOff ? .some(nil) : $0.integer(in: 1...1_000_000).map { .some(Int($0)) } },
      write: { $0.map { .number(Int64($0)) } ?? .word("off") }),
    key(
      "captures.free_space", \.captures.freeSpace, "a size up to 1TiB or a share of the file system from 0% to 90%",
      summary: "what the file system has to keep free: with less, no capture is begun",
      read: { node in
        node.share(in: 0...900).map { .perMille($0) } ?? node.size(in: 0...tebibyte).map { .bytes($0) }
      },
      write: { space in
        switch space {
        case .bytes(let count): .word(configuredSize(count))
        case .perMille(let share): .word(configuredShare(share))
        }
      }),
  ]

  private static let doors: [ConfigurationKey] = [
    // sun_path has 108 bytes, one of them the end.
    path(
      "socket", \.socket, limit: 107, .restart(because: "clients know the socket by its place"),
      summary: "the Unix socket that `trigger` and `status` talk to, for root alone"),
    flag(
      "http.enabled", \.http.isEnabled, .restart(because: "the endpoint is opened before privileges are given up"),
      summary: "take alerts over HTTP"),
    key(
      "http.address", \.http.address, "an IPv4 or IPv6 address, such as 127.0.0.1 or ::1",
      .restart(because: "the endpoint is opened before privileges are given up"),
      summary: "where; any other address than a loopback one shows the token to the network",
      read: { node in node.text.flatMap { NetworkAddress($0) == nil ? nil : $0 } }, write: { .text($0) }),
    key(
      "http.port", \.http.port, "a port from 0 to 65535",
      .restart(because: "the endpoint is opened before privileges are given up"),
      summary: "where; 0 takes one that is free",
      read: { $0.integer(in: 0...65535).map { UInt16($0) } }, write: { .number(Int64($0)) }),
    path(
      "http.token_file", \.http.tokenFile,
      summary: "holds the bearer token that senders have to show; made when it is not there, read again on SIGHUP"),
    size(
      "http.max_body", \.http.maxBody, 1024...(64 * mebibyte),
      .restart(because: "the endpoint is opened before privileges are given up"),
      summary: "the longest alert that is taken, unpacked"),
  ]

  private static let rest: [ConfigurationKey] = [
    hooks("on_capture", \.onCapture, summary: "what is started or called for each finished capture, in this order"),
    key(
      "log.level", \.logLevel, "error, warning, notice, info or debug",
      summary: "the least urgent message that is printed",
      read: { node in node.text.flatMap(WatchConfiguration.LogThreshold.init(rawValue:)) },
      write: { .word($0.rawValue) }),
  ]
}
