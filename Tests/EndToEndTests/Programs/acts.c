/* One small act per kind of event. Before each stands a failing open of /act/NAME, which tells the acts apart. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void act(const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/act/%s", name);
  open(path, O_RDONLY);
}

/* In a process of its own, whose calls are the act's. */
#define CHILD(body)                 \
  do {                              \
    pid_t child_ = fork();          \
    if (child_ == 0) {              \
      body;                         \
      _exit(0);                     \
    }                               \
    waitpid(child_, NULL, 0);       \
  } while (0)

static void processes(void) {
  act("prctl");
  prctl(PR_SET_DUMPABLE, 1);
  act("prctl-bounding");
  CHILD(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT));
  act("prctl-privileges");
  CHILD(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  act("setsid");
  CHILD(setsid());
  act("setpgid");
  CHILD(setpgid(0, 0));
  act("kill");
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  act("kill-nothing");
  kill(0, 0);
  act("tgkill");
  signal(SIGUSR1, SIG_IGN);
  syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
  act("rt_sigqueueinfo");
  siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
  syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info);
  act("pidfd");
  int handle = syscall(SYS_pidfd_open, getpid(), 0);
  syscall(SYS_pidfd_send_signal, handle, SIGUSR1, NULL, 0);
  int own = open("/data/one", O_RDWR | O_CREAT, 0640);
  int copy = syscall(SYS_pidfd_getfd, handle, own, 0);
  close(copy);
  close(own);
  close(handle);
  act("setpriority");
  setpriority(PRIO_PROCESS, 0, 0);
  act("prlimit");
  struct rlimit limit = {100, 200};
  prlimit(0, RLIMIT_NOFILE, &limit, NULL);
  act("chdir");
  chdir("/data");
  act("fchdir");
  int root = open("/", O_RDONLY | O_DIRECTORY);
  fchdir(root);
  close(root);
}

static void credentials(void) {
  act("setuid");
  CHILD(syscall(SYS_setuid, 1000));
  act("setreuid");
  CHILD(syscall(SYS_setreuid, -1, 1000));
  act("setresuid");
  CHILD(syscall(SYS_setresuid, 1, 2, 3));
  act("setfsuid");
  CHILD(syscall(SYS_setfsuid, 1000));
  act("setgid");
  CHILD(syscall(SYS_setgid, 1000));
  act("setregid");
  CHILD(syscall(SYS_setregid, -1, 1000));
  act("setresgid");
  CHILD(syscall(SYS_setresgid, 1, 2, 3));
  act("setgroups");
  gid_t groups[2] = {7, 100};
  CHILD(syscall(SYS_setgroups, 2, groups));
  act("capset");
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {};
  data[0].permitted = 1 << CAP_KILL | 1 << CAP_CHOWN;
  data[0].effective = 1 << CAP_KILL;
  CHILD(syscall(SYS_capset, &head, data));
  act("setuid-refused");
  CHILD(syscall(SYS_setuid, 1000); syscall(SYS_setuid, 0));
}

static void namespaces(void) {
  act("setns");
  int space = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
  setns(space, CLONE_NEWUTS);
  close(space);
  act("unshare");
  CHILD(unshare(CLONE_NEWUTS | CLONE_FILES));
  act("mount");
  mkdir("/tmp/m", 0755);
  mount("some", "/tmp/m", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k");
  act("umount");
  umount2("/tmp/m", MNT_DETACH);
  act("fsopen");
  int system = syscall(SYS_fsopen, "tmpfs", 1);
  syscall(SYS_fsconfig, system, 1, "size", "64k", 0);
  syscall(SYS_fsconfig, system, 6, NULL, NULL, 0);
  int mounted = syscall(SYS_fsmount, system, 1, 2);
  syscall(SYS_move_mount, mounted, "", AT_FDCWD, "/tmp/m", 4);
  close(mounted);
  close(system);
  act("open_tree");
  int tree = syscall(SYS_open_tree, AT_FDCWD, "/tmp/m", 1 | O_CLOEXEC);
  close(tree);
  act("mount_setattr");
  struct {
    uint64_t set, cleared, propagation, space;
  } attributes = {1 | 8, 2, 0, 0};
  syscall(SYS_mount_setattr, AT_FDCWD, "/tmp/m", 0, &attributes, sizeof attributes);
  umount2("/tmp/m", 0);
  act("pivot_root");
  CHILD(unshare(CLONE_NEWNS); mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL); mount("t", "/tmp/m", "tmpfs", 0, NULL);
        mkdir("/tmp/m/old", 0700); syscall(SYS_pivot_root, "/tmp/m", "/tmp/m/old"));
  act("chroot");
  CHILD(chroot("/tmp"));
}

