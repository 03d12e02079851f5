/* What rules look for, one deed a call: deeds NAME [ARGUMENT…]. Harmless ones of the same kind stand beside them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static struct sockaddr_in place(const char *address, int port) {
  struct sockaddr_in result = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, address, &result.sin_addr);
  return result;
}

static int connected(const char *address, int port) {
  struct sockaddr_in to = place(address, port);
  int handle = socket(AF_INET, SOCK_STREAM, 0);
  connect(handle, (struct sockaddr *)&to, sizeof to);
  return handle;
}

/* Listens at an address, and connects to it. */
static int loop(const char *address, int port) {
  struct sockaddr_in to = place(address, port);
  int listening = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bind(listening, (struct sockaddr *)&to, sizeof to);
  listen(listening, 1);
  return connected(address, port);
}

/* A copy of busybox in memory alone. */
static int image(void) {
  int handle = memfd_create("image", MFD_CLOEXEC);
  int source = open("/bin/busybox", O_RDONLY);
  char bytes[65536];
  ssize_t got;
  while ((got = read(source, bytes, sizeof bytes)) > 0) write(handle, bytes, got);
  close(source);
  return handle;
}

static pid_t sleeper(void) {
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  return child;
}

static void finish(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

/* As NAME, starts the program that follows and waits for it. */
static void start_as(char **words) {
  prctl(PR_SET_NAME, words[0]);
  pid_t child = fork();
  if (child == 0) {
    execve(words[1], words + 1, environ);
    _exit(127);
  }
  waitpid(child, NULL, 0);
}

/* The same on a terminal of its own. */
static void start_on_terminal(char **words) {
  int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY);
  int number = 0, locked = 0;
  char path[32];
  ioctl(master, TIOCGPTN, &number);
  ioctl(master, TIOCSPTLCK, &locked);
  snprintf(path, sizeof path, "/dev/pts/%d", number);
  pid_t child = fork();
  if (child == 0) {
    setsid();
    int terminal = open(path, O_RDWR);
    ioctl(terminal, TIOCSCTTY, 0);
    for (int stream = 0; stream < 3; stream++) dup2(terminal, stream);
    start_as(words);
    _exit(0);
  }
  write(master, "exit\n", 5);
  waitpid(child, NULL, 0);
}

/* Looks a name up at a server of its own, is told an address, and connects to it. */
static void look_up(const char *name, const char *address, int port) {
  struct sockaddr_in server = place("127.0.0.1", 53), client;
  int serving = socket(AF_INET, SOCK_DGRAM, 0), asking = socket(AF_INET, SOCK_DGRAM, 0);
  bind(serving, (struct sockaddr *)&server, sizeof server);
  connect(asking, (struct sockaddr *)&server, sizeof server);
  unsigned char packet[512] = {0x12, 0x34, 1, 0, 0, 1}, *out = packet + 12;
  while (*name) {
    int length = strcspn(name, ".");
    *out++ = length;
    memcpy(out, name, length);
    out += length;
    name += length + (name[length] == '.');
  }
  *out++ = 0;
  memcpy(out, "\0\1\0\1", 4);
  out += 4;
  send(asking, packet, out - packet, 0);
  socklen_t size = sizeof client;
  unsigned char question[512];
  recvfrom(serving, question, sizeof question, 0, (struct sockaddr *)&client, &size);
  packet[2] = 0x81;
  packet[3] = 0x80;
  packet[7] = 1;
  memcpy(out, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12);
  inet_pton(AF_INET, address, out + 12);
  sendto(serving, packet, out + 16 - packet, 0, (struct sockaddr *)&client, size);
  recv(asking, question, sizeof question, 0);
  connected(address, port);
}

int main(int count, char **words) {
  const char *deed = count > 1 ? words[1] : "";
  char **rest = words + 2;
  char *true_words[] = {"true", NULL};
  int value = 1, copy = 0;
  struct iovec from = {&value, sizeof value}, to = {&copy, sizeof copy};
#define IS(name) (strcmp(deed, name) == 0)
  if (IS("memfd")) fexecve(image(), true_words, environ);
  if (IS("memfd-only")) close(image());
  if (IS("socket-shell")) {
    char *shell[] = {"sh", NULL};
    dup2(loop("127.0.0.1", 4444), 0);
    shutdown(0, SHUT_RD);
    execve("/bin/sh", shell, environ);
  }
  if (IS("socket-copy")) dup2(loop("127.0.0.1", 4445), 9);
  if (IS("as")) start_as(rest);
  if (IS("on-terminal")) start_on_terminal(rest);
  if (IS("as-user")) {
    setuid(atoi(rest[0]));
    start_as(rest + 1);
  }
  if (IS("open")) {
    pid_t child = fork();
    if (child == 0) _exit(open(rest[0], O_RDONLY) < 0);
    waitpid(child, NULL, 0);
  }
  if (IS("open-late")) {
    prctl(PR_SET_NAME, rest[0]);
    usleep(atoi(rest[2]) * 1000);
    open(rest[1], O_RDONLY);
  }
  if (IS("unix")) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strncpy(to.sun_path, rest[0], sizeof to.sun_path - 1);
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to);
  }
  if (IS("connect")) connected(rest[0], atoi(rest[1]));
  if (IS("ssh")) {
    if (strcmp(words[0], "ssh") == 0) {
      loop(rest[0], atoi(rest[1]));
    } else {
      words[0] = "ssh";
      execve("/bin/deeds", words, environ);
    }
  }
  if (IS("look-up")) look_up(rest[0], rest[1], atoi(rest[2]));
  if (IS("packet-socket")) socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  if (IS("ptrace")) {
    pid_t child = sleeper();
    ptrace(PTRACE_ATTACH, child, NULL, NULL);
    waitpid(child, NULL, 0);
    ptrace(PTRACE_DETACH, child, NULL, NULL);
    finish(child);
  }
  if (IS("traceme")) {
    pid_t child = fork();
    if (child == 0) _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0);
    waitpid(child, NULL, 0);
  }
  if (IS("vm-write") || IS("vm-read")) {
    pid_t child = sleeper();
    if (IS("vm-write")) {
      process_vm_writev(child, &from, 1, &to, 1, 0);
    } else {
      process_vm_readv(child, &to, 1, &from, 1, 0);
    }
    finish(child);
  }
  if (IS("module")) syscall(SYS_init_module, "no module", 9, "");
  if (IS("bpf")) {
    union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER};
    syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
  }
  if (IS("bpf-map")) {
    union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY};
    syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
  }
  if (IS("ring")) {
    struct io_uring_params parameters = {0};
    return syscall(SYS_io_uring_setup, 2, &parameters) < 0;
  }
  if (IS("epoll")) epoll_create1(0);
  return 0;
}
