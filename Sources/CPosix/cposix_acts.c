/* What `aftertrace doctor` does in a process of its own, to see whether the probes tell of it: one small act for each kind of
 * event that needs nothing but this kernel. What is refused is told too, as an attempt. Everything that is made is removed. */
#define _GNU_SOURCE
#include "cposix_process.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define TRY(call)               \
  do {                          \
    if ((long)(call) < 0) ;     \
  } while (0)

static void files(const char *directory) {
  char one[256], two[256], below[256];
  snprintf(one, sizeof one, "%s/one", directory);
  snprintf(two, sizeof two, "%s/two", directory);
  snprintf(below, sizeof below, "%s/below", directory);
  int file = open(one, O_RDWR | O_CREAT, 0600);
  TRY(write(file, "aftertrace", 10));
  char back[16];
  TRY(pread(file, back, sizeof back, 0));
  TRY(ftruncate(file, 4));
  TRY(truncate(one, 2));
  TRY(chmod(one, 0640));
  TRY(chown(one, getuid(), getgid()));
  TRY(setxattr(one, "user.aftertrace", "1", 1, 0));
  int watch = inotify_init1(IN_CLOEXEC);
  TRY(inotify_add_watch(watch, directory, IN_CREATE));
  int other = dup(file), sink = open("/dev/null", O_WRONLY);
  TRY(sendfile(sink, file, NULL, 1));
  close(other);
  close(sink);
  close(watch);
  close(file);
  TRY(link(one, two));
  TRY(unlink(two));
  TRY(symlink(one, two));
  TRY(rename(two, below));
  TRY(unlink(below));
  TRY(mkdir(below, 0700));
  TRY(rmdir(below));
  TRY(unlink(one));
}

static void network(void) {
  int pair[2], ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
    TRY(send(pair[0], "a", 1, 0));
    char byte;
    TRY(recv(pair[1], &byte, 1, 0));
    TRY(shutdown(pair[0], SHUT_RDWR));
    close(pair[0]);
    close(pair[1]);
  }
  if (pipe(ends) == 0) {
    close(ends[0]);
    close(ends[1]);
  }
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof here;
  int one = 1, server = socket(AF_INET, SOCK_STREAM, 0), first = socket(AF_INET, SOCK_STREAM, 0);
  TRY(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
  TRY(bind(server, (struct sockaddr *)&here, sizeof here));
  TRY(listen(server, 0));
  TRY(getsockname(server, (struct sockaddr *)&here, &length));
  TRY(connect(first, (struct sockaddr *)&here, sizeof here));
  /* A full queue drops the first SYN of who comes next: the second, a second later, decides. */
  int second = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  TRY(connect(second, (struct sockaddr *)&here, sizeof here));
  int accepted = accept(server, NULL, NULL);
  struct pollfd wait = {second, POLLOUT, 0};
  poll(&wait, 1, 3000);
  close(accepted);
  close(second);
  close(first);
  close(server);
}

static void processes(void) {
  TRY(prctl(PR_SET_NAME, "at-doctor"));
  TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  pid_t child = fork();
  if (child == 0) {
    TRY(setsid());
    TRY(setuid(getuid()));
    TRY(setgid(getgid()));
    TRY(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    _exit(3);
  }
  waitpid(child, NULL, 0);
  child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  struct timespec while_ = {0, 20000000};
  nanosleep(&while_, NULL);
  kill(child, SIGTERM);
  waitpid(child, NULL, 0);
}

static void spaces(const char *directory) {
  pid_t child = fork();
  if (child == 0) {
    TRY(unshare(CLONE_NEWNS));
    /* Nothing of it is to be seen outside. */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) {
      TRY(mount("none", directory, "tmpfs", MS_NOSUID | MS_NODEV, "size=4096"));
      TRY(umount2(directory, MNT_DETACH));
    }
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

static void memory(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TRY(mprotect(page, 4096, PROT_READ | PROT_EXEC));
  munmap(page, 4096);
  int file = memfd_create("aftertrace-doctor", MFD_CLOEXEC);
  close(file);
}

static void cgroups(const char *mount_point) {
  char path[512], members[600];
  snprintf(path, sizeof path, "%s/aftertrace-doctor-%d", mount_point, (int)getpid());
  if (mkdir(path, 0755) != 0) return;
  snprintf(members, sizeof members, "%s/cgroup.procs", path);
  pid_t child = fork();
  if (child == 0) {
    int file = open(members, O_WRONLY);
    TRY(write(file, "0", 1));
    _exit(0);
  }
  waitpid(child, NULL, 0);
  /* The dead leave their cgroup a moment later. */
  for (int i = 0; i < 100 && rmdir(path) != 0; i++) usleep(10000);
}

int at_perform_acts(const char *cgroup_mount_point) {
  char directory[] = "/tmp/aftertrace-doctor-XXXXXX";
  if (!mkdtemp(directory)) return 1;
  files(directory);
  network();
  memory();
  spaces(directory);
  cgroups(cgroup_mount_point);
  processes();
  rmdir(directory);
  return 0;
}
