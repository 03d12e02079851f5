public import Arguments

/// The program's commands and flags. The parser, help, man page and completions all come from here.
public let program = Program(
  name: "aftertrace", version: "0.1.0",
  summary: "a flight recorder for containers",
  discussion: """
    Aftertrace records what containers do through kernel probes, into one file that tells the story later, on any \
    machine, with the container long gone: which processes ran, started by whom, what they read, wrote, executed and \
    talked to, and what is missing from the record.

    A capture is a valid pcapng file. Recording needs Linux 5.8 with BTF and the capabilities CAP_BPF, CAP_PERFMON, \
    CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, for packets CAP_NET_RAW and CAP_SYS_ADMIN too (root has \
    them); reading needs nothing.
    """,
  commands: [
    recordCommand, watchCommand, triggerCommand, statusCommand, capturesCommand, doctorCommand, inspectCommand,
    infoCommand,
    containersCommand, psCommand, stateCommand, logsCommand, topCommand, connectionsCommand, dnsCommand, packetsCommand,
    eventsCommand, exportCommand, sliceCommand,
    findingsCommand, rulesCommand, fieldsCommand, helpCommand,
    versionCommand,
    completionsCommand, manCommand,
  ],
  exitStatuses: [
    (0, "done"),
    (1, "nothing matched"),
    (2, "an error; reading went on where it could"),
    (64, "wrong usage"),
  ],
  environment: [
    ("NO_COLOR", "when set to anything, nothing is coloured")
  ])

private let recording = "Record"
private let reading = "Read a capture"
private let about = "About the program"

private let recordCommand = CommandDescription(
  "record", group: recording, summary: "record now, until interrupted",
  discussion: """
    Records every container and the host, unless `--container` or a command narrows it. Says on standard error when the \
    probes are live. Ctrl-C, SIGTERM, `--for` and `--max-size` end it; the file is whole in each case, and readable to \
    its last block even after a crash.

    With a command after `--`, that command is held until the probes are live; it and all that it starts are recorded, \
    and recording ends with it. Its exit status becomes the recorder's.

    What could not be kept (full rings, pointers that could not be read) is counted and written into the capture.
    """,
  flags: [
    Flag(
      "output", short: "o", value: .init("FILE", .file), summary: "write the capture to FILE; `-` is standard output",
      discussion:
        "Without it the name is made from the host's name and the time. A file that exists is not overwritten."),
    Flag(
      "container", value: .init("ID", .container), summary: "record only this container",
      discussion: "The full id, an unambiguous prefix of it, or a name. It must be running.", isRepeatable: true),
    Flag(
      "filter", value: .init("EXPR", .text), summary: "keep only events that pass the filter EXPR",
      discussion: """
        In the language of sysdig and Falco, as reading commands take it. Processes and containers are told all the same; \
        `info` says what was left out, and calls no such capture complete.
        """),
    Flag(
      "for", value: .init("DURATION", .duration), summary: "stop after this long, such as 30s, 5m or 1h30m"),
    Flag(
      "max-size", value: .init("SIZE", .size, standard: "1GiB"), summary: "stop when the file reaches this size"),
    Flag(
      "snaplen", value: .init("SIZE", .size, standard: "256"),
      summary: "bytes kept of each read, write, send and receive",
      discussion:
        "At most 8176. DNS and terminals are kept in full whatever this says, and 4096 bytes of each write to "
        + "standard output and error: `aftertrace logs` prints those."),
    Flag(
      "no-payload", summary: "keep nothing of what is read, written, sent and received",
      discussion: "Addresses have no names then: those are read from the answers of name servers."),
    Flag(
      "no-mask", summary: "keep likely secrets as they are",
      discussion:
        "Without it passwords, tokens, authorization headers and private keys that are recognised in payloads "
        + "are replaced by asterisks, what is typed at a prompt that does not show it is left out, and the event says so."
    ),
    Flag(
      "durations",
      value: .init(
        "WHICH",
        .choice([
          .init("all", "every call, from its beginning to its return"),
          .init("blocked", "calls that slept, from when they first did"), .init("off", "none"),
        ]), standard: "blocked"),
      summary: "which calls have a duration",
      discussion:
        "`all` costs each recorded call a second probe, and each call of everybody else on the host a look at it."),
    Flag(
      "packets",
      value: .init(
        "MODE",
        .choice([
          Choice("headers", "headers, DNS, the TLS client's hello, HTTP's request line"),
          Choice("all", "every packet up to --packet-snaplen"),
          Choice("off", "none"),
        ]), standard: "headers"),
      summary: "how much is kept of what goes over the network",
      discussion:
        "Of every container's network namespace, and of the host's where the host is recorded. In the capture they are "
        + "pcapng's own packets: Wireshark shows them, each with its container and process."),
    Flag(
      "packet-filter", value: .init("EXPR", .text), summary: "keep only packets that EXPR takes, as of tcpdump"),
    Flag(
      "packet-snaplen", value: .init("SIZE", .size, standard: "65535"),
      summary: "bytes kept of each packet with --packets all"),
    Flag(
      "ring-size", value: .init("SIZE", .size), summary: "memory of each ring between kernel and recorder",
      discussion: "Rounded up to a power of two. A larger one rides out longer pauses of the recorder without loss."),
  ],
  trailing: Operand("COMMAND", .commandLine, summary: "a command to run and record, with its arguments"),
  examples: [
    .init("aftertrace record -o web.pcapng --container web --for 5m", "Record one container for five minutes"),
    .init("aftertrace record -o build.pcapng -- make -j4", "Record a command and all that it starts"),
  ])

