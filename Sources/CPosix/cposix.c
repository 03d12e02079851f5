#define _GNU_SOURCE
#include "cposix.h"
#include <sched.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

uint64_t at_load_acquire_u64(const void *address) { return __atomic_load_n((const uint64_t *)address, __ATOMIC_ACQUIRE); }
void at_store_release_u64(void *address, uint64_t value) { __atomic_store_n((uint64_t *)address, value, __ATOMIC_RELEASE); }
uint32_t at_load_acquire_u32(const void *address) { return __atomic_load_n((const uint32_t *)address, __ATOMIC_ACQUIRE); }
int at_open_in_root(int directory, const char *path, int flags) {
  struct open_how how = {.flags = flags, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  return syscall(SYS_openat2, directory, path, &how, sizeof(how));
}
long at_splice(int from, int to, unsigned long count) { return splice(from, NULL, to, NULL, count, 0); }
uint32_t at_thread_number(void) { return (uint32_t)gettid(); }
int at_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int at_rename_exclusively(const char *path, const char *new_path) {
  int result = renameat2(AT_FDCWD, path, AT_FDCWD, new_path, RENAME_NOREPLACE);
  if (result == 0 || errno != EINVAL) return result;
  /* A file system without the flag: look first, which is as good where nobody else makes names. */
  if (faccessat(AT_FDCWD, new_path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    return -1;
  }
  return rename(path, new_path);
}

int at_enter_network_namespace(int descriptor) { return setns(descriptor, CLONE_NEWNET); }
