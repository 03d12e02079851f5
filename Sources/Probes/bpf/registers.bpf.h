/* Number, interface and arguments of a call, from the registers that the kernel saved at its entry. */
#ifndef AFTERTRACE_REGISTERS_BPF_H
#define AFTERTRACE_REGISTERS_BPF_H

#include "kernel.bpf.h"

struct at_registers {
	uint32_t number;
	uint32_t abi;
};

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 0x2
#define X32_BIT 0x40000000

always_inline struct at_registers call_of(struct pt_regs *regs, struct task_struct *task)
{
	struct at_registers call = {.number = (uint32_t)regs->orig_ax, .abi = AT_ABI_X86_64};
	if (task->thread_info.status & TS_COMPAT)
		call.abi = AT_ABI_I386;
	else if (call.number != (uint32_t)-1 && (call.number & X32_BIT)) {
		call.abi = AT_ABI_X32;
		call.number &= ~X32_BIT;
	}
	return call;
}

/* `arguments` as recipes count them: from 1; 0 and 7 read as nothing. */
always_inline void arguments_of(struct pt_regs *regs, uint32_t abi, uint64_t arguments[8])
{
	arguments[0] = 0;
	arguments[7] = 0;
	if (abi == AT_ABI_I386) {
		arguments[1] = (uint32_t)regs->bx;
		arguments[2] = (uint32_t)regs->cx;
		arguments[3] = (uint32_t)regs->dx;
		arguments[4] = (uint32_t)regs->si;
		arguments[5] = (uint32_t)regs->di;
		arguments[6] = (uint32_t)regs->bp;
	} else {
		arguments[1] = regs->di;
		arguments[2] = regs->si;
		arguments[3] = regs->dx;
		arguments[4] = regs->r10;
		arguments[5] = regs->r8;
		arguments[6] = regs->r9;
	}
}

#elif defined(__TARGET_ARCH_arm64)

#define TIF_32BIT 22

always_inline struct at_registers call_of(struct pt_regs *regs, struct task_struct *task)
{
	struct at_registers call = {.number = (uint32_t)regs->syscallno, .abi = AT_ABI_ARM64};
	if (task->thread_info.flags & (1ul << TIF_32BIT))
		call.abi = AT_ABI_ARM;
	return call;
}

always_inline void arguments_of(struct pt_regs *regs, uint32_t abi, uint64_t arguments[8])
{
	(void)abi;
	arguments[0] = 0;
	arguments[1] = regs->orig_x0;
	arguments[2] = regs->regs[1];
	arguments[3] = regs->regs[2];
	arguments[4] = regs->regs[3];
	arguments[5] = regs->regs[4];
	arguments[6] = regs->regs[5];
	arguments[7] = 0;
}

#endif

/* Whether a task is inside execve or execveat: by its own registers. */
always_inline int is_in_exec(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct at_registers call = call_of(regs, task);
	int number = call.number;
	switch (call.abi) {
	case AT_ABI_X86_64: return number == 59 || number == 322;
	case AT_ABI_X32: return number == 520 || number == 545;
	case AT_ABI_I386: return number == 11 || number == 358;
	case AT_ABI_ARM: return number == 11 || number == 387;
	default: return number == 221 || number == 281;
	}
}

#define CLONE_VM 0x100
#define CLONE_VFORK 0x4000
#define SIGCHLD 17

/* The flags that a task forked with, from its own registers; for fork and vfork what they stand for. */
always_inline uint64_t clone_flags_of(struct task_struct *task)
{
	if (task->flags & PF_KTHREAD)
		return 0;
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct at_registers call = call_of(regs, task);
	uint64_t arguments[8];
	arguments_of(regs, call.abi, arguments);
	int fork, vfork, clone, clone3 = 435;
	switch (call.abi) {
	case AT_ABI_X86_64:
	case AT_ABI_X32: fork = 57, vfork = 58, clone = 56; break;
	case AT_ABI_I386: fork = 2, vfork = 190, clone = 120; break;
	case AT_ABI_ARM: fork = 2, vfork = 190, clone = 120; break;
	default: fork = -1, vfork = -1, clone = 220; break;
	}
	int number = call.number;
	if (number == clone)
		return arguments[1];
	if (number == fork)
		return SIGCHLD;
	if (number == vfork)
		return CLONE_VFORK | CLONE_VM | SIGCHLD;
	uint64_t flags = 0;
	if (number == clone3)
		bpf_probe_read_user(&flags, sizeof(flags), (const void *)arguments[1]);
	return flags;
}

#endif