private let capturesCommand = CommandDescription(
  "captures", group: recording, summary: "list, keep or remove what triggers have written",
  discussion: """
    Lists the captures of a directory, the newest first: which container, what fired, when, whether it is complete. Of \
    one that is being written too.

    `captures keep NAME` marks a capture as one that no quota, age or count removes; `captures release NAME` takes the \
    mark away; `captures remove NAME` removes the capture. The mark is an empty file beside it, NAME.keep: it goes along \
    when the directory is copied.

    States: complete; incomplete (`aftertrace info` says why); writing; interrupted (by a crash: the next start of \
    `watch` finishes it); damaged (nothing could be read after a crash: set aside); unreadable. Of a file that captures were merged into the \
    first is listed, with how many there are.
    """,
  flags: [
    Flag(
      "directory", value: .init("DIR", .file, standard: "/var/lib/aftertrace/captures"),
      summary: "the directory that `watch` writes into"),
    Flag("json", summary: "print one JSON object a line"),
    Flag("local", summary: "print times in this machine's zone, not UTC"),
  ],
  operands: [
    Operand(
      "ACTION NAME", .text, summary: "keep, release or remove, then the names", isOptional: true, isRepeatable: true)
  ],
  examples: [
    .init("aftertrace captures", "See what was captured"),
    .init("aftertrace captures keep node-1-web-20260131-140205", "Keep one, whatever the quota says"),
  ])

private let watchCommand = CommandDescription(
  "watch", group: recording, summary: "keep the last minutes of every container, armed",
  discussion: """
    Keeps what every container did in bounded memory: ten minutes of processes, two of files opened and connections, \
    half a minute of the rest. When something fires, one capture is written with the time before it, how things stood \
    when that began, and the fifteen seconds after.

    Says on standard error when it is armed. SIGTERM and Ctrl-C finish the captures in progress; SIGHUP reads the \
    configuration again without losing history. What is typed here holds over what the configuration says.
    """,
  flags: [
    Flag(
      "config", value: .init("FILE", .file), summary: "read FILE in place of /etc/aftertrace",
      discussion: "A file, which then is the whole configuration, or a directory with aftertrace.yaml and conf.d."),
    Flag("check", summary: "check the configuration, print what it comes to, and end"),
    Flag("json", summary: "with --check: print one JSON object"),
    Flag("directory", value: .init("DIR", .file), summary: "write captures into DIR"),
    Flag(
      "rules", value: .init("FILE", .file), summary: "try Falco's rules in FILE on what is recorded",
      discussion: """
        What a rule finds is told, in the log or as the configuration says, and captures its container. In place of the \
        configuration's files; SIGHUP reads them again.
        """, isRepeatable: true),
    Flag("socket", value: .init("PATH", .file), summary: "take triggers on the Unix socket PATH"),
    Flag(
      "memory", value: .init("SIZE", .size), summary: "all memory that it may take, the kernel's rings included",
      discussion: "Without it the larger of 128 MiB and 1 % of the machine's memory."),
  ],
  examples: [
    .init("aftertrace watch --directory /var/lib/aftertrace", "Watch every container"),
    .init("aftertrace watch --check", "See what the configuration comes to"),
  ])

