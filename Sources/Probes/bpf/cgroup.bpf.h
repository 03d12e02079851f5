/* Cgroups made, removed and joined. These records are sent for every cgroup of the chosen hierarchy, recorded or not:
 * the recorder learns of a container from them before its first process runs. They wake it. */
#ifndef AFTERTRACE_CGROUP_BPF_H
#define AFTERTRACE_CGROUP_BPF_H

#include "field.bpf.h"

#define AT_CGROUP_PATH_MAX 4096

always_inline int send_cgroup(struct cgroup *cgroup, uint64_t path, uint32_t action, struct task_struct *attached)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct at_scratch *scratch = take_scratch(scratch_events);
	uint64_t id = cgroup->kn->id;
	if (!scratch) {
		count_loss(id, AT_LANE_URGENT, AT_LOSS_SCRATCH);
		return 0;
	}
	struct at_cgroup *record = (struct at_cgroup *)scratch->data;
	scratch->length = sizeof(*record);
	record->cgroup = id;
	record->parent = cgroup->self.parent->cgroup->kn->id;
	record->action = action;
	record->hierarchy = cgroup->root->hierarchy_id;
	record->attached_tgid = attached ? attached->tgid : 0;
	record->attached_tid = attached ? attached->pid : 0;
	record->attached_leader_start = attached ? attached->group_leader->start_boottime : 0;
	record->is_actor_recorded = is_recorded(task, cgroup_of(task)) ? 1 : 0;
	record->unused = 0;
	put_kernel_string(scratch, path, AT_FIELD_NAME);
	fill_header(&record->header, task, cgroup_of(task), scratch->flags, -1, 0, AT_FORM_CGROUP, AT_LANE_URGENT);
	send_scratch(scratch, AT_LANE_URGENT, id);
	return 0;
}

/* A child inherits its parent's verdict here, in the kernel: a container's own cgroups are recorded from their birth. */
SEC("tp_btf/cgroup_mkdir")
int on_cgroup_mkdir(uint64_t *context)
{
	struct cgroup *cgroup = (struct cgroup *)context[0];
	if (!is_chosen_hierarchy(cgroup))
		return 0;
	uint64_t id = cgroup->kn->id, parent = cgroup->self.parent->cgroup->kn->id;
	uint32_t *verdict = bpf_map_lookup_elem(&verdicts, &parent);
	if (verdict) {
		uint32_t inherited = *verdict & AT_VERDICT_MASK;
		if (bpf_map_update_elem(&verdicts, &id, &inherited, BPF_ANY) < 0 && inherited == AT_VERDICT_RECORD)
			count_loss(parent, AT_LANE_LIFECYCLE, AT_LOSS_TABLE_FULL);
	}
	return send_cgroup(cgroup, context[1], AT_CGROUP_MKDIR, 0);
}

SEC("tp_btf/cgroup_rmdir")
int on_cgroup_rmdir(uint64_t *context)
{
	struct cgroup *cgroup = (struct cgroup *)context[0];
	if (!is_chosen_hierarchy(cgroup))
		return 0;
	uint64_t id = cgroup->kn->id;
	bpf_map_delete_elem(&verdicts, &id);
	return send_cgroup(cgroup, context[1], AT_CGROUP_RMDIR, 0);
}

/* cgroup_notify_frozen, not cgroup_freeze: when the last of its tasks has stopped, not when that was asked for. Version 2
 * only: the freezer of version 1 has no such event. */
SEC("tp_btf/cgroup_notify_frozen")
int on_cgroup_frozen(uint64_t *context)
{
	struct cgroup *cgroup = (struct cgroup *)context[0];
	if (!is_chosen_hierarchy(cgroup))
		return 0;
	return send_cgroup(cgroup, context[1], context[2] ? AT_CGROUP_FROZEN : AT_CGROUP_THAWED, 0);
}

SEC("tp_btf/cgroup_attach_task")
int on_cgroup_attach(uint64_t *context)
{
	struct cgroup *cgroup = (struct cgroup *)context[0];
	if (!is_chosen_hierarchy(cgroup))
		return 0;
	return send_cgroup(cgroup, context[1], AT_CGROUP_ATTACH, (struct task_struct *)context[2]);
}

#endif
