/* The names from a dentry up to the root of the task that acts: the path as that task would say it. */
#ifndef AFTERTRACE_PATH_BPF_H
#define AFTERTRACE_PATH_BPF_H

#include "field.bpf.h"

#define AT_NAME_MAX 255
/* Names and mounts passed on the way: more than any path of AT_STRING_MAX bytes that people make. */
#define AT_PATH_STEPS 512

struct at_walk {
	uint64_t dentry;
	uint64_t mount; /* struct vfsmount */
	uint64_t root_dentry;
	uint64_t root_mount;
	struct at_scratch *scratch;
	uint32_t start; /* of the content */
	uint32_t used;
	uint32_t flags;
	uint32_t done;
};

struct at_ancestry {
	uint64_t dentry;
	uint64_t mount; /* struct vfsmount */
	uint64_t mix;
};

static long ancestry_step(uint32_t step, struct at_ancestry *walk)
{
	(void)step;
	struct dentry *dentry = typed(dentry, walk->dentry);
	uint64_t parent = get_address(dentry, d_parent);
	if (walk->dentry == get_address(typed(vfsmount, walk->mount), mnt_root)) {
		uint64_t address = walk->mount - bpf_core_field_offset(struct mount, mnt);
		struct mount *mount = typed(mount, address);
		uint64_t above = get_address(mount, mnt_parent);
		walk->mix = (walk->mix ^ above) * 0x9e3779b97f4a7c15;
		if (above == address || above == 0)
			return 1;
		walk->dentry = get_address(mount, mnt_mountpoint);
		walk->mount = above + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	if (parent == walk->dentry || parent == 0)
		return 1;
	walk->mix = (walk->mix ^ get(dentry, d_name.hash_len)) * 0x9e3779b97f4a7c15 + parent;
	walk->dentry = parent;
	return 0;
}

/* Changes when anything above a file is renamed or mounted elsewhere. */
always_inline uint64_t ancestry(uint64_t dentry, uint64_t mount)
{
	struct at_ancestry walk = {.dentry = dentry, .mount = mount};
	bpf_loop(AT_PATH_STEPS, ancestry_step, &walk, 0);
	return walk.mix;
}

static long walk_step(uint32_t step, struct at_walk *walk)
{
	(void)step;
	if (walk->dentry == walk->root_dentry && walk->mount == walk->root_mount) {
		walk->done = 1;
		return 1;
	}
	struct dentry *dentry = typed(dentry, walk->dentry);
	uint64_t parent = get_address(dentry, d_parent);
	if (walk->dentry == get_address(typed(vfsmount, walk->mount), mnt_root)) {
		uint64_t address = walk->mount - bpf_core_field_offset(struct mount, mnt);
		struct mount *mount = typed(mount, address);
		uint64_t above = get_address(mount, mnt_parent);
		if (above == address || above == 0) { /* the top of another tree, or an unmounted one */
			walk->flags |= AT_FLAG_OUTSIDE_ROOT;
			walk->done = 1;
			return 1;
		}
		walk->dentry = get_address(mount, mnt_mountpoint);
		walk->mount = above + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	uint32_t start = walk->start, used = walk->used;
	if (start > AT_SCRATCH_LIMIT + sizeof(struct at_field) || used > AT_STRING_MAX - AT_NAME_MAX - 1) {
		walk->flags |= AT_FLAG_TRUNCATED;
		walk->done = 1;
		return 1;
	}
	const unsigned char *name = get(dentry, d_name.name);
	long got = bpf_probe_read_kernel_str(&walk->scratch->data[start + used], AT_NAME_MAX + 1, name);
	if (got < 1 || parent == walk->dentry || parent == 0) {
		walk->flags |= AT_FLAG_OUTSIDE_ROOT;
		walk->done = 1;
		return 1;
	}
	walk->used = used + got;
	walk->dentry = parent;
	return 0;
}

/* The components of (dentry, vfsmount), counted from the current task's root. */
__attribute__((noinline)) int put_components(struct at_scratch *scratch, uint64_t dentry, uint64_t mount, uint32_t id)
{
	if (!scratch)
		return -1;
	uint32_t at = scratch->length;
	if (at > AT_SCRATCH_LIMIT)
		return -1;
	struct task_struct *task = bpf_get_current_task_btf();
	struct at_walk walk = {
		.dentry = dentry,
		.mount = mount,
		.root_dentry = get_address(task->fs, root.dentry),
		.root_mount = get_address(task->fs, root.mnt),
		.scratch = scratch,
		.start = at + sizeof(struct at_field),
	};
	struct dentry *leaf = typed(dentry, dentry);
	if (get(leaf, d_hash.pprev) == 0 && get_address(leaf, d_parent) != dentry)
		walk.flags |= AT_FLAG_DELETED;
	bpf_loop(AT_PATH_STEPS, walk_step, &walk, 0);
	if (!walk.done)
		walk.flags |= AT_FLAG_TRUNCATED;
	return end_field(scratch, at, walk.used, id, walk.flags);
}

#endif
