/* Where the file comes from that an exec runs, and whether the process talks to a terminal. */
#ifndef AFTERTRACE_IMAGE_BPF_H
#define AFTERTRACE_IMAGE_BPF_H

#include "identity.bpf.h"

/* What the overlay that a file lies in says of it: AT_IMAGE_*. 0 on other file systems. */
always_inline uint32_t layer_of(struct inode *inode)
{
	struct super_block *block = get(inode, i_sb);
	if (get(block, s_magic) != OVERLAYFS_MAGIC || !bpf_core_field_exists(struct ovl_inode, __upperdentry))
		return 0;
	uint64_t address = (uint64_t)inode - bpf_core_field_offset(struct ovl_inode, vfs_inode);
	/* By address: plain loads know the types of vmlinux only, and this may be a module's. */
	if (!load_address(address + bpf_core_field_offset(struct ovl_inode, __upperdentry)))
		return 0;
	uint32_t layer = AT_IMAGE_UPPER_LAYER;
	if (bpf_core_field_exists(struct ovl_inode, oe)) {
		uint64_t entry = load_address(address + bpf_core_field_offset(struct ovl_inode, oe));
		uint64_t below = entry ? load_address(entry + bpf_core_field_offset(struct ovl_entry, __numlower)) : 0;
		if ((uint32_t)below)
			layer |= AT_IMAGE_COPIED_UP;
	}
	return layer;
}

/* 1: a terminal, 1 << 4: a socket, of descriptor 0. */
always_inline uint32_t stream_of(uint64_t file)
{
	if (!file)
		return 0;
	struct inode *inode = get(typed(file, file), f_inode);
	uint16_t type = get(inode, i_mode) & S_IFMT;
	if (type == S_IFSOCK)
		return 1 << 4;
	if (type != S_IFCHR)
		return 0;
	uint32_t device = get(inode, i_rdev), major = device >> 20;
	/* Not /dev/tty and /dev/ptmx, which are others than they seem. */
	return major == MAJOR_TERMINAL || (major == MAJOR_TERMINAL_OTHER && (device & 0xfffff) == 1) ||
	       (major >= MAJOR_PSEUDOTERMINAL && major <= MAJOR_PSEUDOTERMINAL_LAST);
}

always_inline void put_image(struct at_scratch *scratch, struct task_struct *task, struct file *executable)
{
	struct at_image *image = put_struct(scratch, at_image, AT_FIELD_IMAGE);
	if (!image)
		return;
	uint32_t origin = 0, streams = 0;
	if (executable) {
		uint64_t dentry = get_address(executable, f_path.dentry), mount = get_address(executable, f_path.mnt);
		if (is_nameless(dentry, mount))
			origin = AT_IMAGE_MEMORY;
		else {
			origin = layer_of(get(executable, f_inode));
			if (get(typed(dentry, dentry), d_hash.pprev) == 0)
				origin |= AT_IMAGE_DELETED;
		}
	}
	for (int descriptor = 0; descriptor < 3; descriptor++)
		streams |= stream_of(file_of(task, descriptor)) << descriptor;
	image->origin = origin;
	image->streams = streams;
}

#endif
