/* The kernel's types, as far as the probes read them, and how they are read.
 *
 * Offsets are relocated against the running kernel's BTF when the object is loaded, so only names have to be right.
 */
#ifndef AFTERTRACE_KERNEL_BPF_H
#define AFTERTRACE_KERNEL_BPF_H

#include <linux/types.h>
#include <linux/bpf.h>
#include "probe_records.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	uint32_t val;
} at_kernel_id;

typedef struct {
	int counter;
} at_atomic;

struct qstr {
	uint64_t hash_len;
	const unsigned char *name;
};

struct file_system_type {
	const char *name;
};

struct super_block {
	uint32_t s_dev;
	unsigned long s_magic;
	struct file_system_type *s_type;
};

struct inode {
	uint16_t i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	uint32_t i_rdev;
};

/* overlayfs, from 6.5 on; before that `oe` was the dentry's. Where it is a module its types are in the module's BTF. */
struct ovl_entry {
	unsigned int __numlower;
};

struct ovl_inode {
	struct inode vfs_inode;
	struct dentry *__upperdentry;
	struct ovl_entry *oe;
};

struct hlist_bl_node {
	void *next;
	void **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	void *private_data;
	unsigned int f_flags;
	struct path f_path;
};

/* Any struct that starts with a plain 64-bit number will do to read an address: see `load_address`. */
struct timespec64 {
	int64_t tv_sec;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

struct kernfs_node {
	uint64_t id;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup_root {
	unsigned int subsys_mask;
	int hierarchy_id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct upid {
	int nr;
	void *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[0];
};

struct tty_driver {
	int major;
	int minor_start;
};

struct ktermios {
	uint32_t c_lflag;
};

struct tty_file_private {
	struct tty_struct *tty;
};

struct tty_struct {
	struct ktermios termios;
	int index;
	struct tty_driver *driver;
	char name[64];
};

struct sigaction {
	void *sa_handler;
};

struct k_sigaction {
	struct sigaction sa;
};

struct sighand_struct {
	struct k_sigaction action[64];
};

struct signal_struct {
	at_atomic live;
	int group_exit_code;
	struct task_struct *group_exec_task;
	unsigned int flags;
	struct pid *pids[4];
	struct tty_struct *tty;
	struct mm_struct *oom_mm;
};

/* From 6.3 on one 64-bit word, before that two of 32: the same bytes. Read whole. */
typedef struct {
	uint64_t val;
} at_capabilities;

struct cred {
	at_kernel_id uid;
	at_kernel_id gid;
	at_kernel_id suid;
	at_kernel_id sgid;
	at_kernel_id euid;
	at_kernel_id egid;
	at_kernel_id fsuid;
	at_kernel_id fsgid;
	at_capabilities cap_inheritable;
	at_capabilities cap_permitted;
	at_capabilities cap_effective;
	at_capabilities cap_bset;
	at_capabilities cap_ambient;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	struct file *exe_file;
};

struct thread_info {
	unsigned long flags;
	uint32_t status;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	unsigned int ptrace;
	struct mm_struct *mm;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	uint64_t start_boottime;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	struct css_set *cgroups;
	void *bpf_storage;
};

struct linux_binprm {
	const char *filename;
};

typedef struct {
	struct net *net;
} possible_net_t;

typedef struct {
	int64_t counter;
} at_atomic64;

/* Read whole, never by member. */
struct in6_addr {
	uint8_t bytes[16];
};

struct sock_common {
	uint32_t skc_daddr;
	uint32_t skc_rcv_saddr;
	uint16_t skc_dport;
	uint16_t skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	at_atomic64 skc_cookie;
};

struct sock {
	struct sock_common __sk_common;
	uint16_t sk_protocol;
	uint16_t sk_type;
	int sk_err;
	struct socket *sk_socket;
};

struct socket {
	short type;
	struct file *file;
	struct sock *sk;
};

struct sockaddr_un {
	uint16_t sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct sock *peer;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bp, bx, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	uint64_t regs[31];
	uint64_t orig_x0;
	int32_t syscallno;
};
#endif

struct bpf_iter_meta {
	struct seq_file *seq;
	uint64_t session_id;
	uint64_t seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000
#define ANON_INODE_FS_MAGIC 0x09041934
#define OVERLAYFS_MAGIC 0x794c7630
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_LISTEN 10
#define AT_FDCWD (-100)
#define EFAULT 14
#define EINPROGRESS 115
#define ENOSYS 38
#define PF_KTHREAD 0x00200000
#define SIGNAL_GROUP_EXIT 0x4

#define always_inline static __attribute__((always_inline)) inline

/* Two ways to read kernel memory. Typed pointers are read with plain loads, which fault to zero; a bare address becomes
 * a typed pointer through bpf_rdonly_cast (Linux 6.2). Before that, each read is a call: 5 ns against 1.
 *
 * `get_address` reads a pointer as a number, which is what may be compared, mixed and passed on: the verifier forbids
 * arithmetic on what it knows to be a pointer. */
#ifndef AT_READS_BY_CALL
extern void *bpf_rdonly_cast(const void *address, uint32_t type) __ksym;
#define typed(type, address) \
	((struct type *)bpf_rdonly_cast((const void *)(address), bpf_core_type_id_kernel(struct type)))
#define get(pointer, field) ((pointer)->field)
#define load_address(address) ((uint64_t)typed(timespec64, address)->tv_sec)
#define get_address(pointer, field) load_address(&(pointer)->field)
#else
#define typed(type, address) ((struct type *)(address))
#define get(pointer, field)                                                        \
	({                                                                         \
		typeof(pointer) pointer_ = (pointer);                              \
		typeof(pointer_->field) value_;                                    \
		bpf_core_read(&value_, sizeof(value_), &pointer_->field);          \
		value_;                                                            \
	})
#define get_address(pointer, field) ((uint64_t)get(pointer, field))
always_inline uint64_t load_address(uint64_t address)
{
	uint64_t value = 0;
	bpf_probe_read_kernel(&value, sizeof(value), (const void *)address);
	return value;
}
#endif

/* The number of a pid inside its innermost namespace. */
always_inline uint32_t innermost_number(uint64_t pid)
{
	uint32_t number = 0;
	uint32_t level = get(typed(pid, pid), level) & 31;
	uint64_t at = pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&number, sizeof(number), (const void *)at);
	return number;
}

#endif
