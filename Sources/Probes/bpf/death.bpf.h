/* Why processes die: the signal that ends one, who sent it, and want of memory. */
#ifndef AFTERTRACE_DEATH_BPF_H
#define AFTERTRACE_DEATH_BPF_H

#include "field.bpf.h"
#include "registers.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

union __sifields {
	struct {
		void *_addr;
	} _sigfault;
	struct {
		void *_call_addr;
		int _syscall;
		unsigned int _arch;
	} _sigsys;
};

struct kernel_siginfo {
	struct {
		int si_signo;
		int si_errno;
		int si_code;
		union __sifields _sifields;
	};
};

typedef struct {
	int64_t counter;
} at_atomic_long;

struct page_counter {
	at_atomic_long usage;
	unsigned long max;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
};

enum cgroup_subsys_id { memory_cgrp_id = 4 };

/* Since Linux 6.10 (and its time's stable kernels), where the tracepoint gives the task and not its number. */
struct trace_event_raw_mark_victim {
	unsigned int uid;
};

#pragma clang attribute pop

#define SIGILL 4
#define SIGTRAP 5
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGSEGV 11
#define SIGALRM 14
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGSYS 31
#define SI_QUEUE (-1)
#define SI_TKILL (-6)
#define SIGNAL_UNKILLABLE 0x40

/* 1 … 31 without those whose default is to be ignored, to stop or to go on: CHLD CONT STOP TSTP TTIN TTOU URG WINCH. */
#define SIGNAL_BIT(number) (1u << (number))
#define NOT_FATAL                                                                                                  \
	(SIGNAL_BIT(17) | SIGNAL_BIT(18) | SIGNAL_BIT(19) | SIGNAL_BIT(20) | SIGNAL_BIT(21) | SIGNAL_BIT(22) |     \
	 SIGNAL_BIT(23) | SIGNAL_BIT(28))
/* QUIT ILL TRAP ABRT BUS FPE SEGV XCPU XFSZ SYS: what the thread was doing is the story. */
#define DUMPS_CORE                                                                                                 \
	(SIGNAL_BIT(3) | SIGNAL_BIT(4) | SIGNAL_BIT(5) | SIGNAL_BIT(6) | SIGNAL_BIT(7) | SIGNAL_BIT(8) |           \
	 SIGNAL_BIT(11) | SIGNAL_BIT(24) | SIGNAL_BIT(25) | SIGNAL_BIT(31))
#define IS_ONE_OF(signal, set) ((signal) < 32 && ((set) >> ((signal) & 31) & 1))

/* Who sent a signal that is going to end a process, until it does. */
struct at_sender {
	uint64_t victim_start;
	uint64_t start;
	uint64_t cgroup;
	uint32_t tgid;
	int32_t code;
	char comm[16];
};

/* By tgid << 8 | signal; tgid << 8 alone: the death is told. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, uint64_t);
	__type(value, struct at_sender);
} senders SEC(".maps");

/* What siginfo pointers say in place of a siginfo: SEND_SIG_NOINFO 0, SEND_SIG_PRIV 1. */
#define HAS_INFORMATION(info) ((info) > 1)

always_inline int32_t code_of(uint64_t info)
{
	int32_t code = 0;
	if (HAS_INFORMATION(info))
		bpf_probe_read_kernel(&code, sizeof(code),
				      (const void *)(info + bpf_core_field_offset(struct kernel_siginfo, si_code)));
	return HAS_INFORMATION(info) ? code : info == 1 ? 0x80 /* SI_KERNEL */ : 0;
}

always_inline int is_default(struct task_struct *task, uint32_t signal)
{
	uint64_t action = get_address(task, sighand) + bpf_core_field_offset(struct sighand_struct, action) +
			  ((signal - 1) & 63) * bpf_core_type_size(struct k_sigaction);
	return load_address(action + bpf_core_field_offset(struct k_sigaction, sa.sa_handler)) == 0;
}

/* signal_generate, not kill's return: also cgroup.kill, parents' deaths and pid namespaces that end, and in the sender's
 * own context. It misses senders whose signal was pending before the probes were there. */
