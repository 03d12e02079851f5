/* The processes that were there before the probes: one row each, read once through an iterator. */
#include "credentials.bpf.h"

/* As configuration.hierarchy: set before the object is loaded. */
const volatile uint32_t hierarchy = 0;

struct at_task_row {
	struct at_exec process;
	struct at_field comm_field;
	char comm[16];
	struct at_field credentials_field;
	struct at_credentials credentials;
};
AT_STATIC_ASSERT(sizeof(struct at_task_row) == 216);

#define PIDTYPE_SID 3

SEC("iter/task")
int list_processes(struct bpf_iter__task *context)
{
	struct seq_file *output = context->meta->seq;
	struct task_struct *task = context->task;
	if (!task || task->pid != task->tgid || task->flags & PF_KTHREAD)
		return 0;
	struct at_task_row row = {};
	struct at_header *header = &row.process.header;
	header->time = bpf_ktime_get_boot_ns();
	header->leader_start = task->start_boottime;
	header->tgid = task->tgid;
	header->tid = task->pid;
	header->flags = AT_FLAG_TABLE_SCAN;
	header->number = -1;
	header->cpu = bpf_get_smp_processor_id();
	header->form = AT_FORM_EXEC;
	header->lane = AT_LANE_LIFECYCLE;
	header->field_count = 2;
	if (hierarchy == 0)
		header->cgroup = task->cgroups->dfl_cgrp->kn->id;
	else {
		uint64_t set = get_address(task, cgroups);
		uint64_t state =
			load_address(set + bpf_core_field_offset(struct css_set, subsys) + ((hierarchy - 1) & 15) * 8);
		header->cgroup = get(get(get(typed(cgroup_subsys_state, state), cgroup), kn), id);
	}
	struct nsproxy *spaces = task->nsproxy; /* null while it dies */
	header->mount_namespace = spaces ? spaces->mnt_ns->ns.inum : 0;
	struct task_struct *parent = task->real_parent;
	struct signal_struct *shared = task->signal;
	row.process.uid = task->cred->uid.val;
	row.process.gid = task->cred->gid.val;
	row.process.old_tid = task->pid;
	row.process.vpid = innermost_number(get_address(task, thread_pid));
	row.process.parent_tgid = parent->tgid;
	row.process.parent_start = parent->group_leader->start_boottime;
	uint64_t session = get_address(shared, pids[PIDTYPE_SID]);
	row.process.session = get(typed(upid, session + bpf_core_field_offset(struct pid, numbers)), nr);
	struct tty_struct *tty = shared->tty;
	if (tty)
		row.process.tty = (uint32_t)tty->driver->major << 20 |
				  (uint32_t)(tty->driver->minor_start + tty->index);
	row.comm_field.id = AT_FIELD_COMM;
	bpf_probe_read_kernel_str(row.comm, sizeof(row.comm), task->comm);
	uint32_t length = 0;
	while (length < sizeof(row.comm) && row.comm[length])
		length++;
	row.comm_field.length = length;
	row.credentials_field.id = AT_FIELD_CREDENTIALS;
	row.credentials_field.length = sizeof(row.credentials);
	read_credentials(&row.credentials, get_address(task, cred));
	bpf_seq_write(output, &row, sizeof(row));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