private let inspectCommand = CommandDescription(
  "inspect", group: reading, summary: "look through a capture in the terminal",
  discussion: """
    Containers, their processes with the dead among them, events, and a time axis with everything that is missing, in \
    panes that narrow each other. Opens captures of any size at once: it reads tables first, and events where you look. \
    Press `?` in it for the keys.

    Of several captures the first is opened; `o` chooses another. Of a file that captures were merged into it shows the first.
    """,
  flags: [Flag("local", summary: "show and read times in this machine's zone, not UTC")],
  operands: [captures],
  examples: [.init("aftertrace inspect web.pcapng", "See what happened")])

private let infoCommand = CommandDescription(
  "info", group: reading, summary: "what a capture holds, and what it lost",
  discussion: """
    Host, time span, containers, triggers, blocks, counts by lane, and every loss with its cause and interval. Says "complete as \
    recorded" only where that is proven. Reads tables, not events: a block of events that was damaged since is found, and said, by \
    the commands that read it.
    """,
  flags: readingFlags, operands: [captures],
  examples: [.init("aftertrace info web.pcapng", "See whether a capture is whole")])

private let containersCommand = CommandDescription(
  "containers", group: reading, summary: "the containers of a capture",
  discussion: "One row a container: id, name, image, runtime, when it was seen, its events and its losses.",
  flags: readingFlags, operands: [captures],
  examples: [.init("aftertrace containers web.pcapng", "List what can be named with `--container`")])

private let psCommand = CommandDescription(
  "ps", group: reading, summary: "the process forest, the dead included",
  discussion: """
    Every process with its parent, start, end, exit status, user and command line. A parent that the capture does not \
    hold is named by its number: "774 (not captured)". A filter looks at each process by itself, as it was last: what it \
    says of events is false.
    """,
  flags: readingFlags + [filterFlag], operands: [capturesAndFilter],
  examples: [.init("aftertrace ps --container web web.pcapng", "Show one container's processes")])

private let stateCommand = CommandDescription(
  "state", group: reading, summary: "who was alive at the window's start, and what was open",
  discussion: """
    Captures of `watch` tell how things stood when their window began: processes with their parents, the dead ones \
    among them, and for each its open files, listeners and connections, with the path that the container saw and since when. \
    What may have been closed unseen says so.
    """,
  flags: readingFlags, operands: [captures],
  examples: [.init("aftertrace state web.pcapng", "See what was open before it happened")])

private let logsCommand = CommandDescription(
  "logs", group: reading, summary: "what was written to standard output and error",
  discussion: """
    Every write of a container's processes to their descriptors 1 and 2, a line each: the container's log as it was, though \
    container and log driver are gone. Up to 4096 bytes of each write are kept; what was longer says so. Likely secrets are \
    masked when they are recorded. What a shell's pipeline passes to another process of the container is left out; what goes \
    to a file names it.
    """,
  flags: readingFlags + [
    filterFlag, Flag("all", summary: "also what is piped to another process of the container"),
  ],
  operands: [capturesAndFilter],
  examples: [.init("aftertrace logs --container web --from -30s web.pcapng", "Show what web said last")])

