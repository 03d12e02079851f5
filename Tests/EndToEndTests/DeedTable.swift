// A table: what each deed of RuleTests makes rules find.
import Testing

/// Something that is done in a container: a line of its shell.
struct Deed: Sendable {
  var line: String
  /// Names of the built-in rules that fire for it, all of them.
  var findings: Set<String> = []
  /// Of Falco's stable rules those that it is there for; others may fire too.
  var falco: Set<String> = []

  init(_ line: String, _ findings: Set<String> = [], falco: Set<String> = []) {
    self.line = line
    self.findings = findings
    self.falco = falco
  }

  private static let drift = "Program written since the container was made"

  static let table: [Deed] = [
    Deed("/bin/cp /bin/busybox /data/true; /data/true", [drift], falco: ["Drop and execute new binary in container"]),
    Deed("/bin/true"),
    Deed("deeds memfd", ["Program run from memory"], falco: ["Fileless execution via memfd_create"]),
    Deed("deeds memfd-only"),
    Deed(
      "/bin/cp /bin/busybox /data/gone; exec 9</data/gone; /bin/rm /data/gone; /proc/self/fd/9 true; exec 9<&-",
      [
        "Deleted program run", drift,
      ]),
    Deed("/bin/rm /data/true"),
    Deed("/bin/cp /bin/busybox /tmp/true; /tmp/true", ["Program run from a directory for temporary files"]),
    Deed("/bin/cat /tmp/true >/dev/null"),
    Deed("/bin/sh -i -c /bin/true", ["Interactive shell"]),
    Deed("/bin/sh -c /bin/true"),
    Deed(
      "deeds socket-shell", ["Shell on a socket", "Standard stream led to a connection"],
      falco: ["Redirect STDOUT/STDIN to Network Connection in Container"]),
    Deed("deeds socket-copy"),
    Deed("deeds as nginx /bin/sh -c /bin/true", ["Shell of a server"], falco: ["Run shell untrusted"]),
    Deed("deeds as other /bin/sh -c /bin/true"),
    Deed("/bin/mount -t tmpfs none /data", ["File system mounted"]),
    Deed("/bin/umount /data"),
    Deed("/bin/nsenter -t 1 -u /bin/true", ["Other namespace entered"]),
    Deed("/bin/ls -l /proc/self/ns"),
    Deed("/bin/unshare -U /bin/true", ["User namespace made"]),
    Deed("/bin/unshare -u /bin/true"),
    Deed("/bin/chroot / /bin/true", ["Root directory changed"]),
    Deed("cd /"),
    Deed("true 9>>/proc/sys/kernel/core_pattern", ["Kernel made to run a program"]),
    Deed("/bin/cat /proc/sys/kernel/core_pattern"),
    Deed(
      "true 9>>/data/release_agent", ["Kernel made to run a program"],
      falco: ["Detect release_agent File Container Escapes"]),
    Deed("/bin/cat /data/release_agent"),
    Deed("deeds unix /run/docker.sock", ["Engine's socket used"]),
    Deed("deeds unix /run/other.sock"),
    Deed("/bin/cat /etc/shadow", ["Credential file read"], falco: ["Read sensitive file untrusted"]),
    Deed("/bin/cat /etc/hostname"),
    Deed(
      "deeds open-late nginx /etc/shadow 5500", ["Credential file read"],
      falco: ["Read sensitive file trusted after startup"]),
    Deed("deeds open-late nginx /etc/hostname 1"),
    Deed("cd /data; deeds open ../data/../etc/nothing; cd /"),
    Deed("deeds open /etc/passwd"),
    Deed("/bin/cat /var/run/secrets/kubernetes.io/serviceaccount/token", ["Service account token read by a tool"]),
    Deed("deeds open /var/run/secrets/kubernetes.io/serviceaccount/token"),
    Deed("deeds connect 169.254.169.254 80", ["Cloud metadata service asked"]),
    Deed("deeds connect 127.0.0.1 80"),
    Deed("/bin/cat /proc/1/environ >/dev/null", ["Environment of another process read"]),
    Deed("/bin/cat /proc/1/status >/dev/null"),
    Deed("/data/xmrig", ["Miner run"]),
    Deed("/bin/true stratum+tcp://pool.example:1", ["Miner run"]),
    Deed("/bin/true tcp://pool.example:1"),
    Deed("deeds connect 127.0.0.1 3333", ["Connection to a port of mining pools"]),
    Deed("deeds connect 127.0.0.1 3335"),
    Deed("/bin/nc -w 1 203.0.113.5 81 </dev/null", ["Outbound connection of a tool"]),
    Deed("/bin/nc -w 1 127.0.0.1 81 </dev/null"),
    Deed("deeds ptrace", ["Other process traced"], falco: ["PTRACE attached to process"]),
    Deed("deeds traceme", falco: ["PTRACE anti-debug attempt"]),
    Deed("deeds vm-write", ["Memory of another process written"]),
    Deed("deeds vm-read"),
    Deed("deeds module", ["Kernel module loaded"], falco: ["Linux Kernel Module Injection Detected"]),
    Deed("/bin/lsmod"),
    Deed("deeds bpf", ["Kernel program loaded"]),
    Deed("deeds bpf-map"),
    Deed("/bin/chmod 4755 /data/file", ["Setuid bit set"]),
    Deed("/bin/chmod 755 /data/file"),
    Deed("/bin/rm /var/log/old", ["Log removed"]),
    Deed("true >/var/log/syslog", ["Log removed"], falco: ["Clear Log Activities"]),
    Deed("echo line >>/var/log/syslog"),
    Deed("/bin/rm /root/.ash_history", ["Shell's history removed"]),
    Deed("/bin/rm /root/other"),
    Deed("/data/apk add x", ["Package manager run"]),
    Deed("/bin/true apk add x"),
    Deed("echo x >>/etc/crontab", ["Crontab changed"]),
    Deed("/bin/cat /etc/crontab"),
    Deed("echo x >>/etc/ld.so.preload; /bin/rm /etc/ld.so.preload", ["Preloaded library set"]),
    Deed("/bin/cat /etc/ld.so.preload"),
    Deed("echo x:x:9:9::/:/bin/sh >>/etc/passwd", ["Account changed"]),
    Deed("/bin/cat /etc/passwd"),
    Deed("echo key >>/root/.ssh/authorized_keys", ["Key for logins added"]),
    Deed("/bin/cat /root/.ssh/authorized_keys"),
    Deed("/bin/cat /dev/sda1", ["Device of a disk opened"]),
    Deed("/bin/cat /dev/null"),
    Deed("deeds ring", ["Ring of io_uring made"]),
    Deed("deeds epoll"),
    Deed("deeds as sshd /bin/deeds as-user 1 sh /bin/true", falco: ["System user interactive"]),
    Deed("deeds on-terminal runc /bin/sh", ["Interactive shell"], falco: ["Terminal shell in container"]),
    Deed(
      "deeds look-up kubernetes.default.svc.cluster.local 10.96.0.1 443",
      falco: ["Contact K8S API Server From Container"]
    ),
    Deed("/bin/nc -e /bin/sh 127.0.0.1 1", falco: ["Netcat Remote Code Execution in Container"]),
    Deed("/bin/grep 'BEGIN PRIVATE' /etc/hostname", falco: ["Search Private Keys or Passwords"]),
    Deed("/data/shred /data/file", falco: ["Remove Bulk Data from Disk"]),
    Deed("/bin/ln -s /etc/shadow /data/soft", falco: ["Create Symlink Over Sensitive Files"]),
    Deed("/bin/ln /etc/shadow /data/hard", falco: ["Create Hardlink Over Sensitive Files"]),
    Deed("deeds packet-socket", falco: ["Packet socket created in container"]),
    Deed("/bin/grep aws_secret_access_key /etc/hostname", falco: ["Find AWS Credentials"]),
    Deed(
      "/bin/mkdir /dev/shm; /bin/cp /bin/busybox /dev/shm/true; /dev/shm/true",
      ["Program run from a directory for temporary files"], falco: ["Execution from /dev/shm"]),
    Deed("deeds ssh 203.0.113.5 443", falco: ["Disallowed SSH Connection Non Standard Port"]),
  ]

  /// What the deeds find on their way, before the first of them.
  static let preparation = """
    ip link set lo up; ip addr add 203.0.113.5/32 dev lo
    for name in xmrig apk shred; do ln -s /bin/busybox /data/$name; done
    mkdir -p /var/log /root/.ssh; for file in /data/file /var/log/old /var/log/syslog /root/.ash_history /root/other; do echo x >>$file; done
    """

  /// Falco's stable rules that nothing can fire here, and why; docs/filters.md says the same.
  static let unfired: [String: String] = [
    "Debugfs Launched in Privileged Container": "whether the runtime made the container privileged is not recorded",
    "Directory traversal monitored file read":
      "a name is recorded as the kernel resolved it, or joined to its directory and put in order: without `..`",
  ]
}
