/* Births, new images and deaths, from the scheduler: whole and once each, however the call was made. */
#ifndef AFTERTRACE_PROCESS_BPF_H
#define AFTERTRACE_PROCESS_BPF_H

#include "blocked.bpf.h"
#include "identity.bpf.h"
#include "image.bpf.h"

#define PIDTYPE_SID 3

/* sched_process_fork, not clone's return: it has the child's own task, and a child killed at once is still seen. */
SEC("tp_btf/sched_process_fork")
int on_fork(uint64_t *context)
{
	struct task_struct *parent = (struct task_struct *)context[0];
	struct task_struct *child = (struct task_struct *)context[1];
	uint32_t parent_tgid = parent->tgid, child_tgid = child->tgid;
	if (parent_tgid != child_tgid && bpf_map_lookup_elem(&subtree, &parent_tgid)) {
		uint8_t member = 1;
		if (bpf_map_update_elem(&subtree, &child_tgid, &member, BPF_ANY) < 0)
			count_loss(cgroup_of(child), AT_LANE_LIFECYCLE, AT_LOSS_TABLE_FULL);
	}
	uint64_t cgroup = cgroup_of(parent), child_cgroup = cgroup_of(child);
	/* CLONE_INTO_CGROUP: born into a recorded cgroup from one that is not. */
	if (!is_followed(parent, cgroup) && (child_cgroup == cgroup || !is_followed(child, child_cgroup)))
		return 0;
	mark(child); /* its first call may sleep */
	struct at_fork *record = reserve(AT_LANE_LIFECYCLE, sizeof(*record), cgroup);
	if (!record)
		return 0;
	fill_header(&record->header, parent, cgroup, parent_tgid == child_tgid ? AT_FLAG_THREAD : 0, -1, 0, AT_FORM_FORK,
		    AT_LANE_LIFECYCLE);
	struct task_struct *real_parent = child->real_parent;
	record->clone_flags = clone_flags_of(bpf_get_current_task_btf());
	record->child_leader_start = child->group_leader->start_boottime;
	record->child_start = child->start_boottime;
	record->child_tgid = child_tgid;
	record->child_tid = child->pid;
	record->child_cgroup = child_cgroup;
	record->child_vpid = innermost_number(get_address(child, thread_pid));
	record->real_parent_tgid = real_parent->tgid;
	record->real_parent_start = real_parent->group_leader->start_boottime;
	bpf_probe_read_kernel_str(record->child_comm, sizeof(record->child_comm), child->comm);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

always_inline void put_terminal(struct at_scratch *scratch, struct at_exec *record, struct task_struct *task)
{
	struct tty_struct *tty = task->signal->tty;
	record->tty = 0;
	if (!tty)
		return;
	struct tty_driver *driver = tty->driver;
	record->tty = (uint32_t)driver->major << 20 | (uint32_t)(driver->minor_start + tty->index);
	put_kernel_string(scratch, get_address(task->signal, tty) + bpf_core_field_offset(struct tty_struct, name), AT_FIELD_TTY_NAME);
}

/* sched_process_exec, not sys_exit of execve: only successful ones, with the new image in place and its argv still as
 * the kernel laid it out. */
SEC("tp_btf/sched_process_exec")
int on_exec(uint64_t *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	struct linux_binprm *program = (struct linux_binprm *)context[2];
	uint64_t cgroup = cgroup_of(task);
	if (!is_followed(task, cgroup))
		return 0;
	struct at_scratch *scratch = take_scratch(scratch_events);
	if (!scratch) {
		count_loss(cgroup, AT_LANE_LIFECYCLE, AT_LOSS_SCRATCH);
		return 0;
	}
	struct at_exec *record = (struct at_exec *)scratch->data;
	scratch->length = sizeof(*record);
	struct mm_struct *memory = task->mm;
	struct task_struct *parent = task->real_parent;
	uint64_t start = memory->arg_start;
	uint64_t length = memory->arg_end - start;
	record->uid = task->cred->uid.val;
	record->gid = task->cred->gid.val;
	record->session = get(typed(upid, get_address(task->signal, pids[PIDTYPE_SID]) +
						  bpf_core_field_offset(struct pid, numbers)),
			      nr);
	record->old_tid = context[1];
	record->vpid = innermost_number(get_address(task, thread_pid));
	record->parent_tgid = parent->tgid;
	record->argument_length = length;
	record->parent_start = parent->group_leader->start_boottime;
	put_user_bytes(scratch, start, length, AT_FIELD_ARGV, AT_ARGV_MAX);
	put_components(scratch, get_address(task->fs, pwd.dentry), get_address(task->fs, pwd.mnt), AT_FIELD_CWD);
	struct file *executable = memory->exe_file;
	uint64_t dentry = get_address(executable, f_path.dentry), mount = get_address(executable, f_path.mnt);
	struct at_subject subject = {};
	if (executable) {
		if (is_nameless(dentry, mount)) /* a memfd: its dentry is its own root */
			put_kernel_string(scratch, get_address(typed(dentry, dentry), d_name.name), AT_FIELD_EXECUTABLE_NAME);
		else
			put_components(scratch, dentry, mount, AT_FIELD_EXECUTABLE);
		identify_path(&subject, task, dentry, mount, cgroup);
	}
	record->executable = subject.file;
	put_kernel_string(scratch, get_address(program, filename), AT_FIELD_FILENAME);
	put_terminal(scratch, record, task);
	put_image(scratch, task, executable);
	put_credentials(scratch);
	put_kernel_string(scratch, bpf_get_current_task() + bpf_core_field_offset(struct task_struct, comm), AT_FIELD_COMM);
	fill_header(&record->header, task, cgroup, scratch->flags, -1, 0, AT_FORM_EXEC, AT_LANE_LIFECYCLE);
	send_scratch(scratch, AT_LANE_LIFECYCLE, cgroup);
	return 0;
}

/* task_rename, not prctl's return: also names written to /proc/PID/comm, and read from the kernel's own copy. The name
 * that an exec brings comes with its exec. */
SEC("tp_btf/task_rename")
int on_rename(uint64_t *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	if (task->flags & PF_KTHREAD)
		return 0;
	uint64_t cgroup = cgroup_of(task);
	if (!is_followed(task, cgroup) || is_in_exec(bpf_get_current_task_btf()))
		return 0;
	uint32_t is_thread = task->pid != task->tgid;
	uint32_t lane = is_thread ? AT_LANE_DETAIL : AT_LANE_LIFECYCLE;
	struct at_rename *record = reserve(lane, sizeof(*record), cgroup);
	if (!record)
		return 0;
	fill_header(&record->header, task, cgroup, is_thread ? AT_FLAG_THREAD : 0, -1, 0, AT_FORM_RENAME, lane);
	__builtin_memset(record->comm, 0, sizeof(record->comm));
	bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), (const void *)context[1]);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

/* sched_process_exit, not exit_group: also death by signal, and it says when the last thread is gone. */
SEC("tp_btf/sched_process_exit")
int on_exit(uint64_t *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	struct signal_struct *shared = task->signal;
	int last = shared->live.counter == 0;
	if (mark_of(task))
		mark_of(task) = 0;
	uint32_t tgid = task->tgid;
	uint64_t cgroup = cgroup_of(task);
	if (is_followed(task, cgroup)) {
		struct at_exit *record = reserve(AT_LANE_LIFECYCLE, sizeof(*record), cgroup);
		if (record) {
			fill_header(&record->header, task, cgroup, last ? 0 : AT_FLAG_THREAD, -1, 0, AT_FORM_EXIT,
				    AT_LANE_LIFECYCLE);
			record->exit_code = shared->flags & SIGNAL_GROUP_EXIT ? shared->group_exit_code : task->exit_code;
			record->uid = task->cred->uid.val;
			record->parent_tgid = task->real_parent->tgid;
			/* Not from the cgroup's memory.events: that is gone by the time anybody reads it. */
			record->is_oom_victim = shared->oom_mm != 0;
			bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
		}
	}
	if (last)
		bpf_map_delete_elem(&subtree, &tgid);
	return 0;
}

#endif