private let topCommand = CommandDescription(
  "top", group: reading, summary: "what containers took of the machine, and their limits",
  discussion: """
    Memory, CPU, tasks, disk and waiting of each container over the window, from the samples that the recorder takes once a \
    second. With one container in detail; with several a table, the one that took the most memory first. What grows steadily \
    says by how much a second and when it is at its limit if it goes on so: a leak or a fork bomb before it bursts. Memory \
    counts the page cache too, as the limit does.
    """,
  flags: readingFlags, operands: [captures],
  examples: [
    .init("aftertrace top web.pcapng", "Compare the containers"),
    .init("aftertrace top --container web --from -5m web.pcapng", "Watch one's memory grow"),
  ])

private let connectionsCommand = CommandDescription(
  "connections", group: reading, summary: "who talked with whom, a line a connection",
  discussion: """
    Every connection, and what was exchanged in datagrams, from network calls and packets, as each of its ends in a recorded \
    container had it: which process, both ends (in brackets as they are beyond a NAT), which of them began (-> the local one, \
    <- the other), since when, for how long, what went each way, what was sent again, how it ended, and the peer's name: \
    as it was looked up, as a TLS client asked for it, or the request line of HTTP.

    Bytes are content without headers. With packets they are told by TCP's sequence numbers, each byte once; without, they are \
    what calls transferred, and the last lines say what is not known. Connections of the window are told whole, from the whole \
    capture. A filter takes those one of whose events passes, and where only packets tell of one, those whose process does.
    """,
  flags: readingFlags + [filterFlag], operands: [capturesAndFilter],
  examples: [
    .init("aftertrace connections --container web web.pcapng", "See whom web talked with"),
    .init("aftertrace connections web.pcapng \"proc.name=curl\"", "Show curl's connections"),
  ])

private let dnsCommand = CommandDescription(
  "dns", group: reading, summary: "what was asked of name servers, and the answers",
  discussion: """
    A line a question, as the process that asked or the server that was asked had it, from calls and packets, each told once \
    though both saw it: type, name, server, how long the answer took, its code and records. A question that was sent again \
    says how often.
    """,
  flags: readingFlags + [filterFlag], operands: [capturesAndFilter],
  examples: [.init("aftertrace dns --from trigger-30s web.pcapng", "See what was looked up before the alert")])

private let packetsCommand = CommandDescription(
  "packets", group: reading, summary: "what went over the network, a line a packet",
  discussion: """
    Each packet with its interface, its direction and the process whose socket it is of, where that is known. With `record` \
    and `watch` as they are headers are kept, DNS whole, the name that a TLS client asks for and the request line of HTTP. In \
    Wireshark the same packets stand in the capture as it is, each with a comment: `frame.comment contains "container=web"`; \
    docs/wireshark/aftertrace.lua makes fields of it, as in `aftertrace.process == "curl"`.
    """,
  flags: readingFlags, operands: [captures],
  examples: [
    .init("aftertrace packets --container web --from trigger-5s web.pcapng", "See what web sent before the alert")
  ])

private let eventsCommand = CommandDescription(
  "events", group: reading, summary: "every event, a line each, in the order of time",
  discussion: filterDiscussion,
  flags: readingFlags + [filterFlag, printFlag, symbols], operands: [capturesAndFilter],
  examples: [
    .init("aftertrace events -p '%evt.time %proc.name %fd.name' web.pcapng fd.type=ipv4", "Show chosen fields"),
    .init("aftertrace events --from -30s web.pcapng", "Show the last thirty seconds"),
    .init("aftertrace events web.pcapng \"evt.type=execve and proc.pname=nginx\"", "Show what nginx started"),
  ])

private let findingsCommand = CommandDescription(
  "findings", group: reading, summary: "what is worth a look, by built-in rules",
  discussion: """
    36 rules in Falco's syntax, each tagged with the techniques of MITRE ATT&CK: programs that the image did not bring, \
    shells on sockets, ways out of the container, credentials read, miners and so on. A finding is no proof: it says where to look. \
    Of each rule and container the first event is shown, with how often there were more; the gravest come first. The exit status is 1 \
    where nothing is found.
    """,
  flags: readingFlags + [Flag("rules", summary: "print the rules themselves, for `rules run`")],
  operands: [Operand("FILE", .file, summary: "a capture; `-` is standard input", isOptional: true, isRepeatable: true)],
  examples: [.init("aftertrace findings web.pcapng", "See what is suspicious")])

