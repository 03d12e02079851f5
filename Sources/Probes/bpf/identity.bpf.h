/* Which file a descriptor means, and the one record that says what that file is called.
 *
 * The key is taken afresh on each call from the task's own table, so a table that changed by dup, fork, exec, close or
 * descriptor passing cannot mislead. It holds the name's hash and the parent: a rename makes another key. The names above
 * are read again after a rename by a recorded process, and always for what was just opened: a directory renamed by
 * someone unrecorded leaves a descriptor that is already open with the path that it was opened by. It also holds the mount, the cgroup and the task's root, so that a
 * definition is told to each container in that container's words.
 */
#ifndef AFTERTRACE_IDENTITY_BPF_H
#define AFTERTRACE_IDENTITY_BPF_H

#include "path.bpf.h"
#include "socket.bpf.h"

struct at_subject {
	struct at_file_key key;
	uint64_t mount; /* struct vfsmount */
	uint64_t cgroup;
	uint64_t fresh; /* just opened, or the start of a path: not from the CPU's cache */
	struct at_file file; /* out */
};

#define MIX 0x9e3779b97f4a7c15

always_inline uint8_t file_type(uint16_t mode, unsigned long magic)
{
	if (magic == ANON_INODE_FS_MAGIC)
		return AT_FILE_ANONYMOUS;
	switch (mode & S_IFMT) {
	case S_IFREG: return AT_FILE_REGULAR;
	case S_IFDIR: return AT_FILE_DIRECTORY;
	case S_IFCHR: return AT_FILE_CHARACTER;
	case S_IFBLK: return AT_FILE_BLOCK;
	case S_IFIFO: return AT_FILE_PIPE;
	case S_IFSOCK: return AT_FILE_SOCKET;
	case S_IFLNK: return AT_FILE_SYMLINK;
	}
	return AT_FILE_ANONYMOUS;
}

/* A file that no directory holds: a pipe, an eventfd, a memfd, a namespace. */
always_inline int is_nameless(uint64_t address, uint64_t mount)
{
	return get_address(typed(dentry, address), d_parent) == address &&
	       get_address(typed(vfsmount, mount), mnt_root) != address;
}

always_inline void put_pseudo_name(struct at_scratch *scratch, struct at_subject *subject)
{
	struct dentry *dentry = typed(dentry, subject->key.dentry);
	uint64_t name = get_address(dentry, d_name.name);
	uint32_t length = get(dentry, d_name.hash_len) >> 32;
	/* A namespace and a pidfd are called "/", which is the name of what has none. */
	if (length > 1) {
		put_kernel_string(scratch, name, AT_FIELD_NAME);
		return;
	}
	uint32_t at = scratch->length;
	if (at > AT_SCRATCH_LIMIT)
		return;
	char *content = (char *)&scratch->data[at + sizeof(struct at_field)];
	static const char of_pipe[] = "pipe:[%llu]", of_other[] = "%s:[%llu]";
	long got;
	if (subject->file.type == AT_FILE_PIPE) {
		uint64_t values[1] = {subject->key.inode};
		got = bpf_snprintf(content, 64, of_pipe, values, sizeof(values));
	} else {
		struct super_block *block = get(get(dentry, d_inode), i_sb);
		struct file_system_type *type = get(block, s_type);
		uint64_t values[2] = {get_address(type, name), subject->key.inode};
		got = bpf_snprintf(content, 64, of_other, values, sizeof(values));
	}
	if (got > 1 && got <= 64)
		end_field(scratch, at, got - 1, AT_FIELD_NAME, 0);
}

#define MAJOR_MEMORY 1
#define MAJOR_TERMINAL 4
#define MAJOR_TERMINAL_OTHER 5
#define MAJOR_PSEUDOTERMINAL 136
#define MAJOR_PSEUDOTERMINAL_LAST 143

/* What the bytes are that go through the file. */
always_inline uint8_t payload_class(struct at_subject *subject, struct inode *inode)
{
	uint32_t major = 0;
	switch (subject->file.type) {
	case AT_FILE_REGULAR:
	case AT_FILE_BLOCK:
	case AT_FILE_PIPE: return AT_PAYLOAD_FILE;
	case AT_FILE_SOCKET:
		return subject->key.file && has_port(sock_of(subject->key.file), 53) ? AT_PAYLOAD_DNS : AT_PAYLOAD_SOCKET;
	case AT_FILE_CHARACTER:
		major = get(inode, i_rdev) >> 20;
		if (major == MAJOR_MEMORY)
			return AT_PAYLOAD_NONE;
		if (major == MAJOR_TERMINAL || major == MAJOR_TERMINAL_OTHER ||
		    (major >= MAJOR_PSEUDOTERMINAL && major <= MAJOR_PSEUDOTERMINAL_LAST))
			return AT_PAYLOAD_TERMINAL;
		return AT_PAYLOAD_FILE;
	}
	return AT_PAYLOAD_NONE;
}

/* Sends the definition; the file has its id only when that worked. */
always_inline int send_definition(struct at_subject *subject, uint64_t id)
{
	struct at_scratch *scratch = take_scratch(scratch_definitions);
	if (!scratch)
		return -1;
	struct task_struct *task = bpf_get_current_task_btf();
	struct at_definition *definition = (struct at_definition *)scratch->data;
	definition->file = subject->file;
	definition->file.id = id;
	definition->open_flags = subject->key.file ? get(typed(file, subject->key.file), f_flags) : 0;
	definition->unused = 0;
	scratch->length = sizeof(*definition);
	if (subject->file.type == AT_FILE_SOCKET && subject->key.file)
		put_socket(scratch, subject->key.file, 1);
	else if (is_nameless(subject->key.dentry, subject->mount))
		put_pseudo_name(scratch, subject);
	else
		put_components(scratch, subject->key.dentry, subject->mount, AT_FIELD_COMPONENTS);
	fill_header(&definition->header, task, subject->cgroup, scratch->flags, -1, 0, AT_FORM_DEFINITION,
		    AT_LANE_ACTIVITY);
	return output_scratch(scratch, AT_LANE_ACTIVITY);
}

