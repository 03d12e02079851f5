/* How a connect that did not wait ended. */
#ifndef AFTERTRACE_OUTCOME_BPF_H
#define AFTERTRACE_OUTCOME_BPF_H

#include "identity.bpf.h"

/* inet_sock_set_state, and not the call that asks for SO_ERROR: few programs ask, and many do it late. It runs wherever
 * the packet or the timer was met, so whose socket it is was noted by connect. It misses a socket that the connect's own
 * exit found connected already (that event bears the state), and those that made room for others. */
SEC("tp_btf/inet_sock_set_state")
int on_socket_state(uint64_t *context)
{
	if ((int)context[1] != TCP_SYN_SENT)
		return 0;
	uint64_t address = context[0];
	struct at_outcome *known = bpf_map_lookup_elem(&connecting, &address);
	if (!known)
		return 0;
	int error = get(typed(sock, address), sk_err);
	int state = context[2];
	/* Closed by its own program, which is told by the close. */
	if (state != TCP_ESTABLISHED && error == 0) {
		bpf_map_delete_elem(&connecting, &address);
		return 0;
	}
	/* No scratch space: this may interrupt a probe that is using it. */
	struct at_outcome *record = reserve(AT_LANE_ACTIVITY, sizeof(*record), known->header.cgroup);
	if (record) {
		*record = *known;
		record->header.time = bpf_ktime_get_boot_ns();
		record->header.cpu = bpf_get_smp_processor_id();
		record->error = -error;
		read_socket(&record->socket, address);
		record->socket.state = state;
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	}
	bpf_map_delete_elem(&connecting, &address);
	return 0;
}

#endif
