// A table: the built-in rules, as `aftertrace findings` and `rules.builtin` try them, in Falco's own syntax.

/// What is worth a look in any container, by MITRE ATT&CK's techniques for containers.
///
/// Names of macros and lists begin with `finding_`, so that rules of others can be loaded behind them.
public enum BuiltInRules {
  /// What errors call it.
  public static let name = "built-in rules"

  public static let text = """
    - macro: finding_container
      condition: (container.id exists and container.id != host and aftertrace.runtime_setup = false)
    - macro: finding_exec
      condition: (evt.type in (execve, execveat) and not evt.failed = true and finding_container)
    - macro: finding_write
      condition: (evt.is_open_write = true and finding_container)
    - macro: finding_read
      condition: (evt.is_open_read = true and finding_container)
    - macro: finding_connect
      condition: (evt.type = connect and fd.typechar in (4, 6) and finding_container)
    - list: finding_shells
      items: [sh, bash, ash, dash, zsh, ksh, csh, tcsh, fish]
    - list: finding_servers
      items: [nginx, httpd, apache2, lighttpd, caddy, php-fpm, node, tomcat, java, mysqld, mariadbd, postgres, redis-server, mongod, memcached]
    - list: finding_transfer_tools
      items: [curl, wget, nc, ncat, netcat, socat, ftp, tftp, scp, sftp, rsync, telnet, ssh]
    - list: finding_readers
      items: [cat, less, more, head, tail, grep, sed, awk, cp, tar, base64, xxd, od, strings, busybox, dd, find]
    - list: finding_private_networks
      items: ['"0.0.0.0/8"', '"10.0.0.0/8"', '"100.64.0.0/10"', '"127.0.0.0/8"', '"169.254.0.0/16"', '"172.16.0.0/12"', '"192.168.0.0/16"', '"::1/128"', '"fc00::/7"', '"fe80::/10"']

    - rule: Program written since the container was made
      desc: A program runs that the image did not bring, or that was changed since.
      condition: finding_exec and proc.is_exe_upper_layer = true
      output: A program that the image did not bring was run | exe=%proc.exepath command=%proc.cmdline parent=%proc.pname
      priority: CRITICAL
      tags: [container, drift, mitre_execution, TA0002, T1204.003]

    - rule: Program run from memory
      desc: A program runs that no file system holds (memfd_create).
      condition: finding_exec and proc.is_exe_from_memfd = true
      output: A program was run from memory | exe=%proc.exepath command=%proc.cmdline parent=%proc.pname
      priority: CRITICAL
      tags: [container, memfd, mitre_defense_evasion, TA0005, T1620]

    - rule: Deleted program run
      desc: A program runs whose file was removed before it was started.
      condition: finding_exec and aftertrace.process.marks intersects (deleted_image) and not proc.is_exe_from_memfd = true
      output: A program was run whose file is gone | exe=%proc.exepath command=%proc.cmdline parent=%proc.pname
      priority: WARNING
      tags: [container, mitre_defense_evasion, TA0005, T1070.004]

    - rule: Program run from a directory for temporary files
      desc: Anybody may write there, and programs seldom belong there.
      condition: finding_exec and proc.exepath pmatch (/tmp, /var/tmp, /dev/shm, /run/shm)
      output: A program was run from a temporary directory | exe=%proc.exepath command=%proc.cmdline parent=%proc.pname
      priority: WARNING
      tags: [container, mitre_execution, TA0002, T1036.005]

    - rule: Interactive shell
      desc: Somebody types into a shell in the container.
      condition: finding_exec and aftertrace.process.marks intersects (interactive_shell)
      output: An interactive shell was started | shell=%proc.exepath command=%proc.cmdline parent=%proc.pname
      priority: NOTICE
      tags: [container, shell, mitre_execution, TA0002, T1059.004]

    - rule: Shell on a socket
      desc: The standard input of a shell is a network connection, as of a reverse or a bind shell.
      condition: finding_exec and aftertrace.process.marks intersects (socket_shell)
      output: A shell reads from a socket | shell=%proc.exepath command=%proc.cmdline parent=%proc.pname
      priority: CRITICAL
      tags: [container, shell, network, mitre_execution, TA0002, T1059.004]

    - rule: Standard stream led to a connection
      desc: A connection is put in the place of standard input, output or error.
      condition: evt.type in (dup, dup2, dup3) and finding_container and evt.rawres in (0, 1, 2) and fd.typechar in (4, 6)
      output: A standard stream was led to a connection | connection=%fd.name stream=%evt.rawres command=%proc.cmdline
      priority: WARNING
      tags: [container, network, mitre_execution, TA0002, T1059.004]

    - rule: Shell of a server
      desc: A web server, an application server or a database starts a shell.
      condition: finding_exec and proc.name in (finding_shells) and proc.pname in (finding_servers)
      output: A server started a shell | shell=%proc.exepath command=%proc.cmdline server=%proc.pname
      priority: ERROR
      tags: [container, shell, mitre_initial_access, TA0001, T1190]

    - rule: Entered from outside
      desc: A process was put into a container that was running (docker exec, kubectl exec, nsenter).
      condition: finding_exec and aftertrace.process.marks intersects (entered_from_outside)
      output: A process was put into the container from outside | command=%proc.cmdline parent=%proc.pname
      priority: NOTICE
      tags: [container, mitre_execution, TA0002, T1609]

    - rule: File system mounted
      desc: A container mounts a file system, such as a disk of the host's.
      condition: evt.type in (mount, fsmount, move_mount) and finding_container and evt.failed = false
      output: A file system was mounted | arguments=%evt.args command=%proc.cmdline
      priority: ERROR
      tags: [container, mitre_privilege_escalation, TA0004, T1611]

    - rule: Other namespace entered
      desc: A process leaves the container's namespaces for others, as nsenter does.
      condition: (evt.type = setns and finding_container and evt.failed = false) or (finding_exec and proc.name = nsenter)
      output: Another namespace was entered | arguments=%evt.args command=%proc.cmdline
      priority: ERROR
      tags: [container, mitre_privilege_escalation, TA0004, T1611]

    - rule: User namespace made
      desc: A new user namespace gives its maker every capability in it, and with them more of the kernel to attack.
      condition: evt.type in (unshare, clone, clone3) and finding_container and evt.arg.flags contains CLONE_NEWUSER
      output: A user namespace was made | flags=%evt.arg.flags command=%proc.cmdline
      priority: WARNING
      tags: [container, mitre_privilege_escalation, TA0004, T1611]

    - rule: Root directory changed
      desc: chroot into another tree, as into a mounted disk of the host's.
      condition: evt.type in (chroot, pivot_root) and finding_container and evt.failed = false
      output: The root directory was changed | arguments=%evt.args command=%proc.cmdline
      priority: WARNING
      tags: [container, mitre_privilege_escalation, TA0004, T1611]

    - rule: Kernel made to run a program
      desc: What is written to core_pattern, release_agent and their kin, the kernel runs on the host.
      condition: >
        finding_write and (fd.name endswith /release_agent or fd.name endswith /core_pattern
        or fd.name endswith /uevent_helper or fd.name = /proc/sys/kernel/modprobe
        or fd.name pmatch (/proc/sys/fs/binfmt_misc))
      output: A file was opened for writing whose content the kernel runs | file=%fd.name command=%proc.cmdline
      priority: CRITICAL
      tags: [container, mitre_privilege_escalation, TA0004, T1611]

    - rule: Engine's socket used
      desc: Whoever may talk to the container engine is root on the host.
      condition: >
        evt.type = connect and finding_container and fd.typechar = u and (fd.name contains docker.sock
        or fd.name contains containerd.sock or fd.name contains crio.sock or fd.name contains podman.sock)
      output: The socket of a container engine was connected to | socket=%fd.name command=%proc.cmdline
      priority: CRITICAL
      tags: [container, mitre_credential_access, TA0006, T1552.007]

    - rule: Credential file read
      desc: Password hashes, private keys and the credentials of cloud and cluster clients.
      condition: >
        finding_read and (fd.name in (/etc/shadow, /etc/gshadow, /etc/sudoers, /etc/krb5.keytab)
        or fd.name glob "*/.ssh/id_*" or fd.name endswith /.aws/credentials or fd.name endswith /.kube/config
        or fd.name endswith /.docker/config.json or fd.name endswith /.git-credentials or fd.name endswith /.netrc
        or fd.name endswith /.pgpass)
      output: A file with credentials was opened | file=%fd.name command=%proc.cmdline parent=%proc.pname
      priority: WARNING
      tags: [container, filesystem, mitre_credential_access, TA0006, T1552.001]

    - rule: Service account token read by a tool
      desc: The pod's token for the cluster is read by a program that a person uses.
      condition: >
        finding_read and fd.name glob "*/secrets/kubernetes.io/serviceaccount/*" and proc.name in (finding_readers, finding_shells, finding_transfer_tools)
      output: The service account's token was opened | file=%fd.name command=%proc.cmdline parent=%proc.pname
      priority: WARNING
      tags: [container, k8s, mitre_credential_access, TA0006, T1528]

    - rule: Cloud metadata service asked
      desc: The metadata service hands out credentials of the machine.
      condition: finding_connect and fd.sip in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "169.254.170.2")
      output: The cloud's metadata service was connected to | connection=%fd.name command=%proc.cmdline
      priority: WARNING
      tags: [container, network, mitre_credential_access, TA0006, T1552.005]

    - rule: Environment of another process read
      desc: Passwords and keys often stand in the environment.
      condition: finding_read and fd.name startswith /proc/ and fd.name endswith /environ and not proc.name in (ps, top, systemd)
      output: The environment of a process was opened | file=%fd.name command=%proc.cmdline
      priority: WARNING
      tags: [container, filesystem, mitre_credential_access, TA0006, T1552]

    - rule: Miner run
      desc: Programs and arguments of known miners.
      condition: >
        finding_exec and (proc.name in (xmrig, xmr-stak, minerd, cpuminer, ethminer, cgminer, bfgminer, nbminer, t-rex, kdevtmpfsi, kinsing, watchbog)
        or proc.cmdline contains anyof ("stratum+tcp", "stratum+ssl", "stratum2+tcp", "--donate-level", "--coin=monero", "nicehash"))
      output: A miner was run | command=%proc.cmdline exe=%proc.exepath parent=%proc.pname
      priority: CRITICAL
      tags: [container, process, mitre_impact, TA0040, T1496]

    - rule: Connection to a port of mining pools
      desc: Ports that pools use and others seldom do.
      condition: finding_connect and fd.sport in (3333, 3334, 14433, 14444, 45560, 45700)
      output: A port of mining pools was connected to | connection=%fd.name command=%proc.cmdline
      priority: WARNING
      tags: [container, network, mitre_impact, TA0040, T1496]

    - rule: Outbound connection of a tool
      desc: A shell or a tool for transfers connects to an address that is not a private one.
      condition: >
        finding_connect and proc.name in (finding_transfer_tools, finding_shells, busybox) and not fd.snet in (finding_private_networks)
      output: A tool connected to the outside | connection=%fd.name command=%proc.cmdline parent=%proc.pname
      priority: NOTICE
      tags: [container, network, mitre_command_and_control, TA0011, T1071]

    - rule: Other process traced
      desc: ptrace attaches to another process, or writes into it.
      condition: >
        evt.type = ptrace and finding_container and evt.arg.request in (PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_POKETEXT, PTRACE_POKEDATA, PTRACE_SETREGS, PTRACE_SETREGSET)
      output: Another process was traced | request=%evt.arg.request command=%proc.cmdline
      priority: WARNING
      tags: [container, process, mitre_privilege_escalation, TA0004, T1055.008]

    - rule: Memory of another process written
      desc: Code is put into another process without tracing it.
      condition: >
        (evt.type = process_vm_writev and finding_container)
        or (finding_write and fd.name startswith /proc/ and fd.name endswith /mem)
      output: The memory of another process was written | file=%fd.name command=%proc.cmdline
      priority: ERROR
      tags: [container, process, mitre_privilege_escalation, TA0004, T1055.009]

    - rule: Kernel module loaded
      desc: A container asks the kernel to take in a module.
      condition: evt.type in (init_module, finit_module) and finding_container
      output: A kernel module was loaded, or was to be | result=%evt.res command=%proc.cmdline
      priority: CRITICAL
      tags: [container, host, mitre_persistence, TA0003, T1547.006]

    - rule: Kernel program loaded
      desc: A container loads a BPF program.
      condition: evt.type = bpf and finding_container and evt.arg.cmd = BPF_PROG_LOAD
      output: A BPF program was loaded, or was to be | result=%evt.res command=%proc.cmdline
      priority: ERROR
      tags: [container, host, mitre_defense_evasion, TA0005, T1014]

    - rule: Setuid bit set
      desc: Whoever runs the file from now on does so as its owner.
      condition: >
        evt.type in (chmod, fchmod, fchmodat, fchmodat2) and finding_container and evt.failed = false
        and (evt.arg.mode contains S_ISUID or evt.arg.mode contains S_ISGID)
      output: The setuid bit was set | file=%fs.path.name mode=%evt.arg.mode command=%proc.cmdline
      priority: WARNING
      tags: [container, filesystem, mitre_privilege_escalation, TA0004, T1548.001]

    - rule: Log removed
      desc: A file below /var/log is removed or cut.
      condition: >
        finding_container and evt.failed = false and ((evt.type in (unlink, unlinkat, truncate, ftruncate) and fs.path.name pmatch (/var/log))
        or (evt.type in (open, openat, openat2, creat) and evt.arg.flags contains O_TRUNC and fd.name pmatch (/var/log)))
      output: A log was removed or cut | file=%fs.path.name command=%proc.cmdline parent=%proc.pname
      priority: WARNING
      tags: [container, filesystem, mitre_defense_evasion, TA0005, T1070.002]

    - rule: Shell's history removed
      desc: What was typed into a shell is removed or cut.
      condition: >
        finding_container and evt.failed = false and ((evt.type in (unlink, unlinkat, truncate) and fs.path.name glob "*/.*_history")
        or (evt.type in (open, openat, openat2, creat) and evt.arg.flags contains O_TRUNC and fd.name glob "*/.*_history"))
      output: The history of a shell was removed or cut | file=%fs.path.name command=%proc.cmdline
      priority: WARNING
      tags: [container, filesystem, mitre_defense_evasion, TA0005, T1070.003]

    - rule: Package manager run
      desc: What a container needs belongs into its image.
      condition: >
        finding_exec and (proc.name in (apt, apt-get, aptitude, dpkg, rpm, yum, dnf, microdnf, zypper, apk, pacman, gem)
        or proc.cmdline startswith "pip install" or proc.cmdline startswith "pip3 install" or proc.cmdline startswith "npm install")
      output: A package manager was run | command=%proc.cmdline parent=%proc.pname
      priority: NOTICE
      tags: [container, process, mitre_execution, TA0002, T1072]

    - rule: Crontab changed
      desc: A job is entered that is run again and again.
      condition: finding_write and fd.name pmatch (/etc/crontab, /etc/cron.d, /etc/cron.daily, /etc/cron.hourly, /etc/periodic, /var/spool/cron)
      output: A crontab was opened for writing | file=%fd.name command=%proc.cmdline parent=%proc.pname
      priority: WARNING
      tags: [container, filesystem, mitre_persistence, TA0003, T1053.003]

    - rule: Preloaded library set
      desc: What stands in ld.so.preload is loaded into every program.
      condition: finding_write and fd.name in (/etc/ld.so.preload, /etc/ld.so.conf)
      output: The list of preloaded libraries was opened for writing | file=%fd.name command=%proc.cmdline
      priority: CRITICAL
      tags: [container, filesystem, mitre_persistence, TA0003, T1574.006]

    - rule: Account changed
      desc: Users, their passwords, and what they may do as root.
      condition: finding_write and (fd.name in (/etc/passwd, /etc/shadow, /etc/group, /etc/sudoers) or fd.name pmatch (/etc/sudoers.d))
      output: A file of accounts was opened for writing | file=%fd.name command=%proc.cmdline parent=%proc.pname
      priority: WARNING
      tags: [container, users, mitre_persistence, TA0003, T1136.001]

    - rule: Key for logins added
      desc: Whoever has the key logs in from now on.
      condition: finding_write and (fd.name endswith /.ssh/authorized_keys or fd.name endswith /.ssh/authorized_keys2)
      output: A file of keys for logins was opened for writing | file=%fd.name command=%proc.cmdline parent=%proc.pname
      priority: WARNING
      tags: [container, filesystem, mitre_persistence, TA0003, T1098.004]

    - rule: Device of a disk opened
      desc: Who reads or writes a disk itself passes over the permissions of its files.
      condition: >
        evt.type in (open, openat, openat2, mknod, mknodat) and finding_container
        and (fd.name glob "/dev/sd[a-z]*" or fd.name glob "/dev/vd[a-z]*" or fd.name glob "/dev/nvme[0-9]*"
        or fd.name glob "/dev/dm-*" or fd.name glob "/dev/xvd*" or fd.name in (/dev/mem, /dev/kmem, /dev/port)
        or (evt.type in (mknod, mknodat) and evt.arg.mode contains S_IFBLK))
      output: The device of a disk was opened or made | file=%fd.name result=%evt.res command=%proc.cmdline
      priority: ERROR
      tags: [container, host, mitre_privilege_escalation, TA0004, T1611]

    - rule: Ring of io_uring made
      desc: What goes through io_uring is no system call, and escapes who watches those.
      condition: evt.type = io_uring_setup and finding_container and evt.failed = false
      output: A ring of io_uring was made | command=%proc.cmdline exe=%proc.exepath
      priority: NOTICE
      tags: [container, process, mitre_defense_evasion, TA0005, T1562]
    """
}
