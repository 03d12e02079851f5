/* Fields of a record under construction.
 *
 * Each function is global, so that the verifier proves it once and not once a caller. The bound is always the same:
 * a field starts at or below AT_SCRATCH_LIMIT, its header takes 8 bytes, its content AT_ARGV_MAX at most.
 */
#ifndef AFTERTRACE_FIELD_BPF_H
#define AFTERTRACE_FIELD_BPF_H

#include "credentials.bpf.h"
#include "emit.bpf.h"

#define AT_FIELD_NONE (-1)

/* Scratch space for this CPU; null when it is in use (counted by the caller) or the CPU is unknown. */
#define take_scratch(map)                                                  \
	({                                                                 \
		uint32_t index_ = bpf_get_smp_processor_id();              \
		struct at_scratch *taken_ = bpf_map_lookup_elem(&map, &index_); \
		if (taken_ && taken_->busy)                                \
			taken_ = 0;                                        \
		if (taken_) {                                              \
			taken_->busy = 1;                                  \
			taken_->length = 0;                                \
			taken_->flags = 0;                                 \
			taken_->fields = 0;                                \
		}                                                          \
		taken_;                                                    \
	})

/* Puts a finished record into its ring and gives the scratch space back. Answers negative when there was no room (not
 * counted here). */
always_inline long output_scratch(struct at_scratch *scratch, uint32_t lane)
{
	struct at_header *header = (struct at_header *)scratch->data;
	header->field_count = scratch->fields;
	uint32_t length = scratch->length;
	long sent = -1;
	if (length <= AT_SCRATCH_LIMIT)
		sent = output(lane, header, length);
	scratch->busy = 0;
	return sent;
}

/* The same, and counts what there was no room for. */
always_inline void send_scratch(struct at_scratch *scratch, uint32_t lane, uint64_t cgroup)
{
	if (output_scratch(scratch, lane) < 0)
		count_loss(cgroup, lane, AT_LOSS_RING_FULL);
}

/* Ends a field whose content lies at `at` + 8: writes its header, pads it. */
always_inline int end_field(struct at_scratch *scratch, uint32_t at, uint32_t length, uint32_t id, uint32_t flags)
{
	if (at > AT_SCRATCH_LIMIT || length > AT_ARGV_MAX)
		return AT_FIELD_NONE;
	struct at_field *field = (struct at_field *)&scratch->data[at];
	field->id = id;
	field->flags = flags;
	field->length = length;
	uint32_t end = at + sizeof(*field) + length;
	*(volatile uint64_t *)&scratch->data[end] = 0; /* what pads it is not of an earlier record */
	scratch->length = (end + 7) & ~7u;
	scratch->flags |= flags & (AT_FLAG_TRUNCATED | AT_FLAG_UNREADABLE);
	scratch->fields += 1;
	return at + sizeof(*field);
}

/* A string in user memory. Answers 1 when it is a relative path, 0 when it is absolute, negative when unreadable. */
__attribute__((noinline)) int put_user_string(struct at_scratch *scratch, uint64_t address, uint32_t id)
{
	if (!scratch)
		return -1;
	uint32_t at = scratch->length;
	if (at > AT_SCRATCH_LIMIT)
		return -1;
	char *content = (char *)&scratch->data[at + sizeof(struct at_field)];
	long got = bpf_probe_read_user_str(content, AT_STRING_MAX, (const void *)address);
	if (got < 1 || got > AT_STRING_MAX) {
		end_field(scratch, at, 0, id, AT_FLAG_UNREADABLE);
		return -1;
	}
	int relative = content[0] != '/';
	uint32_t length = got - 1;
	uint32_t flags = 0;
	if (got == AT_STRING_MAX) { /* exactly this long, or cut: the byte after tells */
		char next = 0;
		if (bpf_probe_read_user(&next, 1, (const void *)(address + AT_STRING_MAX - 1)) == 0 && next != 0)
			flags = AT_FLAG_TRUNCATED;
	}
	end_field(scratch, at, length, id, flags);
	return relative;
}

/* `length` bytes of user memory, of which at most `limit` are kept. */
__attribute__((noinline)) int put_user_bytes(struct at_scratch *scratch, uint64_t address, uint64_t length, uint32_t id,
					     uint32_t limit)
{
	if (!scratch)
		return -1;
	uint32_t at = scratch->length;
	if (at > AT_SCRATCH_LIMIT)
		return -1;
	uint32_t flags = 0;
	if (limit > AT_ARGV_MAX)
		limit = AT_ARGV_MAX;
	uint32_t kept = limit;
	if (length > limit)
		flags = AT_FLAG_TRUNCATED;
	else
		kept = length;
	kept &= 2 * AT_ARGV_MAX - 1;
	if (kept > AT_ARGV_MAX)
		return -1;
	if (bpf_probe_read_user(&scratch->data[at + sizeof(struct at_field)], kept, (const void *)address) < 0)
		return end_field(scratch, at, 0, id, AT_FLAG_UNREADABLE);
	return end_field(scratch, at, kept, id, flags);
}

/* A string in kernel memory. */
__attribute__((noinline)) int put_kernel_string(struct at_scratch *scratch, uint64_t address, uint32_t id)
{
	if (!scratch)
		return -1;
	uint32_t at = scratch->length;
	if (at > AT_SCRATCH_LIMIT)
		return -1;
	long got = bpf_probe_read_kernel_str(&scratch->data[at + sizeof(struct at_field)], AT_STRING_MAX,
					     (const void *)address);
	if (got < 1 || got > AT_STRING_MAX)
		return end_field(scratch, at, 0, id, AT_FLAG_UNREADABLE);
	return end_field(scratch, at, got - 1, id, got == AT_STRING_MAX ? AT_FLAG_TRUNCATED : 0);
}

/* A pointer to room for `size` bytes of content: the caller fills it. Null when the record is full. */
#define put_struct(scratch, type, id_)                                                          \
	({                                                                                      \
		struct type *content_ = 0;                                                      \
		uint32_t at_ = (scratch)->length;                                               \
		if (at_ <= AT_SCRATCH_LIMIT) {                                                  \
			content_ = (struct type *)&(scratch)->data[at_ + sizeof(struct at_field)]; \
			end_field(scratch, at_, sizeof(struct type), id_, 0);                   \
		}                                                                               \
		content_;                                                                       \
	})

/* The current task's credentials. */
__attribute__((noinline)) int put_credentials(struct at_scratch *scratch)
{
	if (!scratch)
		return -1;
	struct at_credentials *content = put_struct(scratch, at_credentials, AT_FIELD_CREDENTIALS);
	if (content)
		read_credentials(content, get_address(bpf_get_current_task_btf(), cred));
	return 0;
}

__attribute__((noinline)) int put_file(struct at_scratch *scratch, struct at_file *file, uint32_t id)
{
	if (!scratch || !file)
		return -1;
	struct at_file *content = put_struct(scratch, at_file, id);
	if (content)
		*content = *file;
	return 0;
}

#endif
