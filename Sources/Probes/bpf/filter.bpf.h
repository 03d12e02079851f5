/* Whose calls are recorded. The cheapest question first: most calls on a host are of nobody's concern. */
#ifndef AFTERTRACE_FILTER_BPF_H
#define AFTERTRACE_FILTER_BPF_H

#include "maps.bpf.h"

/* The id of a task's cgroup in a v1 hierarchy, through the subsystem that is bound to it. */
static __attribute__((noinline)) uint64_t version_one_cgroup(struct task_struct *task)
{
	uint64_t set = get_address(task, cgroups);
	uint32_t index = (configuration.hierarchy - 1) & 15;
	uint64_t state = load_address(set + bpf_core_field_offset(struct css_set, subsys) + index * 8);
	struct cgroup *cgroup = get(typed(cgroup_subsys_state, state), cgroup);
	return get(get(cgroup, kn), id);
}

always_inline uint64_t cgroup_of(struct task_struct *task)
{
	if (configuration.hierarchy != 0)
		return version_one_cgroup(task);
	return task->cgroups->dfl_cgrp->kn->id;
}

/* Whether a cgroup belongs to the hierarchy that ids are taken from. */
always_inline int is_chosen_hierarchy(struct cgroup *cgroup)
{
	uint32_t hierarchy = configuration.hierarchy;
	if (hierarchy == 0)
		return cgroup->root->hierarchy_id == 0;
	return (cgroup->root->subsys_mask >> ((hierarchy - 1) & 15)) & 1;
}

always_inline uint32_t mount_namespace_of(struct task_struct *task)
{
	return task->nsproxy->mnt_ns->ns.inum;
}

/* spares_ignored: a cgroup that is to be ignored counts as one that is not. Answers 0, or 1 and above it the lanes that are
 * shed under pressure: they stand beside the verdict, so that asking for them costs nothing. */
always_inline uint32_t is_wanted(struct task_struct *task, uint64_t cgroup, int spares_ignored)
{
	uint32_t tgid = task->tgid;
	uint32_t wanted = 1 | (configuration.shed & AT_SHED_MASK);
	if (configuration.subtree_only) /* whatever their cgroup: one question, not two */
		return bpf_map_lookup_elem(&subtree, &tgid) != 0 && tgid != configuration.recorder_tgid ? wanted : 0;
	uint32_t *verdict = bpf_map_lookup_elem(&verdicts, &cgroup);
	uint32_t decision = verdict ? *verdict : AT_VERDICT_DEFAULT;
	wanted |= decision & AT_SHED_MASK;
	decision &= AT_VERDICT_MASK;
	if (decision == AT_VERDICT_IGNORE)
		return spares_ignored && tgid != configuration.recorder_tgid ? wanted : 0;
	if (decision == AT_VERDICT_DEFAULT) {
		/* A container whose runtime made no cgroup, or put it in another hierarchy, still has its own mounts. */
		uint32_t space = mount_namespace_of(task);
		if (space != configuration.host_mount_namespace) {
			verdict = bpf_map_lookup_elem(&namespaces, &space);
			if (verdict)
				decision = *verdict;
		}
		if (decision == AT_VERDICT_IGNORE)
			return 0;
		if (decision == AT_VERDICT_DEFAULT && !configuration.record_by_default)
			return 0;
	}
	return tgid != configuration.recorder_tgid ? wanted : 0;
}

always_inline uint32_t is_recorded(struct task_struct *task, uint64_t cgroup)
{
	return is_wanted(task, cgroup, 0);
}

/* Whether the recorder is told of the process: a reload may take its container in, and then who runs there has to be known. */
always_inline uint32_t is_followed(struct task_struct *task, uint64_t cgroup)
{
	return is_wanted(task, cgroup, 1);
}

#endif
