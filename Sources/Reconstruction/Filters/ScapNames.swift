// A table: what .scap files number. Written by .ci/scap-table; not to be edited.

public enum ScapNames {
  /// Each event: number, name, parameters with their types. Even numbers are entries, odd ones exits.
  public static let events = """
    0 syscall ID:syscallid nativeID:uint16
    1 syscall ID:syscallid nativeID:uint16
    2 open name:fspath flags:flags32 mode:uint32
    3 open fd:fd name:fspath flags:flags32 mode:uint32 dev:uint32 ino:uint64
    4 close fd:fd
    5 close res:errno fd:fd
    6 read fd:fd size:uint32
    7 read res:errno data:bytebuf fd:fd size:uint32
    8 write fd:fd size:uint32
    9 write res:errno data:bytebuf fd:fd size:uint32
    10 brk size:uint32
    11 brk res:uint64
    12 execve
    13 execve res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64
    14 clone
    15 clone res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 flags:flags32 \
    uid:uint32 gid:uint32
    16 procexit
    18 socket domain:enumflags32 type:uint32 proto:uint32
    19 socket fd:fd domain:enumflags32 type:uint32 proto:uint32 flags:flags32
    20 bind fd:fd
    21 bind res:errno addr:sockaddr fd:fd
    22 connect fd:fd addr:sockaddr
    23 connect res:errno tuple:socktuple fd:fd addr:sockaddr
    24 listen fd:fd backlog:int32
    25 listen res:errno fd:fd backlog:int32
    26 accept
    27 accept fd:fd tuple:socktuple queuepct:uint8
    28 send fd:fd size:uint32
    29 send res:errno data:bytebuf fd:fd size:uint32 tuple:socktuple
    30 sendto fd:fd size:uint32 tuple:socktuple
    31 sendto res:errno data:bytebuf fd:fd size:uint32 tuple:socktuple
    32 recv fd:fd size:uint32
    33 recv res:errno data:bytebuf fd:fd size:uint32 tuple:socktuple
    34 recvfrom fd:fd size:uint32
    35 recvfrom res:errno data:bytebuf tuple:socktuple fd:fd size:uint32
    36 shutdown fd:fd how:enumflags8
    37 shutdown res:errno fd:fd how:enumflags8
    38 getsockname
    39 getsockname
    40 getpeername
    41 getpeername
    42 socketpair domain:enumflags32 type:uint32 proto:uint32
    43 socketpair res:errno fd1:fd fd2:fd source:uint64 peer:uint64 domain:enumflags32 type:uint32 proto:uint32
    44 setsockopt
    45 setsockopt res:errno fd:fd level:enumflags8 optname:enumflags8 val:dyn optlen:uint32
    46 getsockopt
    47 getsockopt res:errno fd:fd level:enumflags8 optname:enumflags8 val:dyn optlen:uint32
    48 sendmsg fd:fd size:uint32 tuple:socktuple
    49 sendmsg res:errno data:bytebuf fd:fd size:uint32 tuple:socktuple
    50 sendmmsg
    51 sendmmsg res:errno fd:fd size:uint32 data:bytebuf tuple:socktuple
    52 recvmsg fd:fd
    53 recvmsg res:errno size:uint32 data:bytebuf tuple:socktuple msgcontrol:bytebuf fd:fd
    54 recvmmsg
    55 recvmmsg res:errno fd:fd size:uint32 data:bytebuf tuple:socktuple msgcontrol:bytebuf
    56 accept flags:int32
    57 accept fd:fd tuple:socktuple queuepct:uint8
    58 creat name:fspath mode:uint32
    59 creat fd:fd name:fspath mode:uint32 dev:uint32 ino:uint64 creat_flags:flags16
    60 pipe
    61 pipe res:errno fd1:fd fd2:fd ino:uint64
    62 eventfd initval:uint64 flags:uint32
    63 eventfd res:fd initval:uint64 flags:uint32
    64 futex addr:uint64 op:flags16 val:uint64
    65 futex res:errno addr:uint64 op:flags16 val:uint64
    66 stat
    67 stat res:errno path:fspath
    68 lstat
    69 lstat res:errno path:fspath
    70 fstat fd:fd
    71 fstat res:errno fd:fd
    72 stat64
    73 stat64 res:errno path:fspath
    74 lstat64
    75 lstat64 res:errno path:fspath
    76 fstat64 fd:fd
    77 fstat64 res:errno
    78 epoll_wait maxevents:errno
    79 epoll_wait res:errno maxevents:errno
    80 poll fds:fdlist timeout:int64
    81 poll res:errno fds:fdlist timeout:int64
    82 select
    83 select res:errno
    84 select
    85 select res:errno
    86 lseek fd:fd offset:uint64 whence:enumflags8
    87 lseek res:errno fd:fd offset:uint64 whence:enumflags8
    88 llseek fd:fd offset:uint64 whence:enumflags8
    89 llseek res:errno fd:fd offset:uint64 whence:enumflags8
    90 ioctl fd:fd request:uint64
    91 ioctl res:errno
    92 getcwd
    93 getcwd res:errno path:charbuf
    94 chdir
    95 chdir res:errno path:charbuf
    96 fchdir fd:fd
    97 fchdir res:errno fd:fd
    98 mkdir path:fspath mode:uint32
    99 mkdir res:errno
    100 rmdir path:fspath
    101 rmdir res:errno
    102 openat dirfd:fd name:charbuf flags:flags32 mode:uint32
    103 openat fd:fd
    104 link oldpath:fspath newpath:fspath
    105 link res:errno
    106 linkat olddir:fd oldpath:charbuf newdir:fd newpath:charbuf
    107 linkat res:errno
    108 unlink path:fspath
    109 unlink res:errno
    110 unlinkat dirfd:fd name:charbuf
    111 unlinkat res:errno
    112 pread fd:fd size:uint32 pos:uint64
    113 pread res:errno data:bytebuf fd:fd size:uint32 pos:uint64
    114 pwrite fd:fd size:uint32 pos:uint64
    115 pwrite res:errno data:bytebuf fd:fd size:uint32 pos:uint64
    116 readv fd:fd
    117 readv res:errno size:uint32 data:bytebuf fd:fd
    118 writev fd:fd size:uint32
    119 writev res:errno data:bytebuf fd:fd size:uint32
    120 preadv fd:fd pos:uint64
    121 preadv res:errno size:uint32 data:bytebuf fd:fd pos:uint64
    122 pwritev fd:fd size:uint32 pos:uint64
    123 pwritev res:errno data:bytebuf fd:fd size:uint32 pos:uint64
    124 dup fd:fd
    125 dup res:fd
    126 signalfd fd:fd mask:uint32 flags:uint8
    127 signalfd res:fd fd:fd mask:uint32 flags:uint8
    128 kill pid:pid sig:sigtype
    129 kill res:errno pid:pid sig:sigtype
    130 tkill tid:pid sig:sigtype
    131 tkill res:errno tid:pid sig:sigtype
    132 tgkill pid:pid tid:pid sig:sigtype
    133 tgkill res:errno pid:pid tid:pid sig:sigtype
    134 nanosleep interval:reltime
    135 nanosleep res:errno interval:reltime
    136 timerfd_create clockid:uint8 flags:uint8
    137 timerfd_create res:fd clockid:uint8 flags:uint8
    138 inotify_init flags:uint8
    139 inotify_init res:fd flags:uint8
    140 getrlimit resource:enumflags8
    141 getrlimit res:errno cur:int64 max:int64 resource:enumflags8
    142 setrlimit resource:enumflags8
    143 setrlimit res:errno cur:int64 max:int64 resource:enumflags8
    144 prlimit pid:pid resource:enumflags8
    145 prlimit res:errno newcur:int64 newmax:int64 oldcur:int64 oldmax:int64 pid:int64 resource:enumflags8
    146 switch next:pid
    148 drop ratio:uint32
    149 drop ratio:uint32
    150 fcntl fd:fd cmd:enumflags8
    151 fcntl res:fd fd:fd cmd:enumflags8 arg:uint64
    152 switch next:pid pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32
    154 execve
    155 execve res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 \
    pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32
    156 clone
    157 clone res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 flags:flags32 uid:uint32 gid:uint32
    158 brk addr:uint64
    159 brk res:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 addr:uint64
    160 mmap addr:uint64 length:uint64 prot:flags32 flags:flags32 fd:fd offset:uint64
    161 mmap res:errno vm_size:uint32 vm_rss:uint32 vm_swap:uint32 addr:uint64 length:uint64 prot:flags32 \
    flags:flags32 fd:fd offset:uint64
    162 mmap2 addr:uint64 length:uint64 prot:flags32 flags:flags32 fd:fd pgoffset:uint64
    163 mmap2 res:errno vm_size:uint32 vm_rss:uint32 vm_swap:uint32 addr:uint64 length:uint64 prot:flags32 \
    flags:flags32 fd:fd pgoffset:uint64
    164 munmap addr:uint64 length:uint64
    165 munmap res:errno vm_size:uint32 vm_rss:uint32 vm_swap:uint32 addr:uint64 length:uint64
    166 splice fd_in:fd fd_out:fd size:uint64 flags:flags32
    167 splice res:errno fd_in:fd fd_out:fd size:uint64 flags:flags32
    168 ptrace request:enumflags16 pid:pid
    169 ptrace res:errno addr:dyn data:dyn request:enumflags16 pid:pid
    170 ioctl fd:fd request:uint64 argument:uint64
    171 ioctl res:errno fd:fd request:uint64 argument:uint64
    172 execve
    173 execve res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 \
    pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 env:bytebuf
    174 rename
    175 rename res:errno oldpath:fspath newpath:fspath
    176 renameat
    177 renameat res:errno olddirfd:fd oldpath:fsrelpath newdirfd:fd newpath:fsrelpath
    178 symlink
    179 symlink res:errno target:charbuf linkpath:fspath
    180 symlinkat
    181 symlinkat res:errno target:charbuf linkdirfd:fd linkpath:fsrelpath
    182 fork
    183 fork res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 flags:flags32 uid:uint32 gid:uint32
    184 vfork
    185 vfork res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 flags:flags32 uid:uint32 gid:uint32
    186 procexit status:errno ret:errno sig:sigtype core:uint8 reaper_tid:pid
    188 sendfile out_fd:fd in_fd:fd offset:uint64 size:uint64
    189 sendfile res:errno offset:uint64 out_fd:fd in_fd:fd size:uint64
    190 quotactl cmd:flags16 type:flags8 id:uint32 quota_fmt:flags8
    191 quotactl res:errno special:charbuf quotafilepath:charbuf dqb_bhardlimit:uint64 dqb_bsoftlimit:uint64 \
    dqb_curspace:uint64 dqb_ihardlimit:uint64 dqb_isoftlimit:uint64 dqb_btime:reltime dqb_itime:reltime \
    dqi_bgrace:reltime dqi_igrace:reltime dqi_flags:flags8 quota_fmt_out:flags8 cmd:flags16 type:flags8 id:uint32 \
    quota_fmt:flags8
    192 setresuid ruid:uid euid:uid suid:uid
    193 setresuid res:errno ruid:uid euid:uid suid:uid
    194 setresgid rgid:gid egid:gid sgid:gid
    195 setresgid res:errno rgid:gid egid:gid sgid:gid
    196 scapevent event_type:uint32 event_data:uint64
    198 setuid uid:uid
    199 setuid res:errno uid:uid
    200 setgid gid:gid
    201 setgid res:errno gid:gid
    202 getuid
    203 getuid uid:uid
    204 geteuid
    205 geteuid euid:uid
    206 getgid
    207 getgid gid:gid
    208 getegid
    209 getegid egid:gid
    210 getresuid
    211 getresuid res:errno ruid:uid euid:uid suid:uid
    212 getresgid
    213 getresgid res:errno rgid:gid egid:gid sgid:gid
    214 execve
    215 execve res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 \
    pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf env:bytebuf
    216 clone
    217 clone res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf flags:flags32 uid:uint32 gid:uint32
    218 fork
    219 fork res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf flags:flags32 uid:uint32 gid:uint32
    220 vfork
    221 vfork res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf flags:flags32 uid:uint32 gid:uint32
    222 clone
    223 clone res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf flags:flags32 \
    uid:uint32 gid:uint32 vtid:pid vpid:pid pidns_init_start_ts:uint64
    224 fork
    225 fork res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf flags:flags32 \
    uid:uint32 gid:uint32 vtid:pid vpid:pid pidns_init_start_ts:uint64
    226 vfork
    227 vfork res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf flags:flags32 \
    uid:uint32 gid:uint32 vtid:pid vpid:pid pidns_init_start_ts:uint64
    228 container id:charbuf type:uint32 name:charbuf image:charbuf
    230 execve
    231 execve res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 \
    pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf \
    env:bytebuf
    232 signaldeliver spid:pid dpid:pid sig:sigtype
    234 procinfo cpu_usr:uint64 cpu_sys:uint64
    236 getdents fd:fd
    237 getdents res:errno fd:fd
    238 getdents64 fd:fd
    239 getdents64 res:errno fd:fd
    240 setns fd:fd nstype:flags32
    241 setns res:errno fd:fd nstype:flags32
    242 flock fd:fd operation:flags32
    243 flock res:errno fd:fd operation:flags32
    244 cpu_hotplug cpu:uint32 action:uint32
    246 accept
    247 accept fd:fd tuple:socktuple queuepct:uint8 queuelen:uint32 queuemax:uint32
    248 accept flags:int32
    249 accept fd:fd tuple:socktuple queuepct:uint8 queuelen:uint32 queuemax:uint32
    250 semop semid:int32
    251 semop res:errno nsops:uint32 sem_num_0:uint16 sem_op_0:int16 sem_flg_0:flags16 sem_num_1:uint16 \
    sem_op_1:int16 sem_flg_1:flags16 semid:int32
    252 semctl semid:int32 semnum:int32 cmd:flags16 val:int32
    253 semctl res:errno semid:int32 semnum:int32 cmd:flags16 val:int32
    254 ppoll fds:fdlist timeout:reltime sigmask:sigset
    255 ppoll res:errno fds:fdlist timeout:reltime sigmask:sigset
    256 mount flags:flags32
    257 mount res:errno dev:charbuf dir:fspath type:charbuf flags:flags32
    258 umount flags:flags32
    259 umount res:errno name:fspath
    260 k8s json:charbuf
    262 semget key:int32 nsems:int32 semflg:flags32
    263 semget res:errno key:int32 nsems:int32 semflg:flags32
    264 access mode:flags32
    265 access res:errno name:fspath mode:flags32
    266 chroot
    267 chroot res:errno path:fspath
    268 tracer id:int64 tags:charbufarray args:charbuf_pair_array
    270 mesos json:charbuf
    272 container json:charbuf
    274 setsid
    275 setsid res:pid
    276 mkdir mode:uint32
    277 mkdir res:errno path:fspath mode:uint32
    278 rmdir
    279 rmdir res:errno path:fspath
    280 notification id:charbuf desc:charbuf
    282 execve
    283 execve res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 \
    pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf \
    env:bytebuf tty:int32
    284 unshare flags:flags32
    285 unshare res:errno flags:flags32
    286 infra source:charbuf name:charbuf description:charbuf scope:charbuf
    288 execve filename:fspath
    289 execve res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 \
    pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf \
    env:bytebuf tty:int32
    290 page_fault addr:uint64 ip:uint64 error:flags32
    292 execve filename:fspath
    293 execve res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 \
    pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf \
    env:bytebuf tty:uint32 vpgid:pid loginuid:uid flags:flags32 cap_inheritable:uint64 cap_permitted:uint64 \
    cap_effective:uint64 exe_ino:uint64 exe_ino_ctime:abstime exe_ino_mtime:abstime uid:uid trusted_exepath:fspath \
    pgid:pid gid:gid filename:fspath
    294 setpgid pid:pid pgid:pid
    295 setpgid res:errno pid:pid pgid:pid
    296 bpf cmd:int64
    297 bpf res_or_fd:dyn
    298 seccomp op:uint64 flags:uint64
    299 seccomp res:errno op:uint64 flags:uint64
    300 unlink
    301 unlink res:errno path:fspath
    302 unlinkat
    303 unlinkat res:errno dirfd:fd name:fsrelpath flags:flags32
    304 mkdirat
    305 mkdirat res:errno dirfd:fd path:fsrelpath mode:uint32
    306 openat dirfd:fd name:fsrelpath flags:flags32 mode:uint32
    307 openat fd:fd dirfd:fd name:fsrelpath flags:flags32 mode:uint32 dev:uint32 ino:uint64
    308 link
    309 link res:errno oldpath:fspath newpath:fspath
    310 linkat
    311 linkat res:errno olddir:fd oldpath:fsrelpath newdir:fd newpath:fsrelpath flags:flags32
    312 fchmodat
    313 fchmodat res:errno dirfd:fd filename:fsrelpath mode:mode
    314 chmod
    315 chmod res:errno filename:fspath mode:mode
    316 fchmod
    317 fchmod res:errno fd:fd mode:mode
    318 renameat2
    319 renameat2 res:errno olddirfd:fd oldpath:fsrelpath newdirfd:fd newpath:fsrelpath flags:flags32
    320 userfaultfd
    321 userfaultfd res:errno flags:flags32
    322 pluginevent plugin_id:uint32 event_data:bytebuf
    324 container json:charbuf
    326 openat2 dirfd:fd name:fsrelpath flags:flags32 mode:uint32 resolve:flags32
    327 openat2 fd:fd dirfd:fd name:fsrelpath flags:flags32 mode:uint32 resolve:flags32 dev:uint32 ino:uint64
    328 mprotect addr:uint64 length:uint64 prot:flags32
    329 mprotect res:errno addr:uint64 length:uint64 prot:flags32
    330 execveat dirfd:fd pathname:fsrelpath flags:flags32
    331 execveat res:errno exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:uint64 \
    pgft_maj:uint64 pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf \
    env:bytebuf tty:uint32 vpgid:pid loginuid:uid flags:flags32 cap_inheritable:uint64 cap_permitted:uint64 \
    cap_effective:uint64 exe_ino:uint64 exe_ino_ctime:abstime exe_ino_mtime:abstime uid:uid trusted_exepath:fspath \
    pgid:pid gid:gid
    332 copy_file_range fdin:fd offin:uint64 len:uint64
    333 copy_file_range res:errno fdout:fd offout:uint64 fdin:fd offin:uint64 len:uint64
    334 clone3
    335 clone3 res:pid exe:charbuf args:bytebuf tid:pid pid:pid ptid:pid cwd:charbuf fdlimit:int64 pgft_maj:uint64 \
    pgft_min:uint64 vm_size:uint32 vm_rss:uint32 vm_swap:uint32 comm:charbuf cgroups:bytebuf flags:flags32 \
    uid:uint32 gid:uint32 vtid:pid vpid:pid pidns_init_start_ts:uint64
    336 open_by_handle_at
    337 open_by_handle_at fd:fd mountfd:fd flags:flags32 path:fspath dev:uint32 ino:uint64
    338 io_uring_setup
    339 io_uring_setup res:errno entries:uint32 sq_entries:uint32 cq_entries:uint32 flags:flags32 \
    sq_thread_cpu:uint32 sq_thread_idle:uint32 features:flags32
    340 io_uring_enter
    341 io_uring_enter res:errno fd:fd to_submit:uint32 min_complete:uint32 flags:flags32 sig:sigset
    342 io_uring_register
    343 io_uring_register res:errno fd:fd opcode:enumflags16 arg:uint64 nr_args:uint32
    344 mlock
    345 mlock res:errno addr:uint64 len:uint64
    346 munlock
    347 munlock res:errno addr:uint64 len:uint64
    348 mlockall
    349 mlockall res:errno flags:flags32
    350 munlockall
    351 munlockall res:errno
    352 capset
    353 capset res:errno cap_inheritable:uint64 cap_permitted:uint64 cap_effective:uint64
    354 useradded uid:uint32 gid:uint32 name:charbuf home:charbuf shell:charbuf container_id:charbuf
    356 userdeleted uid:uint32 gid:uint32 name:charbuf home:charbuf shell:charbuf container_id:charbuf
    358 groupadded gid:uint32 name:charbuf container_id:charbuf
    360 groupdeleted gid:uint32 name:charbuf container_id:charbuf
    362 dup2 fd:fd
    363 dup2 res:fd oldfd:fd newfd:fd
    364 dup3 fd:fd
    365 dup3 res:fd oldfd:fd newfd:fd flags:flags32
    366 dup fd:fd
    367 dup res:fd oldfd:fd
    368 bpf cmd:int64
    369 bpf fd:fd cmd:enumflags32
    370 mlock2
    371 mlock2 res:errno addr:uint64 len:uint64 flags:flags32
    372 fsconfig
    373 fsconfig res:errno fd:fd cmd:enumflags32 key:charbuf value_bytebuf:bytebuf value_charbuf:charbuf aux:int32
    374 epoll_create size:int32
    375 epoll_create res:errno size:int32
    376 epoll_create1 flags:flags32
    377 epoll_create1 res:errno flags:flags32
    378 chown
    379 chown res:errno path:fspath uid:uint32 gid:uint32
    380 lchown
    381 lchown res:errno path:fspath uid:uint32 gid:uint32
    382 fchown
    383 fchown res:errno fd:fd uid:uint32 gid:uint32
    384 fchownat
    385 fchownat res:errno dirfd:fd pathname:fsrelpath uid:uint32 gid:uint32 flags:flags32
    386 umount
    387 umount res:errno name:fspath
    388 accept4 flags:int32
    389 accept4 fd:fd tuple:socktuple queuepct:uint8 queuelen:uint32 queuemax:uint32 flags:int32
    390 umount2 flags:flags32
    391 umount2 res:errno name:fspath flags:flags32
    392 pipe2
    393 pipe2 res:errno fd1:fd fd2:fd ino:uint64 flags:flags32
    394 inotify_init1
    395 inotify_init1 res:fd flags:flags16
    396 eventfd2 initval:uint64
    397 eventfd2 res:fd flags:flags16 initval:uint64
    398 signalfd4 fd:fd mask:uint32
    399 signalfd4 res:fd flags:flags16 fd:fd mask:uint32
    400 prctl
    401 prctl res:errno option:enumflags32 arg2_str:charbuf arg2_int:int64
    402 asyncevent plugin_id:uint32 name:charbuf data:bytebuf
    404 memfd_create
    405 memfd_create fd:fd name:charbuf flags:flags32
    406 pidfd_getfd
    407 pidfd_getfd fd:fd pid_fd:fd target_fd:fd flags:uint32
    408 pidfd_open
    409 pidfd_open fd:fd pid:pid flags:flags32
    410 init_module
    411 init_module res:errno img:bytebuf length:uint64 uargs:charbuf
    412 finit_module
    413 finit_module res:errno fd:fd uargs:charbuf flags:flags32
    414 mknod
    415 mknod res:errno path:fspath mode:mode dev:uint32
    416 mknodat
    417 mknodat res:errno dirfd:fd path:fsrelpath mode:mode dev:uint32
    418 newfstatat
    419 newfstatat res:errno dirfd:fd path:fsrelpath flags:flags32
    420 process_vm_readv
    421 process_vm_readv res:int64 pid:pid data:bytebuf
    422 process_vm_writev
    423 process_vm_writev res:int64 pid:pid data:bytebuf
    424 delete_module
    425 delete_module res:errno name:charbuf flags:flags32
    426 setreuid
    427 setreuid res:errno ruid:uid euid:uid
    428 setregid
    429 setregid res:errno rgid:uid egid:uid
    430 task ppid:pid32 pgid:pid32 vpgid:pid32 sid:pid32 comm:charbuf argv:charbufarray exepath:fspath \
    flags:flags32 env:charbufarray cwd:charbuf fdlimit:uint64 euid:uid egid:gid cap_permitted:uint64 \
    cap_effective:uint64 cap_inheritable:uint64 exe_ino_num:uint64 exe_ino_ctime:abstime exe_ino_mtime:abstime \
    vm_size:uint32 vm_rss:uint32 vm_swap:uint32 pgft_maj:uint64 pgft_min:uint64 vtgid:pid32 vpid:pid32 \
    pidns_init_start_ts:uint64 cgroups:charbufarray root:fspath start_time:abstime tty:uint32 loginuid:uid
    432 task_file_pipe fd:fd32 path:fspath ino_num:uint64
    434 task_file_memfd fd:fd32 path:fspath ino_num:uint64
    436 task_file_regular fd:fd32 path:fspath flags:flags32 mnt_id:uint32 ino_num:uint64
    438 task_file_directory fd:fd32 path:fspath ino_num:uint64
    440 task_file_socket_inet fd:fd32 sk_type:uint16 sk_proto:uint16 local_ip:ipv4addr local_port:port \
    remote_ip:ipv4addr remote_port:port ino_num:uint64
    442 task_file_socket_inet6 fd:fd32 sk_type:uint16 sk_proto:uint16 local_ip:ipv6addr local_port:port \
    remote_ip:ipv6addr remote_port:port ino_num:uint64
    444 task_file_socket_unix fd:fd32 sk_type:uint16 sk_proto:uint16 sk_pointer:uint64 sun_path:fspath \
    ino_num:uint64
    446 task_file_socket_netlink fd:fd32 sk_type:uint16 sk_proto:uint16 ino_num:uint64
    448 task_file_anon_inode fd:fd32 fd_type:flags8 path:fspath ino_num:uint64
    451 close_range res:errno first:uint32 last:uint32 flags:flags32
    453 keyctl res:errno operation:enumflags32 arg2:dyn arg3:dyn arg4:dyn arg5:dyn
    """
  /// System calls by the number that events of no type of their own bear.
  public static let calls = """
    0:unknown 1:restart_syscall 2:exit 3:read 4:write 5:open 6:close 7:creat 8:link 9:unlink 10:chdir 11:time \
    12:mknod 13:chmod 14:stat 15:lseek 16:getpid 17:mount 18:ptrace 19:alarm 20:fstat 21:pause 22:utime 23:access \
    24:sync 25:kill 26:rename 27:mkdir 28:rmdir 29:dup 30:pipe 31:times 32:brk 33:acct 34:ioctl 35:fcntl \
    36:setpgid 37:umask 38:chroot 39:ustat 40:dup2 41:getppid 42:getpgrp 43:setsid 44:sethostname 45:setrlimit \
    46:getrusage 47:gettimeofday 48:settimeofday 49:symlink 50:lstat 51:readlink 52:uselib 53:swapon 54:reboot \
    55:mmap 56:munmap 57:truncate 58:ftruncate 59:fchmod 60:getpriority 61:setpriority 62:statfs 63:fstatfs \
    64:syslog 65:setitimer 66:getitimer 67:uname 68:vhangup 69:wait4 70:swapoff 71:sysinfo 72:fsync \
    73:setdomainname 74:adjtimex 75:mprotect 76:init_module 77:delete_module 78:quotactl 79:getpgid 80:fchdir \
    81:sysfs 82:personality 83:getdents 84:select 85:flock 86:msync 87:readv 88:writev 89:getsid 90:fdatasync \
    91:mlock 92:munlock 93:mlockall 94:munlockall 95:sched_setparam 96:sched_getparam 97:sched_setscheduler \
    98:sched_getscheduler 99:sched_yield 100:sched_get_priority_max 101:sched_get_priority_min \
    102:sched_rr_get_interval 103:nanosleep 104:mremap 105:poll 106:prctl 107:rt_sigaction 108:rt_sigprocmask \
    109:rt_sigpending 110:rt_sigtimedwait 111:rt_sigqueueinfo 112:rt_sigsuspend 113:getcwd 114:capget 115:capset \
    116:sendfile 117:getrlimit 118:lchown 119:getuid 120:getgid 121:geteuid 122:getegid 123:setreuid 124:setregid \
    125:getgroups 126:setgroups 127:fchown 128:setresuid 129:getresuid 130:setresgid 131:getresgid 132:chown \
    133:setuid 134:setgid 135:setfsuid 136:setfsgid 137:pivot_root 138:mincore 139:madvise 140:gettid 141:setxattr \
    142:lsetxattr 143:fsetxattr 144:getxattr 145:lgetxattr 146:fgetxattr 147:listxattr 148:llistxattr \
    149:flistxattr 150:removexattr 151:lremovexattr 152:fremovexattr 153:tkill 154:futex 155:sched_setaffinity \
    156:sched_getaffinity 157:set_thread_area 158:get_thread_area 159:io_setup 160:io_destroy 161:io_getevents \
    162:io_submit 163:io_cancel 164:exit_group 165:epoll_create 166:epoll_ctl 167:epoll_wait 168:remap_file_pages \
    169:set_tid_address 170:timer_create 171:timer_settime 172:timer_gettime 173:timer_getoverrun 174:timer_delete \
    175:clock_settime 176:clock_gettime 177:clock_getres 178:clock_nanosleep 179:tgkill 180:utimes 181:mq_open \
    182:mq_unlink 183:mq_timedsend 184:mq_timedreceive 185:mq_notify 186:mq_getsetattr 187:kexec_load 188:waitid \
    189:add_key 190:request_key 191:keyctl 192:ioprio_set 193:ioprio_get 194:inotify_init 195:inotify_add_watch \
    196:inotify_rm_watch 197:openat 198:mkdirat 199:mknodat 200:fchownat 201:futimesat 202:unlinkat 203:renameat \
    204:linkat 205:symlinkat 206:readlinkat 207:fchmodat 208:faccessat 209:pselect6 210:ppoll 211:unshare \
    212:set_robust_list 213:get_robust_list 214:splice 215:tee 216:vmsplice 217:getcpu 218:epoll_pwait \
    219:utimensat 220:signalfd 221:timerfd_create 222:eventfd 223:timerfd_settime 224:timerfd_gettime \
    225:signalfd4 226:eventfd2 227:epoll_create1 228:dup3 229:pipe2 230:inotify_init1 231:preadv 232:pwritev \
    233:rt_tgsigqueueinfo 234:perf_event_open 235:fanotify_init 236:prlimit64 237:clock_adjtime 238:syncfs \
    239:setns 240:getdents64 241:socket 242:bind 243:connect 244:listen 245:accept 246:getsockname 247:getpeername \
    248:socketpair 249:sendto 250:recvfrom 251:shutdown 252:setsockopt 253:getsockopt 254:sendmsg 255:sendmmsg \
    256:recvmsg 257:recvmmsg 258:accept4 259:semop 260:semget 261:semctl 262:msgsnd 263:msgrcv 264:msgget \
    265:msgctl 266:shmdt 267:shmget 268:shmctl 269:statfs64 270:fstatfs64 271:fstatat64 272:sendfile64 \
    273:ugetrlimit 274:bdflush 275:sigprocmask 276:ipc 277:socketcall 278:stat64 279:lstat64 280:fstat64 \
    281:fcntl64 282:mmap2 283:_newselect 284:sgetmask 285:ssetmask 286:sigpending 287:olduname 288:umount \
    289:signal 290:nice 291:stime 292:_llseek 293:waitpid 294:pread64 295:pwrite64 296:arch_prctl 297:shmat \
    298:rt_sigreturn 299:fallocate 300:newfstatat 301:process_vm_readv 302:process_vm_writev 303:fork 304:vfork \
    305:setuid32 306:getuid32 307:setgid32 308:geteuid32 309:getgid32 310:setresuid32 311:setresgid32 \
    312:getresuid32 313:getresgid32 314:finit_module 315:bpf 316:seccomp 317:sigaltstack 318:getrandom \
    319:fadvise64 320:renameat2 321:userfaultfd 322:openat2 323:umount2 324:execve 325:execveat \
    326:copy_file_range 327:clone 328:clone3 329:open_by_handle_at 330:io_uring_setup 331:io_uring_enter \
    332:io_uring_register 333:mlock2 334:getegid32 335:fsconfig 336:fspick 337:fsmount 338:fsopen 339:open_tree \
    340:move_mount 341:mount_setattr 342:memfd_create 343:memfd_secret 344:ioperm 345:kexec_file_load \
    346:pidfd_getfd 347:pidfd_open 348:pidfd_send_signal 349:pkey_alloc 350:pkey_mprotect 351:pkey_free \
    352:landlock_create_ruleset 353:quotactl_fd 354:landlock_restrict_self 355:landlock_add_rule 356:epoll_pwait2 \
    357:migrate_pages 358:move_pages 359:preadv2 360:pwritev2 361:kcmp 362:sched_setattr 363:mbind \
    364:epoll_ctl_old 365:lookup_dcookie 366:modify_ldt 367:statx 368:set_mempolicy 369:io_pgetevents \
    370:set_mempolicy_home_node 371:semtimedop 372:get_kernel_syms 373:readahead 374:futex_waitv 375:getpmsg \
    376:name_to_handle_at 377:process_mrelease 378:nfsservctl 379:epoll_wait_old 380:rseq 381:create_module \
    383:sched_getattr 384:faccessat2 385:_sysctl 386:query_module 387:get_mempolicy 388:sync_file_range \
    389:process_madvise 390:membarrier 391:iopl 392:close_range 393:fanotify_mark 394:recv 395:send \
    396:sched_process_exit 397:sched_switch 398:page_fault_user 399:page_fault_kernel 400:signal_deliver \
    401:timerfd 402:s390_pci_mmio_read 403:sigaction 404:s390_pci_mmio_write 405:readdir 406:s390_sthyi \
    407:sigsuspend 408:idle 409:s390_runtime_instr 410:sigreturn 411:s390_guarded_storage 412:cachestat \
    413:fchmodat2 414:map_shadow_stack 415:riscv_flush_icache 416:riscv_hwprobe 417:futex_wake 418:futex_requeue \
    419:futex_wait 420:oldstat 421:switch_endian 422:multiplexer 423:oldlstat 424:spu_create 425:sync_file_range2 \
    426:oldfstat 427:spu_run 428:swapcontext 429:pciconfig_write 430:rtas 431:pciconfig_read \
    432:sys_debug_setcontext 433:vm86 434:oldolduname 435:subpage_prot 436:pciconfig_iobase 437:listmount \
    438:statmount 439:lsm_get_self_attr 440:lsm_set_self_attr 441:lsm_list_modules 442:mseal 443:uretprobe \
    444:removexattrat 445:listxattrat 446:getxattrat 447:setxattrat 448:open_tree_attr 449:file_getattr \
    450:file_setattr 451:listns 452:uprobe 453:rseq_slice_yield
    """
}