SEC("tp_btf/signal_generate")
int on_signal_generate(uint64_t *context)
{
	uint32_t signal = context[0];
	uint64_t info = context[1];
	struct task_struct *task = (struct task_struct *)context[2];
	int result = context[4];
	if (IS_ONE_OF(signal, NOT_FATAL) || (result != 0 && result != 4)) /* delivered, delivered without information */
		return 0;
	uint64_t cgroup = cgroup_of(task);
	if (!is_followed(task, cgroup) || !is_default(task, signal))
		return 0;
	struct task_struct *current = bpf_get_current_task_btf();
	if (current->flags & PF_KTHREAD)
		return 0;
	int32_t code = code_of(info);
	if (HAS_INFORMATION(info)) {
		if (code != 0 && code != SI_QUEUE && code != SI_TKILL)
			return 0;
	} else if (current->tgid == task->tgid || signal == SIGALRM || signal == SIGVTALRM || signal == SIGPROF)
		return 0; /* the kernel on its own; timers run on whoever is there */
	struct at_sender sender = {
		.victim_start = task->group_leader->start_boottime,
		.start = current->group_leader->start_boottime,
		.cgroup = cgroup_of(current),
		.tgid = current->tgid,
		.code = code,
	};
	bpf_probe_read_kernel_str(sender.comm, sizeof(sender.comm), current->group_leader->comm);
	uint64_t key = (uint64_t)task->tgid << 8 | (signal & 0xff);
	bpf_map_update_elem(&senders, &key, &sender, BPF_ANY);
	return 0;
}

/* The audit architecture of a seccomp kill as an interface. */
always_inline uint8_t abi_of_architecture(uint32_t architecture, uint32_t *number)
{
	switch (architecture) {
	case 0x40000003: return AT_ABI_I386;
	case 0xc00000b7: return AT_ABI_ARM64;
	case 0x40000028: return AT_ABI_ARM;
	}
	if (*number & 0x40000000) {
		*number &= ~0x40000000;
		return AT_ABI_X32;
	}
	return AT_ABI_X86_64;
}

#define FRAME_LIMIT 64
#define STACK_LIMIT (FRAME_LIMIT * (int)sizeof(struct at_frame))


/* signal_deliver, not the exit: in the thread that dies, with its memory and registers, and the whole siginfo. Whether
 * a core was dumped is known at the exit only. */
