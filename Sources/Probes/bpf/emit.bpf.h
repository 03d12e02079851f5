/* Headers, rings, and what happens when a ring is full. */
#ifndef AFTERTRACE_EMIT_BPF_H
#define AFTERTRACE_EMIT_BPF_H

#include "filter.bpf.h"

/* Every record has one: `time` is taken here, after the definitions that the record refers to. */
always_inline void fill_header(struct at_header *header, struct task_struct *task, uint64_t cgroup, uint32_t flags,
			       int16_t number, uint8_t abi, uint8_t form, uint8_t lane)
{
	header->time = bpf_ktime_get_boot_ns();
	header->cgroup = cgroup;
	header->leader_start = task->group_leader->start_boottime;
	header->tgid = task->tgid;
	header->tid = task->pid;
	header->mount_namespace = mount_namespace_of(task);
	header->flags = flags;
	header->number = number;
	header->cpu = bpf_get_smp_processor_id();
	header->abi = abi;
	header->form = form;
	header->lane = lane;
	header->field_count = 0;
}

/* The ring of a lane for this CPU, or null, which counts as full. */
always_inline void *ring_of(uint32_t lane)
{
	uint32_t index = bpf_get_smp_processor_id() & ring_mask;
	if (lane == AT_LANE_DETAIL)
		return bpf_map_lookup_elem(&ring_detail, &index);
	if (lane == AT_LANE_ACTIVITY)
		return bpf_map_lookup_elem(&ring_activity, &index);
	return 0;
}

/* Counts a record that could not be kept. */
__attribute__((noinline)) int count_loss(uint64_t cgroup, uint32_t lane, uint32_t cause)
{
	struct at_loss_key key = {.cgroup = cgroup, .lane = lane, .cause = cause};
	struct at_loss *loss = bpf_map_lookup_elem(&losses, &key);
	if (!loss) {
		struct at_loss none = {};
		if (bpf_map_update_elem(&losses, &key, &none, BPF_NOEXIST) < 0)
			key.cgroup = 0; /* no room for more cgroups: still counted, attributed to none */
		loss = bpf_map_lookup_elem(&losses, &key);
		if (!loss) {
			bpf_map_update_elem(&losses, &key, &none, BPF_NOEXIST);
			loss = bpf_map_lookup_elem(&losses, &key);
		}
		if (!loss)
			return 0;
	}
	uint64_t now = bpf_ktime_get_boot_ns();
	uint64_t epoch = configuration.loss_epoch;
	if (loss->epoch != epoch || loss->first == 0) {
		loss->epoch = epoch;
		loss->first = now;
	}
	loss->last = now;
	loss->count += 1;
	if (!exchange.losses) /* shared by all CPUs: written as rarely as can be */
		exchange.losses = 1;
	return 0;
}

/* The recorder sleeps for a tenth of a second while little happens: more than the rings hold of much. A record that is
 * discarded is passed by, and wakes as any other. */
__attribute__((noinline)) int wake_recorder(void)
{
	exchange.rest = 0;
	void *nothing = bpf_ringbuf_reserve(&ring_urgent, 8, 0);
	if (nothing)
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* While the recorder does not rest this costs one comparison. */
always_inline void wake_if_filling(void *ring)
{
	uint32_t limit = exchange.rest;
	if (limit && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > limit)
		wake_recorder();
}

/* Room for a record of a size known now, in place. Null when there is none: counted. */
always_inline void *reserve(uint32_t lane, uint64_t size, uint64_t cgroup)
{
	void *record = 0;
	if (lane == AT_LANE_LIFECYCLE) {
		wake_if_filling(&ring_lifecycle);
		record = bpf_ringbuf_reserve(&ring_lifecycle, size, 0);
	} else if (lane == AT_LANE_URGENT)
		record = bpf_ringbuf_reserve(&ring_urgent, size, 0);
	else {
		void *ring = ring_of(lane);
		if (ring) {
			wake_if_filling(ring);
			record = bpf_ringbuf_reserve(ring, size, 0);
		}
	}
	if (!record)
		count_loss(cgroup, lane, AT_LOSS_RING_FULL);
	return record;
}

/* Copies a finished record into its ring. Answers 0, or a negative number when there was no room (not counted here). */
always_inline long output(uint32_t lane, void *record, uint64_t size)
{
	if (lane == AT_LANE_LIFECYCLE) {
		wake_if_filling(&ring_lifecycle);
		return bpf_ringbuf_output(&ring_lifecycle, record, size, BPF_RB_NO_WAKEUP);
	}
	if (lane == AT_LANE_URGENT)
		return bpf_ringbuf_output(&ring_urgent, record, size, 0);
	void *ring = ring_of(lane);
	if (!ring)
		return -1;
	wake_if_filling(ring);
	return bpf_ringbuf_output(ring, record, size, BPF_RB_NO_WAKEUP);
}

#endif
