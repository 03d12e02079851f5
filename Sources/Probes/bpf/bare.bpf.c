/* For `make bench` only: the least that any probe of this kind costs, to compare ours with. */
#include "kernel.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, uint64_t);
	__type(value, uint32_t);
} bare_verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
} bare_ring SEC(".maps");

struct at_bare {
	uint64_t words[12];
};
AT_STATIC_ASSERT(sizeof(struct at_bare) == 96);

SEC("tp_btf/sys_exit")
int bare_reject(uint64_t *context)
{
	(void)context;
	uint64_t cgroup = bpf_get_current_cgroup_id();
	uint32_t *verdict = bpf_map_lookup_elem(&bare_verdicts, &cgroup);
	if (!verdict || *verdict != AT_VERDICT_RECORD)
		return 0;
	return 1;
}

SEC("tp_btf/sys_exit")
int bare_record(uint64_t *context)
{
	uint64_t cgroup = bpf_get_current_cgroup_id();
	uint32_t *verdict = bpf_map_lookup_elem(&bare_verdicts, &cgroup);
	if (!verdict || *verdict != AT_VERDICT_RECORD)
		return 0;
	struct pt_regs *regs = (struct pt_regs *)context[0];
	struct at_bare *record = bpf_ringbuf_reserve(&bare_ring, sizeof(*record), 0);
	if (!record)
		return 0;
	record->words[0] = bpf_ktime_get_boot_ns();
	record->words[1] = cgroup;
	record->words[2] = bpf_get_current_pid_tgid();
	record->words[3] = context[1];
#if defined(__TARGET_ARCH_x86)
	record->words[4] = regs->orig_ax;
	record->words[5] = regs->di;
	record->words[6] = regs->si;
	record->words[7] = regs->dx;
	record->words[8] = regs->r10;
	record->words[9] = regs->r8;
	record->words[10] = regs->r9;
	record->words[11] = 0;
#else
	record->words[4] = regs->syscallno;
	record->words[5] = regs->orig_x0;
	for (int i = 1; i < 7; i++)
		record->words[5 + i] = regs->regs[i];
#endif
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
