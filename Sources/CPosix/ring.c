#define _GNU_SOURCE
#include "cposix.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *map(int ring, size_t size, off_t what) {
  void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);
  return memory == MAP_FAILED ? 0 : memory;
}

int at_open_by_ring(const char *path) {
  struct io_uring_params about = {0};
  int ring = (int)syscall(SYS_io_uring_setup, 1, &about);
  if (ring < 0) return -errno;
  size_t asked_size = about.sq_off.array + about.sq_entries * sizeof(unsigned);
  size_t told_size = about.cq_off.cqes + about.cq_entries * sizeof(struct io_uring_cqe);
  size_t requests_size = about.sq_entries * sizeof(struct io_uring_sqe);
  char *asked = map(ring, asked_size, IORING_OFF_SQ_RING), *told = map(ring, told_size, IORING_OFF_CQ_RING);
  struct io_uring_sqe *request = map(ring, requests_size, IORING_OFF_SQES);
  int result = -ENOMEM;
  if (asked && told && request) {
    request->opcode = IORING_OP_OPENAT;
    request->fd = AT_FDCWD;
    request->addr = (unsigned long)path;
    request->open_flags = O_PATH | O_CLOEXEC;
    *(unsigned *)(asked + about.sq_off.array) = 0;
    __atomic_store_n((unsigned *)(asked + about.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) < 0)
      result = -errno;
    else if (__atomic_load_n((unsigned *)(told + about.cq_off.tail), __ATOMIC_ACQUIRE) == 0)
      result = -EAGAIN;
    else
      result = ((struct io_uring_cqe *)(told + about.cq_off.cqes))->res;
  }
  if (result >= 0) {
    close(result);
    result = 0;
  }
  if (asked) munmap(asked, asked_size);
  if (told) munmap(told, told_size);
  if (request) munmap(request, requests_size);
  close(ring);
  return result;
}
