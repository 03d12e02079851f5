/* Calls that move bytes through one descriptor, written in place where nothing of the payload is kept; and what they share
 * with the calls that have more to tell: vectors, messages, the room for a record.
 */
#ifndef AFTERTRACE_TRANSFER_BPF_H
#define AFTERTRACE_TRANSFER_BPF_H

#include "blocked.bpf.h"
#include "payload.bpf.h"

#define VECTOR_LIMIT 16

struct at_vector {
	uint64_t bytes;
	uint32_t flags;
	uint32_t unused;
};

/* Sums the lengths of the first entries of an iovec array. */
__attribute__((noinline)) int sum_vector(struct at_vector *vector, uint64_t address, uint64_t entries, uint32_t compat)
{
	if (!vector)
		return 0;
	struct {
		uint64_t base, length;
	} full[VECTOR_LIMIT] = {};
	if (entries > VECTOR_LIMIT) {
		entries = VECTOR_LIMIT;
		vector->flags |= AT_FLAG_TRUNCATED;
	}
	uint32_t size = (uint32_t)entries * (compat ? 8 : 16);
	if (size > sizeof(full))
		return 0;
	if (bpf_probe_read_user(full, size, (const void *)address) < 0) {
		vector->flags |= AT_FLAG_UNREADABLE;
		return 0;
	}
	for (int i = 0; i < VECTOR_LIMIT; i++) {
		if (compat) {
			uint64_t pair = i & 1 ? full[i / 2].length : full[i / 2].base;
			vector->bytes += pair >> 32;
		} else
			vector->bytes += full[i].length;
	}
	return 0;
}

struct at_message {
	uint64_t name;
	uint64_t name_length;
	uint64_t vector;
	uint64_t entries;
	uint64_t control;
	uint64_t control_length;
};

/* The parts of a struct msghdr in user memory. Answers negative when it cannot be read. */
always_inline int read_message(struct at_message *message, uint64_t address, uint32_t compat)
{
	if (compat) {
		uint32_t halves[6] = {};
		if (bpf_probe_read_user(halves, sizeof(halves), (const void *)address) < 0)
			return -1;
		message->name = halves[0];
		message->name_length = halves[1];
		message->vector = halves[2];
		message->entries = halves[3];
		message->control = halves[4];
		message->control_length = halves[5];
		return 0;
	}
	/* As the struct has it, but for what pads its second word. */
	if (bpf_probe_read_user(message, sizeof(*message), (const void *)address) < 0)
		return -1;
	message->name_length = (uint32_t)message->name_length;
	return 0;
}

/* What the parts of a call's record need from the call. */
struct at_context {
	uint64_t arguments[8];
	int64_t result;
	uint64_t cgroup;
	uint64_t blocked; /* ns since it first slept; 0: it did not */
	uint32_t flags;
	uint16_t number;
	uint8_t abi;
	uint8_t lane;
	uint32_t wanted; /* as is_wanted has it */
	uint32_t unused;
};

/* Whether the call's lane is shed; counted. */
always_inline int is_shed(struct at_context *call)
{
	if (!(call->wanted >> (AT_SHED_SHIFT + (call->lane & 3)) & 1))
		return 0;
	count_loss(call->cgroup, call->lane, AT_LOSS_SHED);
	return 1;
}

/* Room for a record, and behind it for how long its call slept. */
always_inline void *reserve_call(struct at_context *call, uint64_t size)
{
	if (!call->blocked)
		return reserve(call->lane, size, call->cgroup);
	void *record = reserve(call->lane, size + sizeof(struct at_blocked), call->cgroup);
	if (record) {
		struct at_blocked *blocked = record + size;
		blocked->id = AT_FIELD_BLOCKED;
		blocked->flags = 0;
		blocked->length = sizeof(blocked->duration);
		blocked->duration = call->blocked;
	}
	return record;
}

