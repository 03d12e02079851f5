/* Who a task acts as, from its struct cred: what the kernel itself goes by. */
#ifndef AFTERTRACE_CREDENTIALS_BPF_H
#define AFTERTRACE_CREDENTIALS_BPF_H

#include "kernel.bpf.h"

/* `address` of a struct cred. Each id and set is read on its own: their order differs between kernels. */
always_inline void read_credentials(struct at_credentials *out, uint64_t address)
{
	struct cred *cred = typed(cred, address);
	out->uid = get(cred, uid.val);
	out->gid = get(cred, gid.val);
	out->saved_uid = get(cred, suid.val);
	out->saved_gid = get(cred, sgid.val);
	out->effective_uid = get(cred, euid.val);
	out->effective_gid = get(cred, egid.val);
	out->filesystem_uid = get(cred, fsuid.val);
	out->filesystem_gid = get(cred, fsgid.val);
	out->inheritable = load_address(address + bpf_core_field_offset(struct cred, cap_inheritable));
	out->permitted = load_address(address + bpf_core_field_offset(struct cred, cap_permitted));
	out->effective = load_address(address + bpf_core_field_offset(struct cred, cap_effective));
	out->bounding = load_address(address + bpf_core_field_offset(struct cred, cap_bset));
	out->ambient = load_address(address + bpf_core_field_offset(struct cred, cap_ambient));
}

#endif