static void files(void) {
  char bytes[16] = "0123456789";
  int one = open("/data/one", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  write(one, bytes, 10);
  act("open-directory");
  close(open("/data", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  act("renameat2");
  syscall(SYS_renameat2, AT_FDCWD, "/data/one", AT_FDCWD, "/data/two", 1);
  act("mknod");
  mknod("/tmp/null", S_IFCHR | 0600, makedev(1, 3));
  act("setxattr");
  setxattr("/data/two", "trusted.note", "v", 1, XATTR_CREATE);
  act("getxattr");
  getxattr("/data/two", "trusted.note", bytes, 1);
  act("listxattr");
  flistxattr(one, bytes, sizeof bytes);
  act("removexattr");
  removexattr("/data/two", "trusted.note");
  act("sendfile");
  int three = open("/data/three", O_RDWR | O_CREAT, 0600);
  lseek(one, 0, SEEK_SET);
  sendfile(three, one, NULL, 4);
  act("copy_file_range");
  syscall(SYS_copy_file_range, one, NULL, three, NULL, 3, 0);
  act("splice");
  int ends[2], more[2];
  pipe(ends);
  pipe(more);
  splice(one, NULL, ends[1], NULL, 2, SPLICE_F_MOVE);
  act("tee");
  tee(ends[0], more[1], 2, SPLICE_F_NONBLOCK);
  act("memfd_create");
  close(memfd_create("hidden", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  act("inotify");
  int watch = inotify_init1(0);
  inotify_add_watch(watch, "/data", IN_CREATE | IN_DELETE);
  close(watch);
  act("fanotify");
  int monitor = syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);
  syscall(SYS_fanotify_mark, monitor, FAN_MARK_ADD, (uint64_t)FAN_OPEN, AT_FDCWD, "/data");
  close(monitor);
  act("fallocate");
  fallocate(three, FALLOC_FL_KEEP_SIZE, 0, 4096);
  act("utimensat");
  struct timespec times[2] = {{1000000000, 5}, {0, UTIME_OMIT}};
  utimensat(AT_FDCWD, "/data/two", times, AT_SYMLINK_NOFOLLOW);
  close(three);
  close(one);
}

/* Sends `descriptors` of them over `socket`. */
static void pass(int socket, const int *descriptors, int count) {
  char byte = 'x', control[CMSG_SPACE(4 * sizeof(int))] = {};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                           .msg_controllen = CMSG_SPACE(count * sizeof(int))};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(head), descriptors, count * sizeof(int));
  sendmsg(socket, &message, 0);
}

/* The same by the first of two messages. */
static void pass_several(int socket, const int *descriptors, int count) {
  char bytes[2] = {'y', 'z'}, control[CMSG_SPACE(4 * sizeof(int))] = {};
  struct iovec parts[2] = {{&bytes[0], 1}, {&bytes[1], 1}};
  struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = &parts[0], .msg_iovlen = 1, .msg_control = control,
                                             .msg_controllen = CMSG_SPACE(count * sizeof(int))}},
                                {.msg_hdr = {.msg_iov = &parts[1], .msg_iovlen = 1}}};
  struct cmsghdr *head = CMSG_FIRSTHDR(&messages[0].msg_hdr);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(head), descriptors, count * sizeof(int));
  sendmmsg(socket, messages, 2, 0);
}

