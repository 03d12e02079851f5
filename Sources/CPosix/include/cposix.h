/* What Glibc's Swift module leaves out. Never _GNU_SOURCE here: it breaks that module; wrappers live in cposix.c. */
#ifndef AFTERTRACE_CPOSIX_H
#define AFTERTRACE_CPOSIX_H
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/types.h>

int at_memory_file(const char *name);
/* Fails with EEXIST where rename(2) would replace. */
int at_rename_exclusively(const char *path, const char *new_path);
uint64_t at_load_acquire_u64(const void *address);
void at_store_release_u64(void *address, uint64_t value);
uint32_t at_load_acquire_u32(const void *address);

/* Sockets. */
int at_accept(int listener);
int at_peer(int socket, int32_t *pid, uint32_t *user);
#endif
