/* What was read, written, sent or received: the first bytes of it, by what it went through.
 *
 * Read from the process's own memory when the call has ended, from the buffers the call named. A field holds how much was
 * transferred in all, then what was kept. What a terminal hides while it is typed never leaves the kernel, unless the
 * recorder was told so.
 */
#ifndef AFTERTRACE_PAYLOAD_BPF_H
#define AFTERTRACE_PAYLOAD_BPF_H

#include "identity.bpf.h"

#define VECTOR_BUFFERS 8
#define MESSAGE_LIMIT 4
#define LFLAG_ICANON 0000002
#define LFLAG_ECHO 0000010
#define DNS_PORT 53

struct at_payload_source {
	uint64_t address;  /* a buffer, or an iovec array */
	uint64_t entries;  /* of the array; 0: a buffer */
	uint64_t length;   /* bytes transferred */
	uint32_t limit;    /* bytes kept at most */
	uint32_t compat;   /* 32-bit layouts */
};

/* How much of it is kept: by class, and more for what a process says on its standard output and error. */
always_inline uint32_t payload_limit(const struct at_file *file, int32_t descriptor, uint32_t is_given)
{
	uint32_t class = file->payload_class & (AT_PAYLOAD_CLASSES - 1);
	if (class == AT_PAYLOAD_NONE)
		return 0;
	uint32_t limit = configuration.payload_limits[class];
	if (is_given && (descriptor == 1 || descriptor == 2)) {
		uint32_t of_output = configuration.payload_limits[AT_PAYLOAD_OUTPUT];
		if (of_output > limit)
			limit = of_output;
	}
	return limit;
}

/* Whether a terminal reads a line without showing it: how programs ask for passwords. */
always_inline int is_hidden_file(uint64_t file)
{
	if (!file)
		return 0;
	struct tty_file_private *private = typed(tty_file_private, get(typed(file, file), private_data));
	struct tty_struct *tty = get(private, tty);
	uint32_t flags = get(tty, termios.c_lflag);
	return (flags & (LFLAG_ICANON | LFLAG_ECHO)) == LFLAG_ICANON;
}

always_inline int is_hidden(struct task_struct *task, int32_t descriptor)
{
	return is_hidden_file(file_of(task, (uint32_t)descriptor));
}

/* Copies from one buffer to where the field's content has come to. Answers where it is then. */
always_inline uint32_t gather(struct at_scratch *scratch, uint32_t at, uint32_t filled, uint64_t address, uint64_t length,
			      uint32_t limit, uint32_t *flags)
{
	if (filled >= limit || filled > AT_PAYLOAD_MAX)
		return filled;
	uint32_t kept = limit - filled;
	if (length < kept)
		kept = length;
	if (kept > AT_PAYLOAD_MAX || kept == 0)
		return filled;
	if (bpf_probe_read_user(&scratch->data[at + filled], kept, (const void *)address) < 0) {
		*flags |= AT_FLAG_UNREADABLE;
		return filled;
	}
	return filled + kept;
}

/* A field of the payload; what was unreadable is flagged and absent. The record begins the scratch space: little is
 * before it. */
__attribute__((noinline)) int put_payload(struct at_scratch *scratch, const struct at_payload_source *source)
{
	if (!scratch || !source)
		return -1;
	uint32_t at = scratch->length;
	if (at > AT_PAYLOAD_START_LIMIT)
		return -1;
	uint32_t content = at + sizeof(struct at_field) + sizeof(uint64_t);
	uint32_t limit = source->limit;
	if (limit > AT_PAYLOAD_MAX)
		limit = AT_PAYLOAD_MAX;
	uint64_t left = source->length;
	if (left < limit)
		limit = left;
	uint32_t filled = 0, flags = 0;
	if (!source->entries)
		filled = gather(scratch, content, 0, source->address, limit, limit, &flags);
	else
		for (uint32_t i = 0; i < VECTOR_BUFFERS; i++) {
			if (i >= source->entries || filled >= limit)
				break;
			uint64_t pair[2] = {};
			uint32_t halves[2] = {};
			if (source->compat) {
				if (bpf_probe_read_user(halves, 8, (const void *)(source->address + i * 8)) < 0)
					break;
				pair[0] = halves[0];
				pair[1] = halves[1];
			} else if (bpf_probe_read_user(pair, 16, (const void *)(source->address + i * 16)) < 0)
				break;
			filled = gather(scratch, content, filled, pair[0], pair[1], limit, &flags);
			if (flags)
				break;
		}
	if (filled > AT_PAYLOAD_MAX)
		return -1;
	*(uint64_t *)&scratch->data[at + sizeof(struct at_field)] = source->length;
	end_field(scratch, at, filled + sizeof(uint64_t), AT_FIELD_PAYLOAD, filled ? 0 : flags);
	return 0;
}

/* What was typed and not shown: how much it was, and nothing of it. */
__attribute__((noinline)) int put_masked(struct at_scratch *scratch, uint64_t length)
{
	if (!scratch)
		return -1;
	uint32_t at = scratch->length;
	if (at > AT_PAYLOAD_START_LIMIT)
		return -1;
	*(uint64_t *)&scratch->data[at + sizeof(struct at_field)] = length;
	end_field(scratch, at, sizeof(uint64_t), AT_FIELD_PAYLOAD, AT_FLAG_MASKED);
	return 0;
}

/* Whether an address in user memory is a name server's. */
always_inline int is_name_server(uint64_t address)
{
	uint16_t words[2] = {};
	if (!address || bpf_probe_read_user(words, sizeof(words), (const void *)address) < 0)
		return 0;
	return (words[0] == AF_INET || words[0] == AF_INET6) && words[1] == __builtin_bswap16(DNS_PORT);
}

#endif