/* The slow half: what was not in this CPU's cache, or was put there before the last rename. Fills subject->file, id 0 when its definition could not be sent. */
__attribute__((noinline)) int resolve(struct at_subject *subject, uint32_t slot)
{
	if (!subject)
		return 0;
	uint32_t zero = 0;
	struct at_processor *processor = bpf_map_lookup_elem(&processor_map, &zero);
	if (!processor)
		return 0;
	uint64_t generation = *(volatile uint64_t *)&renames; /* before the names are read */
	subject->key.ancestors = ancestry(subject->key.dentry, subject->mount);
	struct at_file *known = bpf_map_lookup_elem(&definitions, &subject->key);
	if (known) {
		subject->file = *known;
	} else {
		struct dentry *dentry = typed(dentry, subject->key.dentry);
		struct inode *inode = subject->key.file ? get(typed(file, subject->key.file), f_inode) :
							   get(dentry, d_inode);
		struct super_block *block = get(inode, i_sb);
		subject->file.inode = subject->key.inode;
		subject->file.device = get(block, s_dev);
		subject->file.mode = get(inode, i_mode);
		subject->file.type = file_type(subject->file.mode, get(block, s_magic));
		subject->file.payload_class = payload_class(subject, inode);
		uint64_t id = (uint64_t)(bpf_get_smp_processor_id() + 1) << 44 | ++processor->issued;
		if ((configuration.testing & AT_TESTING_LOSE_DEFINITIONS) || send_definition(subject, id) < 0) {
			count_loss(subject->cgroup, AT_LANE_ACTIVITY, AT_LOSS_DEFINITION);
			return 0;
		}
		subject->file.id = id;
		bpf_map_update_elem(&definitions, &subject->key, &subject->file, BPF_ANY);
	}
	struct at_cache_slot *kept = &processor->slots[slot & (AT_CACHE_SLOTS - 1)];
	kept->key = subject->key;
	kept->file = subject->file;
	kept->generation = generation;
	return 0;
}

/* Looks the subject's key up in this CPU's cache, then everywhere. */
always_inline void identify(struct at_subject *subject)
{
	uint64_t mix = (subject->key.file ^ subject->key.dentry ^ subject->key.name) * MIX;
	uint32_t slot = mix >> 56;
	uint32_t zero = 0;
	struct at_processor *processor = bpf_map_lookup_elem(&processor_map, &zero);
	if (processor) {
		struct at_cache_slot *kept = &processor->slots[slot & (AT_CACHE_SLOTS - 1)];
		if (kept->key.file == subject->key.file && kept->key.dentry == subject->key.dentry &&
		    kept->key.name == subject->key.name && kept->key.inode == subject->key.inode &&
		    kept->generation == *(volatile uint64_t *)&renames && !subject->fresh) {
			subject->file = kept->file;
			return;
		}
	}
	resolve(subject, slot);
}

/* What in a key says who looks: the cgroup, and the root that paths are counted from. */
always_inline uint64_t viewpoint(struct task_struct *task, uint64_t cgroup, uint64_t mount)
{
	return (cgroup * MIX) ^ (get_address(task->fs, root.dentry) >> 4) ^ (mount << 1);
}

/* A directory, or the executable: a path without an open file. */
always_inline void identify_path(struct at_subject *subject, struct task_struct *task, uint64_t dentry, uint64_t mount,
				 uint64_t cgroup)
{
	struct dentry *leaf = typed(dentry, dentry);
	subject->key.file = 0;
	subject->key.dentry = dentry;
	subject->key.name = (get(leaf, d_name.hash_len) * 3) ^ (get_address(leaf, d_parent) * MIX) ^
			    viewpoint(task, cgroup, mount);
	subject->key.inode = get(get(leaf, d_inode), i_ino);
	subject->mount = mount;
	subject->cgroup = cgroup;
	identify(subject);
}

/* The struct file of a descriptor in the current task's table; 0 when it is not open. */
always_inline uint64_t file_of(struct task_struct *task, int64_t descriptor)
{
	struct fdtable *table = task->files->fdt;
	if ((uint64_t)descriptor >= table->max_fds)
		return 0;
	return load_address(get_address(table, fd) + descriptor * 8);
}

always_inline void identify_file(struct at_subject *subject, struct task_struct *task, uint64_t address, uint64_t cgroup)
{
	struct file *file = typed(file, address);
	struct inode *inode = get(file, f_inode);
	uint64_t dentry = get_address(file, f_path.dentry);
	uint16_t mode = get(inode, i_mode);
	subject->key.file = address;
	subject->key.dentry = dentry;
	subject->mount = get_address(file, f_path.mnt);
	if ((mode & S_IFMT) == S_IFSOCK)
		subject->key.name = socket_mix(sock_of(address)) ^ (cgroup * MIX);
	else {
		struct dentry *leaf = typed(dentry, dentry);
		subject->key.name = (get(leaf, d_name.hash_len) * 3) ^ (get_address(leaf, d_parent) * MIX) ^
				    viewpoint(task, cgroup, subject->mount);
	}
	subject->key.inode = get(inode, i_ino);
	subject->cgroup = cgroup;
	identify(subject);
}

#endif