SEC("tp_btf/signal_deliver")
int on_signal_deliver(uint64_t *context)
{
	uint32_t signal = context[0];
	uint64_t info = context[1];
	if (IS_ONE_OF(signal, NOT_FATAL))
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	uint64_t cgroup = cgroup_of(task);
	if (!is_followed(task, cgroup) || !is_default(task, signal))
		return 0;
	struct signal_struct *shared = task->signal;
	uint32_t state = shared->flags;
	if (signal == SIGKILL) {
		/* What ends a process by default without a core reaches its threads as SIGKILL; so does an exit, or an exec,
		 * of another thread. */
		if (state & SIGNAL_GROUP_EXIT)
			signal = shared->group_exit_code & 0x7f;
		else if (bpf_core_field_exists(shared->group_exec_task) && shared->group_exec_task)
			return 0;
		if (signal == 0)
			return 0;
	} else if (state & SIGNAL_UNKILLABLE)
		return 0;
	uint64_t told = (uint64_t)task->tgid << 8, key = told | signal;
	uint64_t start = task->group_leader->start_boottime;
	struct at_sender *known = bpf_map_lookup_elem(&senders, &told);
	if (known && known->victim_start == start)
		return 0;
	struct at_sender sender = {.victim_start = start};
	bpf_map_update_elem(&senders, &told, &sender, BPF_ANY);
	struct at_scratch *scratch = take_scratch(scratch_events);
	if (!scratch) {
		count_loss(cgroup, AT_LANE_LIFECYCLE, AT_LOSS_SCRATCH);
		return 0;
	}
	known = bpf_map_lookup_elem(&senders, &key);
	/* The kernel's own choice for want of memory runs on whoever asked for some: nobody sent it. */
	if (known && known->victim_start == start && !shared->oom_mm)
		sender = *known;
	bpf_map_delete_elem(&senders, &key);
	struct at_fatal *record = (struct at_fatal *)scratch->data;
	scratch->length = sizeof(*record);
	record->signal = signal;
	record->code = HAS_INFORMATION(info) ? code_of(info) : sender.tgid ? sender.code : 0x80;
	record->sender_tgid = sender.tgid;
	record->sender_start = sender.start;
	record->sender_cgroup = sender.cgroup;
	__builtin_memcpy(record->sender_comm, sender.comm, sizeof(sender.comm));
	record->address = 0;
	record->has_address = 0;
	uint32_t number = -1;
	uint8_t abi = 0;
	if (HAS_INFORMATION(info) && record->code > 0) {
		uint64_t fields = info + bpf_core_field_offset(struct kernel_siginfo, _sifields);
		if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE || signal == SIGTRAP) {
			/* SI_KERNEL: a general protection fault has no address. */
			record->has_address = record->code != 0x80;
			record->address = load_address(fields);
		} else if (signal == SIGSYS && record->code == 1) { /* SYS_SECCOMP */
			uint32_t architecture = 0;
			bpf_probe_read_kernel(&number, sizeof(number),
					      (const void *)(fields + bpf_core_field_offset(union __sifields, _sigsys._syscall)));
			bpf_probe_read_kernel(&architecture, sizeof(architecture),
					      (const void *)(fields + bpf_core_field_offset(union __sifields, _sigsys._arch)));
			abi = abi_of_architecture(architecture, &number);
		}
	}
	if (IS_ONE_OF(signal, DUMPS_CORE)) {
		uint32_t at = scratch->length;
		if (at <= AT_SCRATCH_LIMIT) {
			long got = bpf_get_stack(context, &scratch->data[at + sizeof(struct at_field)],
						 STACK_LIMIT, BPF_F_USER_STACK | BPF_F_USER_BUILD_ID);
			if (got > 0 && got <= STACK_LIMIT)
				end_field(scratch, at, got, AT_FIELD_STACK, got == STACK_LIMIT ? AT_FLAG_TRUNCATED : 0);
		}
	}
	fill_header(&record->header, task, cgroup, scratch->flags, number < 0x8000 ? number : -1, abi, AT_FORM_FATAL,
		    AT_LANE_LIFECYCLE);
	send_scratch(scratch, AT_LANE_LIFECYCLE, cgroup);
	return 0;
}

#define CGROUP_DEPTH 16
/* The kernel charges this many pages at once: with fewer left, the limit was what stopped it. */
#define CHARGE_BATCH 64

/* mark_victim, not the SIGKILL: while the memory is still held. In the context of whoever asked for memory. */
SEC("tp_btf/mark_victim")
int on_oom(uint64_t *context)
{
	if (!bpf_core_field_exists(struct trace_event_raw_mark_victim, uid))
		return 0;
	struct task_struct *task = (struct task_struct *)context[0];
	uint64_t cgroup = cgroup_of(task);
	if (!is_followed(task, cgroup))
		return 0;
	uint32_t index = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) & 15;
	uint64_t state =
		load_address(get_address(task, cgroups) + bpf_core_field_offset(struct css_set, subsys) + index * 8);
	uint64_t limiting = 0, limit = 0, usage = 0, own = 0;
	for (int depth = 0; depth < CGROUP_DEPTH && state; depth++) {
		struct mem_cgroup *memory = typed(mem_cgroup, state);
		uint64_t used = get(memory, memory.usage.counter), most = get(memory, memory.max);
		if (depth == 0)
			own = used;
		if (most < 1ull << 50 && used + CHARGE_BATCH >= most) {
			struct cgroup *owner = get(memory, css.cgroup);
			struct cgroup_root *root = get(owner, root);
			uint32_t chosen = configuration.hierarchy;
			if (chosen ? get(root, subsys_mask) >> ((chosen - 1) & 15) & 1 : get(root, hierarchy_id) == 0)
				limiting = get(get(owner, kn), id);
			limit = most;
			usage = used;
			break;
		}
		state = get_address(memory, css.parent);
	}
	struct at_oom *record = reserve(AT_LANE_URGENT, sizeof(*record), cgroup);
	if (!record)
		return 0;
	fill_header(&record->header, task, cgroup, 0, -1, 0, AT_FORM_OOM, AT_LANE_URGENT);
	record->cgroup = limiting;
	record->limit = limit;
	record->usage = limit ? usage : own;
	record->unused = 0;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

#endif
