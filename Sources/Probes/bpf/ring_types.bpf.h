/* io_uring's types, as far as the probes read them. Each may be missing or differ: whoever uses one asks first. */
#ifndef AFTERTRACE_RING_TYPES_BPF_H
#define AFTERTRACE_RING_TYPES_BPF_H

#include "kernel.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct filename {
	const char *name;
};

struct io_cmd_data {
	struct file *file;
};

struct io_cqe {
	uint64_t user_data;
	int32_t res;
	int fd;
};

struct io_uring_task {
	struct task_struct *task;
};

struct io_ring_ctx;

struct io_kiocb {
	struct file *file;
	struct io_cmd_data cmd;
	uint8_t opcode;
	uint64_t flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	struct io_uring_task *tctx;
	struct task_struct *task; /* before 6.12 */
	void *async_data;
};

struct io_uring_cqe {
	uint64_t user_data;
	int32_t res;
};

struct open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};

struct io_open {
	int dfd;
	uint32_t file_slot;
	struct filename *filename;
	struct open_how how;
};

struct io_statx {
	int dfd;
	unsigned int mask;
	unsigned int flags;
	struct filename *filename;
};

struct io_unlink {
	int dfd;
	int flags;
	struct filename *filename;
};

struct io_mkdir {
	int dfd;
	uint16_t mode;
	struct filename *filename;
};

struct io_rename {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};

struct io_link {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};

struct io_connect {
	void *addr;
	int addr_len;
};

struct io_bind {
	int addr_len;
};

struct io_listen {
	int backlog;
};

struct io_shutdown {
	int how;
};

struct io_socket {
	int domain;
	int type;
	int protocol;
	int flags;
	uint32_t file_slot;
};

struct io_accept {
	int flags;
	int iou_flags;
	uint32_t file_slot;
};

struct io_close {
	int fd;
	uint32_t file_slot;
};

struct io_splice {
	uint64_t len;
	int splice_fd_in;
	unsigned int flags;
};

struct io_sync {
	int64_t len;
	int64_t off;
	int mode;
};

struct io_ftrunc {
	int64_t len;
};

struct io_epoll {
	int epfd;
	int op;
	int fd;
};

struct kiocb {
	int64_t ki_pos;
};

struct io_rw {
	struct kiocb kiocb;
	uint64_t addr;
	uint32_t len;
};

struct io_sr_msg {
	void *buf;
	int len;
	uint16_t flags;
};

struct iov_iter {
	unsigned long count;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	struct iov_iter msg_iter;
};

struct __kernel_sockaddr_storage {
	uint16_t ss_family;
};

struct io_async_msghdr {
	struct msghdr msg;
	struct __kernel_sockaddr_storage addr;
};

#pragma clang attribute pop

/* IORING_OP_*: the user's interface, and so for ever. */
enum at_ring_opcode {
	RING_READV = 1,
	RING_WRITEV = 2,
	RING_READ_FIXED = 4,
	RING_WRITE_FIXED = 5,
	RING_SENDMSG = 9,
	RING_RECVMSG = 10,
	RING_ACCEPT = 13,
	RING_CONNECT = 16,
	RING_FALLOCATE = 17,
	RING_OPENAT = 18,
	RING_CLOSE = 19,
	RING_STATX = 21,
	RING_READ = 22,
	RING_WRITE = 23,
	RING_SEND = 26,
	RING_RECV = 27,
	RING_OPENAT2 = 28,
	RING_EPOLL_CTL = 29,
	RING_SPLICE = 30,
	RING_TEE = 33,
	RING_SHUTDOWN = 34,
	RING_RENAMEAT = 35,
	RING_UNLINKAT = 36,
	RING_MKDIRAT = 37,
	RING_SYMLINKAT = 38,
	RING_LINKAT = 39,
	RING_SOCKET = 45,
	RING_SEND_ZC = 47,
	RING_SENDMSG_ZC = 48,
	RING_READ_MULTISHOT = 49,
	RING_FTRUNCATE = 55,
	RING_BIND = 56,
	RING_LISTEN = 57,
};

/* Those with names, addresses or files that are gone when they are complete. */
#define RING_TOLD_EARLY                                                                                            \
	(1ull << RING_OPENAT | 1ull << RING_OPENAT2 | 1ull << RING_CLOSE | 1ull << RING_STATX | 1ull << RING_RENAMEAT | \
	 1ull << RING_UNLINKAT | 1ull << RING_MKDIRAT | 1ull << RING_SYMLINKAT | 1ull << RING_LINKAT |             \
	 1ull << RING_CONNECT | 1ull << RING_BIND | 1ull << RING_SEND | 1ull << RING_SEND_ZC |                     \
	 1ull << RING_SENDMSG | 1ull << RING_SENDMSG_ZC | 1ull << RING_SPLICE | 1ull << RING_TEE)

/* req->flags begins with the IOSQE_* of the submission. */
#define REQUEST_FIXED_FILE (1u << 0)
#define REQUEST_SILENT (1u << 6)
#define AF_GREATEST 64
#define SPLICE_IN_IS_SLOT (1u << 31)
#define RECV_MULTISHOT (1u << 1)
#define ACCEPT_MULTISHOT (1u << 0)

#endif
