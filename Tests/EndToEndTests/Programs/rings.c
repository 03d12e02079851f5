/* Asks io_uring for one thing of each kind, by its own system calls: liburing is not needed to show what the kernel sees. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/stat.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Younger than the headers. */
enum { RING_FTRUNCATE = 55, RING_BIND = 56, RING_LISTEN = 57 };

struct openat2_how {
  unsigned long long flags, mode, resolve;
};

static int ring;
static struct io_uring_params about;
static char *asked, *told;
static struct io_uring_sqe *requests;

static void make_ring(unsigned flags) {
  memset(&about, 0, sizeof(about));
  about.flags = flags;
  about.sq_thread_idle = 1000;
  ring = (int)syscall(SYS_io_uring_setup, 8, &about);
  if (ring < 0) {
    perror("io_uring_setup");
    exit(77);
  }
  asked = mmap(0, about.sq_off.array + about.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  told = mmap(0, about.cq_off.cqes + about.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
              IORING_OFF_CQ_RING);
  requests = mmap(0, about.sq_entries * sizeof(*requests), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
}

#define WORD(base, offset) ((unsigned *)((base) + (offset)))

static unsigned waiting;

static struct io_uring_sqe *next(int operation, int descriptor) {
  unsigned tail = *WORD(asked, about.sq_off.tail) + waiting;
  unsigned place = tail & (about.sq_entries - 1);
  WORD(asked, about.sq_off.array)[place] = place;
  memset(&requests[place], 0, sizeof(*requests));
  requests[place].opcode = operation;
  requests[place].fd = descriptor;
  requests[place].user_data = operation;
  waiting++;
  return &requests[place];
}

static void hand_in(void) {
  unsigned count = waiting;
  waiting = 0;
  __atomic_store_n(WORD(asked, about.sq_off.tail), *WORD(asked, about.sq_off.tail) + count, __ATOMIC_RELEASE);
  if (about.flags & IORING_SETUP_SQPOLL) {
    if (__atomic_load_n(WORD(asked, about.sq_off.flags), __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)
      syscall(SYS_io_uring_enter, ring, 0, 0, IORING_ENTER_SQ_WAKEUP, 0, 0);
  } else
    syscall(SYS_io_uring_enter, ring, count, 0, 0, 0, 0);
}

static int result(void) {
  unsigned head = *WORD(told, about.cq_off.head);
  while (__atomic_load_n(WORD(told, about.cq_off.tail), __ATOMIC_ACQUIRE) == head)
    syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, 0, 0);
  int value = ((struct io_uring_cqe *)(told + about.cq_off.cqes))[head & (about.cq_entries - 1)].res;
  __atomic_store_n(WORD(told, about.cq_off.head), head + 1, __ATOMIC_RELEASE);
  return value;
}

static int act(void) {
  hand_in();
  return result();
}

static int open_file(const char *path, int flags) {
  struct io_uring_sqe *request = next(IORING_OP_OPENAT, AT_FDCWD);
  request->addr = (unsigned long)path;
  request->open_flags = flags;
  request->len = 0640;
  return act();
}

static int two_names(int operation, const char *from, const char *to, unsigned flags) {
  struct io_uring_sqe *request = next(operation, AT_FDCWD);
  request->addr = (unsigned long)from;
  request->off = (unsigned long)to;
  request->len = AT_FDCWD;
  request->rename_flags = flags;
  return act();
}

static int transfer(int operation, int descriptor, const void *buffer, unsigned length, long long offset) {
  struct io_uring_sqe *request = next(operation, descriptor);
  request->addr = (unsigned long)buffer;
  request->len = length;
  request->off = offset;
  return act();
}

static void files(void) {
  char buffer[64] = {0};
  chdir("/tmp");
  int file = open_file("written", O_CREAT | O_RDWR);
  transfer(IORING_OP_WRITE, file, "first words", 11, 0);
  transfer(IORING_OP_READ, file, buffer, 32, 6);
  struct iovec parts[2] = {{"one", 3}, {"three", 5}};
  transfer(IORING_OP_WRITEV, file, parts, 2, 0);
  struct iovec room[2] = {{buffer, 2}, {buffer + 8, 6}};
  transfer(IORING_OP_READV, file, room, 2, 0);
  next(IORING_OP_FSYNC, file);
  act();
  struct io_uring_sqe *request = next(IORING_OP_FALLOCATE, file);
  request->addr = 4096;
  act();
  request = next(RING_FTRUNCATE, file);
  request->off = 5;
  act();
  next(IORING_OP_CLOSE, file);
  act();
  struct openat2_how how = {O_RDONLY, 0, 0};
  request = next(IORING_OP_OPENAT2, AT_FDCWD);
  request->addr = (unsigned long)"/tmp/written";
  request->len = sizeof(how);
  request->off = (unsigned long)&how;
  file = act();
  struct statx status;
  request = next(IORING_OP_STATX, AT_FDCWD);
  request->addr = (unsigned long)"written";
  request->len = STATX_SIZE;
  request->off = (unsigned long)&status;
  act();
  request = next(IORING_OP_MKDIRAT, AT_FDCWD);
  request->addr = (unsigned long)"made";
  request->len = 0750;
  act();
  two_names(IORING_OP_RENAMEAT, "written", "made/moved", 0);
  two_names(IORING_OP_LINKAT, "made/moved", "hard", 0);
  request = next(IORING_OP_SYMLINKAT, AT_FDCWD);
  request->addr = (unsigned long)"where/to";
  request->off = (unsigned long)"soft";
  act();
  int ends[2];
  pipe(ends);
  request = next(IORING_OP_SPLICE, ends[1]);
  request->splice_fd_in = file;
  request->splice_off_in = 0;
  request->off = -1;
  request->len = 5;
  act();
  request = next(IORING_OP_UNLINKAT, AT_FDCWD);
  request->addr = (unsigned long)"hard";
  act();
  request = next(IORING_OP_UNLINKAT, AT_FDCWD);
  request->addr = (unsigned long)"/tmp/not-there";
  act();
  request = next(IORING_OP_OPENAT, AT_FDCWD);
  request->addr = 8;
  act();
  next(IORING_OP_NOP, -1);
  act();
}

static int make_socket(int type) {
  struct io_uring_sqe *request = next(IORING_OP_SOCKET, AF_INET);
  request->off = type;
  return act();
}

static void sockets(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(4711), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char buffer[64];
  int listener = make_socket(SOCK_STREAM | SOCK_CLOEXEC);
  struct io_uring_sqe *request = next(RING_BIND, listener);
  request->addr = (unsigned long)&address;
  request->addr2 = sizeof(address);
  if (act() < 0) bind(listener, (void *)&address, sizeof(address));
  request = next(RING_LISTEN, listener);
  request->len = 7;
  if (act() < 0) listen(listener, 7);
  int caller = make_socket(SOCK_STREAM);
  request = next(IORING_OP_CONNECT, caller);
  request->addr = (unsigned long)&address;
  request->off = sizeof(address);
  act();
  next(IORING_OP_ACCEPT, listener);
  int accepted = act();
  transfer(IORING_OP_SEND, caller, "through a ring", 14, 0);
  transfer(IORING_OP_RECV, accepted, buffer, 40, 0);
  struct iovec part = {"a message", 9};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  transfer(IORING_OP_SENDMSG, accepted, &message, 1, 0);
  struct iovec room = {buffer, 33};
  struct msghdr taken = {.msg_iov = &room, .msg_iovlen = 1};
  transfer(IORING_OP_RECVMSG, caller, &taken, 1, 0);
  request = next(IORING_OP_SHUTDOWN, caller);
  request->len = SHUT_WR;
  act();
  /* Two results of one request. */
  request = next(IORING_OP_ACCEPT, listener);
  request->ioprio = IORING_ACCEPT_MULTISHOT;
  hand_in();
  for (int i = 0; i < 2; i++) {
    int other = socket(AF_INET, SOCK_STREAM, 0);
    connect(other, (void *)&address, sizeof(address));
    close(result());
  }
  int datagram = make_socket(SOCK_DGRAM);
  address.sin_port = htons(53);
  struct msghdr question = {.msg_iov = &part, .msg_iovlen = 1, .msg_name = &address, .msg_namelen = sizeof(address)};
  transfer(IORING_OP_SENDMSG, datagram, &question, 1, 0);
}

/* The second is only begun when the first is done; the third is not, for it fails. */
static void linked(void) {
  struct io_uring_sqe *request = next(IORING_OP_MKDIRAT, AT_FDCWD);
  request->addr = (unsigned long)"/tmp/linked-first";
  request->len = 0700;
  request->flags = IOSQE_IO_LINK;
  request = next(IORING_OP_READ, 99);
  request->flags = IOSQE_IO_LINK;
  request = next(IORING_OP_MKDIRAT, AT_FDCWD);
  request->addr = (unsigned long)"/tmp/linked-third";
  hand_in();
  for (int i = 0; i < 3; i++) result();
  /* Nothing tells that this is done. */
  request = next(IORING_OP_MKDIRAT, AT_FDCWD);
  request->addr = (unsigned long)"/tmp/silent";
  request->flags = IOSQE_CQE_SKIP_SUCCESS;
  hand_in();
  usleep(50000);
  /* By a slot of the ring's own table. */
  int slots[2] = {open("/etc/passwd", O_RDONLY), -1};
  syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, slots, 2);
  char buffer[16];
  request = next(IORING_OP_READ, 0);
  request->addr = (unsigned long)buffer;
  request->len = 9;
  request->flags = IOSQE_FIXED_FILE;
  act();
  request = next(IORING_OP_OPENAT, AT_FDCWD);
  request->addr = (unsigned long)"/etc/group";
  request->file_index = 2;
  act();
  /* Done by a thread of the kernel for this process. */
  int file = open("/tmp/by-worker", O_CREAT | O_WRONLY, 0600);
  request = next(IORING_OP_WRITE, file);
  request->addr = (unsigned long)"worker";
  request->len = 6;
  request->flags = IOSQE_ASYNC;
  act();
}

/* Asks for what never comes, and goes. */
static void orphan(void) {
  int ends[2];
  pipe(ends);
  char byte;
  if (fork() == 0) {
    make_ring(0);
    struct io_uring_sqe *request = next(IORING_OP_READ, ends[0]);
    request->addr = (unsigned long)&byte;
    request->len = 1;
    hand_in();
    _exit(0);
  }
  wait(0);
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "";
  make_ring(strcmp(what, "polled") ? 0 : IORING_SETUP_SQPOLL);
  if (!strcmp(what, "sockets")) sockets();
  else if (!strcmp(what, "linked")) linked();
  else if (!strcmp(what, "orphan")) orphan();
  else files();
  return 0;
}