static void take(int socket) {
  char byte, control[CMSG_SPACE(4 * sizeof(int))];
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
}

static int start_connecting(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  connect(one, (struct sockaddr *)&to, sizeof to);
  return one;
}

static void wait_for(int socket) {
  struct pollfd wait = {socket, POLLOUT, 0};
  poll(&wait, 1, 10000);
}

static void network(void) {
  act("socketpair");
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  act("rights");
  int files[2] = {open("/data/two", O_RDONLY), open("/data/three", O_RDONLY)};
  pass(pair[0], files, 2);
  take(pair[1]);
  act("rights-several");
  pass_several(pair[0], files, 2);
  act("setsockopt");
  int value = 1, network = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(network, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value);
  act("setsockopt-device");
  setsockopt(network, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
  act("unix-path");
  struct sockaddr_un path = {AF_UNIX, "/data/socket"};
  int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(server, (struct sockaddr *)&path, sizeof path);
  listen(server, 1);
  connect(client, (struct sockaddr *)&path, sizeof path);
  act("shutdown");
  shutdown(pair[0], SHUT_RDWR);
  act("connect-refused");
  close(start_connecting(9));
  /* A full queue drops the first SYN of who comes next: the second, a second later, decides. */
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(7077), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int busy = socket(AF_INET, SOCK_STREAM, 0), first = socket(AF_INET, SOCK_STREAM, 0);
  bind(busy, (struct sockaddr *)&here, sizeof here);
  listen(busy, 0);
  connect(first, (struct sockaddr *)&here, sizeof here);
  act("outcome-connected");
  int second = start_connecting(7077);
  close(accept(busy, NULL, NULL));
  wait_for(second);
  act("outcome-refused");
  int third = start_connecting(7077);
  close(busy);
  wait_for(third);
}

static void memory(void) {
  act("mmap");
  void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  act("mprotect");
  mprotect(code, 4096, PROT_READ | PROT_EXEC);
  act("mprotect-data");
  mprotect(code, 4096, PROT_READ | PROT_WRITE);
  act("process_vm");
  char from[4] = "abc", to[4];
  struct iovec here = {to, 4}, there = {from, 4};
  process_vm_readv(getpid(), &here, 1, &there, 1, 0);
  process_vm_writev(getpid(), &here, 1, &there, 1, 0);
  act("ptrace");
  CHILD(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
  act("ptrace-attach");
  ptrace(PTRACE_ATTACH, 1 << 20, NULL, NULL);
  act("ptrace-peek");
  ptrace(PTRACE_PEEKDATA, 1 << 20, NULL, NULL);
  act("bpf");
  union bpf_attr attributes = {};
  attributes.map_type = 1000;
  syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
  act("modules");
  syscall(SYS_init_module, "nothing", 7, "debug=1");
  syscall(SYS_finit_module, -1, "debug=2", 1);
  syscall(SYS_delete_module, "at_no_such_module", O_NONBLOCK);
  act("kexec");
  syscall(SYS_kexec_load, 0, 0, NULL, 1 << 30);
  act("keys");
  syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0);
  syscall(SYS_add_key, "nonsense", "at:key", "secret", 6, KEY_SPEC_PROCESS_KEYRING);
  syscall(SYS_request_key, "nonsense", "at:key", NULL, 0);
  act("perf_event_open");
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = 1, .config = PERF_COUNT_SW_CPU_CLOCK};
  syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  act("userfaultfd");
  close(syscall(SYS_userfaultfd, O_CLOEXEC | 1));
  act("seccomp");
  CHILD(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
  act("TIOCSTI");
  int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  ioctl(terminal, TIOCSTI, "\n");
  close(terminal);
  act("newer");
  syscall(462, NULL, 0, 1); /* mseal */
}

int main(void) {
  processes();
  credentials();
  namespaces();
  files();
  network();
  memory();
  act("end");
  return 0;
}
