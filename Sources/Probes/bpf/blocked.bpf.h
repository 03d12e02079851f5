/* How long calls sleep. Most calls never do, and cost nothing here.
 *
 * sched_switch runs for every change of tasks on the host: the cheapest question first, and nothing is written but when a
 * recorded task goes to sleep inside a call. What a call did before it first slept is not in its duration. Where all
 * durations are asked for, sys_enter takes its place; where none are, neither is attached (user space).
 */
#ifndef AFTERTRACE_BLOCKED_BPF_H
#define AFTERTRACE_BLOCKED_BPF_H

#include "emit.bpf.h"
#include "registers.bpf.h"

struct at_sleep {
	uint64_t since;      /* boot time; 0: not in a call, or it has not slept */
	uint64_t generation; /* configuration.generation when it was set */
	uint64_t flags;      /* AT_FLAG_WHOLE_DURATION: since the call began */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct at_sleep);
} sleeps SEC(".maps");

/* Whether a task is between a call's entry and its result: until then the register of the result holds what the entry
 * left there. What sleeps after the result (a signal's stop, the last close of a file) is not of the call. */
always_inline int is_in_call(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
	return (int64_t)regs->ax == -ENOSYS && (int64_t)regs->orig_ax >= 0;
#else
	return regs->syscallno >= 0 && regs->regs[0] == regs->orig_x0;
#endif
}

/* Whether a task may be recorded, by the low bits of its number: two loads, where the verdict of its cgroup is ten and a
 * search. Set by a recorded task's calls and births, taken back by its death. Others share a byte: then the verdict is
 * asked after all. */
#define AT_MARKS 65536
uint8_t marks[AT_MARKS];

#define mark_of(task) (*(volatile uint8_t *)&marks[(task)->pid & (AT_MARKS - 1)])

always_inline void mark(struct task_struct *task)
{
	if (!mark_of(task))
		mark_of(task) = 1;
}

always_inline void begin_sleep(struct task_struct *task)
{
	struct at_sleep *sleep = bpf_task_storage_get(&sleeps, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!sleep || (sleep->since && sleep->generation == configuration.generation))
		return;
	sleep->since = bpf_ktime_get_boot_ns();
	sleep->generation = configuration.generation;
	sleep->flags = 0;
}

/* Nanoseconds since the call that ends now first slept, or began where all durations are asked for; 0 when it did not.
 * Adds to `flags` which of them it is. */
always_inline uint64_t end_sleep(struct task_struct *task, uint32_t *flags)
{
	if (!task->bpf_storage)
		return 0;
	struct at_sleep *sleep = bpf_task_storage_get(&sleeps, task, 0, 0);
	if (!sleep || !sleep->since)
		return 0;
	uint64_t since = sleep->since;
	sleep->since = 0;
	if (sleep->generation != configuration.generation)
		return 0;
	*flags |= sleep->flags;
	return bpf_ktime_get_boot_ns() - since;
}

/* The fourth argument is not there before Linux 5.18: the task's own state tells the same. */
SEC("tp_btf/sched_switch")
int on_switch(uint64_t *context)
{
	struct task_struct *task = (struct task_struct *)context[1];
	if (context[0] || task->__state == 0 || !mark_of(task) || task->flags & PF_KTHREAD || !is_in_call(task))
		return 0;
	if (is_recorded(task, cgroup_of(task)))
		begin_sleep(task);
	return 0;
}

struct at_sleeper {
	struct at_call call;
	struct at_blocked blocked;
};
AT_STATIC_ASSERT(sizeof(struct at_sleeper) == 120);

/* The calls that recorded tasks are in now: those that slept before they returned. */
SEC("iter/task")
int list_sleepers(struct bpf_iter__task *context)
{
	struct seq_file *output = context->meta->seq;
	struct task_struct *task = context->task;
	if (!task || task->flags & PF_KTHREAD)
		return 0;
	struct at_sleep *sleep = bpf_task_storage_get(&sleeps, task, 0, 0);
	if (!sleep || !sleep->since || sleep->generation != configuration.generation || !is_in_call(task))
		return 0;
	uint64_t cgroup = cgroup_of(task);
	if (!task->nsproxy || !is_recorded(task, cgroup))
		return 0;
	struct at_registers registers = call_of((struct pt_regs *)bpf_task_pt_regs(task), task);
	if (registers.number >= 0x8000)
		return 0;
	struct at_sleeper row = {};
	uint64_t arguments[8];
	arguments_of((struct pt_regs *)bpf_task_pt_regs(task), registers.abi, arguments);
	fill_header(&row.call.header, task, cgroup, AT_FLAG_UNFINISHED | sleep->flags, registers.number, registers.abi, AT_FORM_CALL,
		    AT_LANE_DETAIL);
	row.call.header.field_count = 1;
	for (int i = 0; i < 6; i++)
		row.call.arguments[i] = arguments[i + 1];
	row.blocked.id = AT_FIELD_BLOCKED;
	row.blocked.length = sizeof(row.blocked.duration);
	row.blocked.duration = row.call.header.time - sleep->since;
	bpf_seq_write(output, &row, sizeof(row));
	return 0;
}

/* Of every call, the beginning: for those who ask for it. What an earlier call left behind, whose end was not seen, goes. */
SEC("tp_btf/sys_enter")
int on_sys_enter(uint64_t *context)
{
	(void)context;
	struct task_struct *task = bpf_get_current_task_btf();
	if (!is_recorded(task, cgroup_of(task)))
		return 0;
	struct at_sleep *sleep = bpf_task_storage_get(&sleeps, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!sleep)
		return 0;
	sleep->since = bpf_ktime_get_boot_ns();
	sleep->generation = configuration.generation;
	sleep->flags = AT_FLAG_WHOLE_DURATION;
	return 0;
}

#endif