always_inline void fill_transfer(struct at_transfer *record, struct at_context *call, struct task_struct *task,
				 const struct at_file *file, int32_t descriptor, uint64_t count, uint64_t offset,
				 uint8_t form)
{
	fill_header(&record->header, task, call->cgroup, call->flags, call->number, call->abi, form, call->lane);
	record->result = call->result;
	record->count = count;
	record->offset = offset;
	record->file = *file;
	record->descriptor = descriptor;
	record->unused = 0;
}

always_inline void put_blocked(struct at_scratch *scratch, uint64_t nanoseconds)
{
	uint32_t at = scratch->length;
	if (!nanoseconds || at > AT_SCRATCH_LIMIT)
		return;
	*(uint64_t *)&scratch->data[at + sizeof(struct at_field)] = nanoseconds;
	end_field(scratch, at, sizeof(nanoseconds), AT_FIELD_BLOCKED, 0);
}

/* Read and write families, and calls on one descriptor: written in place where nothing of the payload is kept. */
always_inline int transfer(struct at_context *call, const struct at_recipe *recipe, struct task_struct *task)
{
	struct at_subject subject = {};
	int32_t descriptor = call->arguments[recipe->descriptor & 7];
	uint8_t form = recipe->form;
	int32_t subject_descriptor = descriptor;
	if (recipe->flags & AT_RECIPE_RESULT_DESCRIPTOR && call->result >= 0)
		subject_descriptor = call->result;
	uint64_t file = file_of(task, (uint32_t)subject_descriptor);
	if (file)
		identify_file(&subject, task, file, call->cgroup);
	struct at_vector vector = {};
	if (recipe->vector | recipe->message) {
		uint64_t address = call->arguments[recipe->vector & 7];
		uint64_t entries = call->arguments[recipe->count & 7];
		uint32_t compat = recipe->flags & AT_RECIPE_COMPAT;
		struct at_message message = {};
		if (recipe->message) {
			if (read_message(&message, call->arguments[recipe->message & 7], compat) < 0)
				vector.flags |= AT_FLAG_UNREADABLE;
			address = message.vector;
			entries = message.entries;
		}
		if (address)
			sum_vector(&vector, address, entries, compat);
	} else
		vector.bytes = call->arguments[recipe->count & 7];

	uint64_t offset = form == AT_FORM_DESCRIPTOR ? call->arguments[2] :
			  recipe->offset	     ? call->arguments[recipe->offset & 7] :
						       ~0ull;
	call->flags |= vector.flags;
	uint32_t limit = recipe->payload && call->result > 0 ?
				 payload_limit(&subject.file, descriptor, recipe->payload & AT_PAYLOAD_GIVEN) :
				 0;
	struct at_scratch *scratch = limit ? take_scratch(scratch_events) : 0;
	if (scratch) {
		struct at_transfer *head = (struct at_transfer *)scratch->data;
		fill_transfer(head, call, task, &subject.file, descriptor, vector.bytes, offset, form);
		scratch->length = sizeof(*head);
		if (recipe->payload & AT_PAYLOAD_GIVEN || subject.file.payload_class != AT_PAYLOAD_TERMINAL ||
		    !configuration.masks_hidden_input || !is_hidden(task, descriptor)) {
			struct at_payload_source source = {
				.address = call->arguments[recipe->payload & 7],
				.length = call->result,
				.limit = limit,
				.compat = recipe->flags & AT_RECIPE_COMPAT,
			};
			if (recipe->vector)
				source.entries = call->arguments[recipe->count & 7];
			put_payload(scratch, &source);
		} else
			put_masked(scratch, call->result);
		put_blocked(scratch, call->blocked);
		send_scratch(scratch, call->lane, call->cgroup);
		return 0;
	}
	struct at_transfer *record = reserve_call(call, sizeof(*record));
	if (!record)
		return 0;
	fill_transfer(record, call, task, &subject.file, descriptor, vector.bytes, offset, form);
	record->header.field_count = call->blocked != 0;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

#endif