private let rulesCommand = CommandDescription(
  "rules", group: reading, summary: "check Falco's rules, or try them on a capture",
  discussion: """
    `rules check FILE…` reads files of rules as Falco does, in their order, and names what is wrong, which rules are left out, \
    and which of their fields a capture never has. `rules run CAPTURE… --rules FILE` prints an alert for every event that a rule fires \
    for, as text or, with `--json`, as Falco's JSON. Every rule that fires is told, not only the first. The exit status is 1 where none does.
    """,
  flags: [
    Flag("rules", value: .init("FILE", .file), summary: "rules to try, in this order", isRepeatable: true)
  ] + readingFlags,
  operands: [
    Operand("ACTION FILE", .text, summary: "check and files of rules, or run and captures", isRepeatable: true)
  ],
  examples: [
    .init("aftertrace rules check falco_rules.yaml local_rules.yaml", "See whether rules are sound"),
    .init("aftertrace rules run web.pcapng --rules falco_rules.yaml", "See what Falco would have said"),
  ])

private let fieldsCommand = CommandDescription(
  "fields", group: reading, summary: "what a filter can name",
  discussion: """
    Every field of the filter language with its type and meaning; with CLASS, such as proc or fd, those of the class, or \
    one field. A field that a capture never has says why: filters and rules may name it, and every check of it is false.
    """,
  flags: [
    Flag("json", summary: "print one JSON object a line"),
    Flag("markdown", summary: "print the page docs/fields.md"),
  ],
  operands: [Operand("CLASS", .text, summary: "a class, or a field", isOptional: true, isRepeatable: true)],
  examples: [.init("aftertrace fields proc", "List the fields of processes")])

private let exportCommand = CommandDescription(
  "export", group: reading, summary: "the timeline in another format",
  discussion: """
    Field names follow the Elastic Common Schema, with the columns that Timesketch asks for, so that a line loads \
    in either without a mapping.

    `--to scap` writes what sysdig reads: containers, processes, open files and every call, with what one container's \
    own processes did and of others no more than the names of its ancestors. With a filter, what does not pass it and \
    changes what is open or running is in the file too, marked so that sysdig does not show it.

    `--to pcap` and `--to pcapng` write packets alone, for programs that choke on a capture's other blocks. A filter takes the \
    packets of processes that pass it.
    """,
  flags: readingFlags.map { $0.name == "to" ? exportTo : $0 } + [
    filterFlag, outputFlag, symbols,
  ],
  operands: [capturesAndFilter],
  examples: [.init("aftertrace export --to jsonl --container web web.pcapng", "Print one container's timeline")])

private let sliceCommand = CommandDescription(
  "slice", group: reading, summary: "a part of a capture, or another tool's file, as a capture",
  discussion: """
    Writes what was asked for, by container, time and filter, as a capture of its own: with the state as it was when the \
    slice begins, processes, losses and packets. Of other containers it holds no more than the number and name of ancestors. \
    Blocks that are wanted whole are copied byte for byte. With a filter there are no packets in it, and it is not called complete.

    What other tools recorded (.scap of sysdig and Falco, strace's output, pcap) is read in one pass each time it is opened: \
    `slice FILE -o OUT` keeps what it becomes, and later questions are answered at once.
    """,
  flags: readingFlags.filter { $0.name != "json" } + [filterFlag, outputFlag], operands: [capturesAndFilter],
  examples: [
    .init(
      "aftertrace slice web.pcapng --container web --from trigger-10s -o web-10s.pcapng",
      "Keep one container's last seconds"),
    .init("aftertrace slice incident.scap.gz -o incident.pcapng", "Convert a file of sysdig"),
  ])

private let outputFlag = Flag(
  "output", short: "o", value: .init("OUT", .file), summary: "write to OUT in place of standard output",
  discussion: "A file that exists is not overwritten.")

