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
uint32_t at_thread_number(void);
/* Opens `path` (O_PATH) by a request to io_uring and closes it again. 0, or a negative error. */
int at_open_by_ring(const char *path);
/* Fails with EEXIST where rename(2) would replace. */
int at_rename_exclusively(const char *path, const char *new_path);
/* openat2 with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS: whatever the path says, it stays below the directory. */
int at_open_in_root(int directory, const char *path, int flags);
long at_splice(int from, int to, unsigned long count);

/* Moves the calling thread into the network namespace. */
int at_enter_network_namespace(int descriptor);
uint64_t at_load_acquire_u64(const void *address);
void at_store_release_u64(void *address, uint64_t value);
uint32_t at_load_acquire_u32(const void *address);

/* Sockets. */
int at_accept(int listener);
/* A netlink socket in these multicast groups (one bit a group), which never blocks. */
int at_netlink(int protocol, uint32_t groups, int receive_buffer);
/* Drops, in the kernel, messages about connections that no NAT changes: of NETLINK_NETFILTER. */
int at_keep_translated(int socket);
int at_peer(int socket, int32_t *pid, uint32_t *user);
#endif
