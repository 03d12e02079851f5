internal import Arguments

let triggerCommand = CommandDescription(
  "trigger", group: "Record", summary: "keep what a container did, before and after",
  discussion: """
    Asks the watcher of this host to write a capture: the time before the trigger, from memory, at once; the time after \
    it as it comes. Prints the path that the capture will have, and until it is closed has with `.partial` behind it.

    Triggers of one container whose times overlap share one capture. A container that is gone can be captured for two \
    minutes more.

    Exactly one of `--container`, `--pod`, `--cgroup`, `--pid`, `--host` and `--alert` says what is meant.
    """,
  flags: [
    Flag(
      "container", value: .init("ID", .container), summary: "this container",
      discussion: "The full id, an unambiguous prefix of it, or a name. It may have ended a while ago."),
    Flag(
      "pod", value: .init("NAMESPACE/NAME", .text), summary: "the containers of this Kubernetes pod"),
    Flag("cgroup", value: .init("PATH", .text), summary: "the container of this cgroup, such as /system.slice/x.scope"),
    Flag("pid", value: .init("PID", .text), summary: "the container of this process, by its number on the host"),
    Flag("host", summary: "what is in no container"),
    Flag(
      "alert", value: .init("FILE", .file), summary: "an alert as it came, in JSON; `-` is standard input",
      discussion: """
        Of Falco, Falcosidekick, Alertmanager, Grafana or Kubernetes, a CloudEvent around one of them, or one of our own; \
        which, is told from it. The capture is anchored on the alert's own time.
        """),
    Flag(
      "at", value: .init("TIME", .time), summary: "when it happened, such as 14:02, -30s or an ISO date; now",
      discussion: "A time of day is the last such one, in UTC."),
    Flag("before", value: .init("DURATION", .duration), summary: "so much of the past, in place of the usual windows"),
    Flag("after", value: .init("DURATION", .duration), summary: "go on for so long after it"),
    Flag("reason", value: .init("TEXT", .text), summary: "why, in your words; kept in the capture"),
    Flag(
      "wait", summary: "return when the capture is closed",
      discussion: "The exit status is 2 when it could not be written whole."),
    controlSocket,
    Flag("json", summary: "print one JSON object a line"),
  ],
  examples: [
    .init("aftertrace trigger --container web --reason 'odd traffic'", "Keep the last minutes of a container"),
    .init("aftertrace trigger --alert alert.json --wait", "Capture what an alert is about"),
  ])

let statusCommand = CommandDescription(
  "status", group: "Record", summary: "what the watcher remembers, costs and lost",
  discussion: """
    Of each container and lane, how many seconds back its history reaches; memory against its budget; losses, triggers, \
    and the captures that are being written.
    """,
  flags: [controlSocket, Flag("json", summary: "print the whole account as one JSON object")],
  examples: [.init("aftertrace status", "See how far back a trigger would reach")])

private let controlSocket = Flag(
  "socket", value: .init("PATH", .file, standard: "/run/aftertrace/control.sock"),
  summary: "the watcher's socket")