/// The one flag with two meanings: where the time ends for every reading command, and what `export` makes.
private let exportTo = Flag(
  "to",
  value: .init(
    "FORMAT|TIME",
    .choiceOrTime([
      Choice("jsonl", "one JSON object a line"),
      Choice("json", "one JSON array"),
      Choice(
        "scap", "a file for sysdig, csysdig and Stratoshark: one boot, with processes and open files as they stood"),
      Choice("pcap", "packets alone, the classic file with nanoseconds"),
      Choice("pcapng", "packets alone, with interfaces, directions and each packet's container and process"),
    ]), standard: "jsonl"),
  summary: "the format, or the time to end at, or each once",
  discussion: "`--to jsonl --to 14:05` says both: no format's name looks like a time.")

private let helpCommand = CommandDescription(
  "help", group: about, summary: "help on the program or on one command",
  operands: [Operand("COMMAND", .commandName, summary: "the command in question", isOptional: true)])

private let versionCommand = CommandDescription("version", group: about, summary: "the program's version")

private let completionsCommand = CommandDescription(
  "completions", group: about, summary: "a completion script for a shell",
  operands: [
    Operand(
      "SHELL",
      .choice([
        Choice("bash", "to be sourced, or put into bash-completion's directory"),
        Choice("zsh", "to be put into fpath as _aftertrace"),
        Choice("fish", "to be put into fish's completions directory"),
      ]), summary: "which shell")
  ],
  examples: [.init("source <(aftertrace completions bash)", "Complete in this shell")])

private let manCommand = CommandDescription(
  "man", group: about, summary: "the man page, as roff",
  examples: [.init("aftertrace man | man -l -", "Read it")])

/// The capture files that a reading command takes.
private let captures = Operand("FILE", .file, summary: "a capture; `-` is standard input", isRepeatable: true)

private let symbols = Flag(
  "symbols", value: .init("PATH", .file), summary: "name the functions of a crash from the programs in PATH",
  discussion: """
    A program file, or a directory that is searched with all below it, such as the image's unpacked root. A program is taken \
    by its build id and never by its name; debug information that is installed below /usr/lib/debug is used too.
    """, isRepeatable: true)

/// The same, of commands that take a filter after them.
private let capturesAndFilter = Operand(
  "FILE", .file, summary: "a capture, `-` is standard input; after the captures, a filter", isRepeatable: true)

private let filterFlag = Flag(
  "filter", short: "f", value: .init("EXPR", .text), summary: "only what passes the filter EXPR",
  discussion: """
    A filter as sysdig and Falco have it, such as `evt.type=openat and fd.name startswith /etc`; `aftertrace fields` lists \
    what it can name. It can stand after the captures without a flag, too.
    """)

private let printFlag = Flag(
  "print", short: "p", value: .init("FORMAT", .text), summary: "print the fields that FORMAT names",
  discussion: """
    Text with fields in it, as sysdig has it: `%evt.time %proc.name %20fd.name %tolower(proc.exe)`; with --json an object of \
    them a line. What is not known is `<NA>`, in JSON null; no event is left out for it. `-pc` is a format for containers, \
    `-pk` one for Kubernetes, `-pp` a plain one.
    """)

private let filterDiscussion = """
  After the captures a filter may follow, in one argument or several: the first argument that is no file begins it. With a \
  filter, only events are shown, not triggers, and the exit status is 1 where none passes.
  """

/// What every reading command understands.
private let readingFlags = [
  Flag(
    "container", value: .init("ID", .container), summary: "only this container",
    discussion: """
      The full id, an unambiguous prefix of it, or a name. Where several containers bore the name one after the other, \
      all of them, each labelled.
      """,
    isRepeatable: true),
  Flag(
    "from", value: .init("TIME", .time), summary: "begin here, such as 14:02, -30s or an ISO date",
    discussion: """
      An ISO 8601 date and time, a time of the capture's day (14:02), a time before the capture's end (-30s) or after its \
      start (+30s), or one around its trigger (trigger, trigger-10s, trigger+5s; where several fired, the first of them).
      """),
  Flag("to", value: .init("TIME", .time), summary: "end here; the same forms as --from"),
  Flag("json", summary: "print one JSON object a line"),
  Flag("local", summary: "print and read times in this machine's zone, not UTC"),
]
