/* io_uring: what a process asks for without a call. Each request is told when it is complete, as the call that does the
 * same would be; names and addresses are the kernel's own copies.
 *
 * io_uring_submit_req, not the submission queue: requests are prepared by then, whoever took them up (io_uring_enter or
 * the polling thread). io_uring_complete, for the result: in whatever task that happens. It misses successes of requests
 * that asked for silence (IOSQE_CQE_SKIP_SUCCESS): their submission is told.
 */
#ifndef AFTERTRACE_RING_BPF_H
#define AFTERTRACE_RING_BPF_H

#ifndef AT_READS_BY_CALL
#include "ring_types.bpf.h"
#include "transfer.bpf.h"

#define RING_BIT(opcode) (1ull << (opcode))
#define RING_TRANSFERS                                                                                             \
	(RING_BIT(RING_READV) | RING_BIT(RING_WRITEV) | RING_BIT(RING_READ_FIXED) | RING_BIT(RING_WRITE_FIXED) |   \
	 RING_BIT(RING_READ) | RING_BIT(RING_WRITE) | RING_BIT(RING_SEND) | RING_BIT(RING_RECV) |                  \
	 RING_BIT(RING_SEND_ZC) | RING_BIT(RING_SENDMSG) | RING_BIT(RING_SENDMSG_ZC) | RING_BIT(RING_RECVMSG) |    \
	 RING_BIT(RING_READ_MULTISHOT))
#define RING_GIVEN                                                                                                 \
	(RING_BIT(RING_WRITEV) | RING_BIT(RING_WRITE_FIXED) | RING_BIT(RING_WRITE) | RING_BIT(RING_SEND) |         \
	 RING_BIT(RING_SEND_ZC))
#define RING_BUFFERED                                                                                              \
	(RING_BIT(RING_READ_FIXED) | RING_BIT(RING_WRITE_FIXED) | RING_BIT(RING_READ) | RING_BIT(RING_WRITE) |     \
	 RING_BIT(RING_SEND) | RING_BIT(RING_RECV) | RING_BIT(RING_SEND_ZC))
#define RING_VECTORED (RING_BIT(RING_READV) | RING_BIT(RING_WRITEV))
#define RING_MAKES_FILE                                                                                            \
	(RING_BIT(RING_OPENAT) | RING_BIT(RING_OPENAT2) | RING_BIT(RING_ACCEPT) | RING_BIT(RING_SOCKET))
#define IS_RING(opcode, set) ((opcode) < 64 && ((set) >> (opcode) & 1))

/* A request on its way. */
struct at_request {
	uint64_t id;      /* of its submission's record; 0: there is none */
	uint64_t time;
	uint64_t offset;  /* of reads and writes; ~0: where the file stands */
	uint64_t count;
	uint64_t address; /* of the buffer in user memory */
	uint64_t request; /* struct io_kiocb, where the key is not it */
	int32_t descriptor; /* -1: a slot of the ring's own table */
	uint8_t opcode;
	uint8_t flags; /* AT_RING_* */
	uint16_t entries; /* of the vector that `address` is of */
};

/* By struct io_kiocb; those with several results also by their ring and user data, an odd number. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, uint64_t);
	__type(value, struct at_request);
} requests SEC(".maps");

uint64_t submissions; /* so far: the next id */

always_inline uint64_t command_of(uint64_t request)
{
	return request + bpf_core_field_offset(struct io_kiocb, cmd);
}

always_inline uint64_t result_key(uint64_t ring, uint64_t user_data)
{
	return (ring * MIX ^ user_data) * MIX | 1;
}

/* A path that the kernel has copied, and where it starts when it is relative. */
__attribute__((noinline)) int put_ring_path(struct at_scratch *scratch, uint64_t cgroup, uint64_t filename, int directory,
					    uint32_t ids)
{
	if (!scratch)
		return -1;
	uint64_t name = get_address(typed(filename, filename), name);
	put_kernel_string(scratch, name, ids & 0xff);
	char first = 0;
	bpf_probe_read_kernel(&first, 1, (const void *)name);
	if (first != '/' && ids >> 8)
		put_base(scratch, cgroup, directory, ids >> 8);
	return 0;
}

#define PATH_IDS (AT_FIELD_PATH | AT_FIELD_BASE << 8)
#define SECOND_PATH_IDS (AT_FIELD_SECOND_PATH | AT_FIELD_SECOND_BASE << 8)

/* Requests that name files. Arguments as the call has them. Answers whether it is one. */
__attribute__((noinline)) int put_ring_names(struct at_scratch *scratch, struct at_context *call, uint64_t command,
					     uint32_t opcode)
{
	if (!scratch || !call)
		return 0;
	uint64_t cgroup = call->cgroup;
	switch (opcode) {
	case RING_OPENAT:
	case RING_OPENAT2:
		if (bpf_core_type_exists(struct io_open)) {
			struct io_open *open = typed(io_open, command);
			call->arguments[1] = (int64_t)open->dfd;
			call->arguments[3] = open->how.flags;
			call->arguments[4] = open->how.mode;
			call->arguments[5] = open->how.resolve;
			put_ring_path(scratch, cgroup, get_address(open, filename), open->dfd, PATH_IDS);
			return open->file_slot ? 2 : 1;
		}
		return 0;
	case RING_STATX:
		if (bpf_core_type_exists(struct io_statx)) {
			struct io_statx *statx = typed(io_statx, command);
			call->arguments[1] = (int64_t)statx->dfd;
			call->arguments[3] = statx->flags;
			call->arguments[4] = statx->mask;
			put_ring_path(scratch, cgroup, get_address(statx, filename), statx->dfd, PATH_IDS);
			return 1;
		}
		return 0;
	case RING_UNLINKAT:
		if (bpf_core_type_exists(struct io_unlink)) {
			struct io_unlink *unlink = typed(io_unlink, command);
			call->arguments[1] = (int64_t)unlink->dfd;
			call->arguments[3] = unlink->flags;
			put_ring_path(scratch, cgroup, get_address(unlink, filename), unlink->dfd, PATH_IDS);
			return 1;
		}
		return 0;
	case RING_MKDIRAT:
		if (bpf_core_type_exists(struct io_mkdir)) {
			struct io_mkdir *mkdir = typed(io_mkdir, command);
			call->arguments[1] = (int64_t)mkdir->dfd;
			call->arguments[3] = mkdir->mode;
			put_ring_path(scratch, cgroup, get_address(mkdir, filename), mkdir->dfd, PATH_IDS);
			return 1;
		}
		return 0;
	case RING_RENAMEAT:
		if (bpf_core_type_exists(struct io_rename)) {
			struct io_rename *rename = typed(io_rename, command);
			call->arguments[1] = (int64_t)rename->old_dfd;
			call->arguments[3] = (int64_t)rename->new_dfd;
			call->arguments[5] = rename->flags;
			put_ring_path(scratch, cgroup, get_address(rename, oldpath), rename->old_dfd, PATH_IDS);
			put_ring_path(scratch, cgroup, get_address(rename, newpath), rename->new_dfd, SECOND_PATH_IDS);
			__sync_fetch_and_add(&renames, 1);
			return 1;
		}
		return 0;
	case RING_LINKAT:
	case RING_SYMLINKAT:
		if (bpf_core_type_exists(struct io_link)) {
			struct io_link *link = typed(io_link, command);
			int is_text = opcode == RING_SYMLINKAT;
			call->arguments[is_text ? 2 : 3] = (int64_t)link->new_dfd;
			if (!is_text) {
				call->arguments[1] = (int64_t)link->old_dfd;
				call->arguments[5] = link->flags;
			}
			put_ring_path(scratch, cgroup, get_address(link, oldpath), link->old_dfd,
				      is_text ? AT_FIELD_PATH : PATH_IDS);
			put_ring_path(scratch, cgroup, get_address(link, newpath), link->new_dfd, SECOND_PATH_IDS);
			return 1;
		}
		return 0;
	}
	return 0;
}

/* The address that a request names: the kernel's copy where there is one already, else the program's. */
__attribute__((noinline)) int put_ring_address(struct at_scratch *scratch, uint64_t request, uint64_t user, uint32_t length,
					       uint32_t is_message)
{
	if (!scratch || length == 0)
		return 0;
	uint64_t data = get_address(typed(io_kiocb, request), async_data);
	if (!data || !bpf_core_field_exists(struct io_async_msghdr, addr)) {
		if (user)
			put_user_bytes(scratch, user, length, AT_FIELD_ADDRESS, 128);
		return user != 0;
	}
	uint32_t at = scratch->length;
	if (at > AT_SCRATCH_LIMIT)
		return 0;
	if (length > 128)
		length = 128;
	/* connect and bind keep the address alone (6.18, and before 6.10) or as a message does: families are small numbers. */
	uint16_t family = 0;
	bpf_probe_read_kernel(&family, sizeof(family), (const void *)data);
	uint64_t from = data;
	if (is_message || family == 0 || family > AF_GREATEST)
		from += bpf_core_field_offset(struct io_async_msghdr, addr);
	if (bpf_probe_read_kernel(&scratch->data[at + sizeof(struct at_field)], length, (const void *)from) < 0)
		return 0;
	end_field(scratch, at, length, AT_FIELD_ADDRESS, 0);
	return 1;
}

/* Requests on sockets that name an address, and those on descriptors that will be gone, or are two. */
__attribute__((noinline)) int put_ring_subjects(struct at_scratch *scratch, struct at_context *call, uint64_t request,
						struct at_request *known)
{
	if (!scratch || !call || !known)
		return 0;
	uint64_t command = command_of(request);
	switch (known->opcode) {
	case RING_CONNECT:
		if (bpf_core_type_exists(struct io_connect)) {
			struct io_connect *connect = typed(io_connect, command);
			call->arguments[3] = connect->addr_len;
			put_ring_address(scratch, request, get_address(connect, addr), connect->addr_len, 0);
			return 1;
		}
		return 0;
	case RING_BIND:
		if (bpf_core_type_exists(struct io_bind)) {
			struct io_bind *bind = typed(io_bind, command);
			call->arguments[3] = bind->addr_len;
			put_ring_address(scratch, request, 0, bind->addr_len, 0);
			return 1;
		}
		return 0;
	case RING_SEND:
	case RING_SEND_ZC:
	case RING_SENDMSG:
	case RING_SENDMSG_ZC:
		if (bpf_core_field_exists(struct io_async_msghdr, addr)) {
			uint64_t data = get_address(typed(io_kiocb, request), async_data);
			if (!data)
				return 0;
			struct io_async_msghdr *message = typed(io_async_msghdr, data);
			if (known->opcode == RING_SENDMSG || known->opcode == RING_SENDMSG_ZC)
				known->count = get_address(message, msg.msg_iter.count);
			if (!get_address(message, msg.msg_name))
				return 0;
			return put_ring_address(scratch, request, 0, get(message, msg.msg_namelen), 1);
		}
		return 0;
	case RING_CLOSE:
		if (bpf_core_type_exists(struct io_close)) {
			struct io_close *close = typed(io_close, command);
			if (close->file_slot)
				return 2;
			known->descriptor = close->fd;
			call->arguments[1] = close->fd;
			put_descriptor(scratch, call->cgroup, close->fd, AT_FIELD_FILE, 0);
			return 1;
		}
		return 0;
	case RING_SPLICE:
	case RING_TEE:
		if (bpf_core_type_exists(struct io_splice)) {
			struct io_splice *splice = typed(io_splice, command);
			int is_tee = known->opcode == RING_TEE;
			int from = splice->flags & SPLICE_IN_IS_SLOT ? -1 : splice->splice_fd_in;
			call->arguments[1] = (int64_t)from;
			call->arguments[is_tee ? 2 : 3] = (int64_t)known->descriptor;
			call->arguments[is_tee ? 3 : 5] = splice->len;
			call->arguments[is_tee ? 4 : 6] = splice->flags & ~SPLICE_IN_IS_SLOT;
			if (from >= 0)
				put_descriptor(scratch, call->cgroup, from, AT_FIELD_FILE, 0);
			if (known->descriptor >= 0)
				put_descriptor(scratch, call->cgroup, known->descriptor, AT_FIELD_SECOND_FILE, 0);
			return 1;
		}
		return 0;
	}
	return 0;
}

/* What a request asks for that has to be noted now: it is gone or changed when the request is complete. */
always_inline void note_request(struct at_request *known, uint64_t command)
{
	switch (known->opcode) {
	case RING_READV:
	case RING_WRITEV:
	case RING_READ_FIXED:
	case RING_WRITE_FIXED:
	case RING_READ:
	case RING_WRITE:
	case RING_READ_MULTISHOT:
		if (bpf_core_type_exists(struct io_rw)) {
			struct io_rw *transfer = typed(io_rw, command);
			known->offset = get_address(transfer, kiocb.ki_pos);
			known->count = transfer->len;
			known->address = get_address(transfer, addr);
			if (known->opcode == RING_READV || known->opcode == RING_WRITEV) {
				struct at_vector vector = {};
				sum_vector(&vector, known->address, known->count, 0);
				known->entries = known->count < VECTOR_BUFFERS ? known->count : VECTOR_BUFFERS;
				known->count = vector.bytes;
			}
			if (known->opcode == RING_READ_MULTISHOT)
				known->flags |= AT_RING_MORE;
		}
		return;
	case RING_SEND:
	case RING_RECV:
	case RING_SEND_ZC:
	case RING_RECVMSG:
		if (bpf_core_type_exists(struct io_sr_msg)) {
			struct io_sr_msg *message = typed(io_sr_msg, command);
			if (known->opcode != RING_RECVMSG) {
				known->count = (uint32_t)message->len;
				known->address = get_address(message, buf);
			}
			if ((known->opcode == RING_RECV || known->opcode == RING_RECVMSG) &&
			    message->flags & RECV_MULTISHOT)
				known->flags |= AT_RING_MORE;
		}
		return;
	case RING_ACCEPT:
		if (bpf_core_type_exists(struct io_accept)) {
			struct io_accept *accept = typed(io_accept, command);
			if (accept->file_slot)
				known->flags |= AT_RING_DIRECT;
			if (accept->iou_flags & ACCEPT_MULTISHOT)
				known->flags |= AT_RING_MORE;
		}
		return;
	case RING_SOCKET:
		if (bpf_core_type_exists(struct io_socket) && typed(io_socket, command)->file_slot)
			known->flags |= AT_RING_DIRECT;
		return;
	}
}

always_inline void fill_ring(struct at_ring *record, struct task_struct *task, struct at_context *call,
			     const struct at_request *known)
{
	fill_header(&record->header, task, call->cgroup, call->flags | AT_FLAG_VIA_RING, -1, 0, AT_FORM_RING, call->lane);
	record->result = call->result;
	for (int i = 0; i < 6; i++)
		record->arguments[i] = call->arguments[i + 1];
	record->id = known->id;
	record->duration = record->header.time - known->time;
	record->descriptor = known->descriptor;
	record->opcode = known->opcode;
	record->flags = known->flags;
	record->stage = 0;
	record->unused = 0;
}

/* The record of a submission, where there is something to tell by now. */
__attribute__((noinline)) int send_submission(struct at_request *known, uint64_t request, uint64_t cgroup)
{
	if (!known)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	struct at_scratch *scratch = take_scratch(scratch_events);
	if (!scratch) {
		count_loss(cgroup, AT_LANE_ACTIVITY, AT_LOSS_SCRATCH);
		return 0;
	}
	struct at_context call = {.cgroup = cgroup, .lane = AT_LANE_ACTIVITY};
	call.arguments[1] = (int64_t)known->descriptor;
	scratch->length = sizeof(struct at_ring);
	int told = put_ring_names(scratch, &call, command_of(request), known->opcode);
	if (!told)
		told = put_ring_subjects(scratch, &call, request, known);
	if (told == 2)
		known->flags |= AT_RING_DIRECT;
	/* One that asked for silence has no other record. */
	if (!told && !(known->flags & AT_RING_SILENT)) {
		scratch->busy = 0;
		return 0;
	}
	known->id = (uint64_t)__sync_fetch_and_add(&submissions, 1) + 1;
	struct at_ring *record = (struct at_ring *)scratch->data;
	call.flags = scratch->flags;
	fill_ring(record, task, &call, known);
	record->stage = AT_RING_SUBMITTED;
	send_scratch(scratch, AT_LANE_ACTIVITY, cgroup);
	return 0;
}

always_inline int has_submission(uint32_t opcode)
{
	return opcode < 64 && (RING_TOLD_EARLY >> opcode & 1);
}

always_inline int is_ring_recorded(struct task_struct *task, uint64_t cgroup)
{
	return is_recorded(task, cgroup) || (uint32_t)task->pid == configuration.ring_test_tid;
}

SEC("tp_btf/io_uring_submit_req")
int on_ring_submit(uint64_t *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint64_t cgroup = cgroup_of(task);
	if (!is_ring_recorded(task, cgroup))
		return 0;
	uint64_t request = 0;
	bpf_probe_read_kernel(&request, sizeof(request), context); /* as a number */
	struct io_kiocb *source = typed(io_kiocb, request);
	struct at_request known = {.time = bpf_ktime_get_boot_ns(), .opcode = source->opcode, .offset = ~0ull};
	uint32_t flags = get_address(source, flags);
	known.descriptor = flags & REQUEST_FIXED_FILE ? -1 : get(source, cqe.fd);
	if (flags & REQUEST_SILENT)
		known.flags |= AT_RING_SILENT;
	note_request(&known, command_of(request));
	if (has_submission(known.opcode) || known.flags & AT_RING_SILENT)
		send_submission(&known, request, cgroup);
	if (known.flags & AT_RING_MORE) {
		uint64_t several = result_key(get_address(source, ctx), get_address(source, cqe.user_data));
		known.request = request;
		bpf_map_update_elem(&requests, &several, &known, BPF_ANY);
	}
	bpf_map_update_elem(&requests, &request, &known, BPF_ANY);
	return 0;
}

/* A request that could not be prepared: it was not submitted, and its completion tells the error. */
SEC("tp_btf/io_uring_req_failed")
int on_ring_refuse(uint64_t *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	if (!is_ring_recorded(task, cgroup_of(task)))
		return 0;
	uint64_t request = 0;
	bpf_probe_read_kernel(&request, sizeof(request), context + 1);
	struct at_request known = {
		.time = bpf_ktime_get_boot_ns(), .opcode = typed(io_kiocb, request)->opcode, .offset = ~0ull, .descriptor = -1};
	bpf_map_update_elem(&requests, &request, &known, BPF_ANY);
	return 0;
}

/* Arguments that a request still holds when it is complete. */
__attribute__((noinline)) int read_arguments(struct at_context *call, uint64_t command, struct at_request *known)
{
	if (!call || !known)
		return 0;
	call->arguments[1] = (int64_t)known->descriptor;
	switch (known->opcode) {
	case RING_SOCKET:
		if (bpf_core_type_exists(struct io_socket)) {
			struct io_socket *socket = typed(io_socket, command);
			call->arguments[1] = socket->domain;
			call->arguments[2] = socket->type | socket->flags;
			call->arguments[3] = socket->protocol;
		}
		return 0;
	case RING_ACCEPT:
		if (bpf_core_type_exists(struct io_accept))
			call->arguments[4] = typed(io_accept, command)->flags;
		return 0;
	case RING_LISTEN:
		if (bpf_core_type_exists(struct io_listen))
			call->arguments[2] = typed(io_listen, command)->backlog;
		return 0;
	case RING_SHUTDOWN:
		if (bpf_core_type_exists(struct io_shutdown))
			call->arguments[2] = typed(io_shutdown, command)->how;
		return 0;
	case RING_FTRUNCATE:
		if (bpf_core_type_exists(struct io_ftrunc))
			call->arguments[2] = get_address(typed(io_ftrunc, command), len);
		return 0;
	case RING_FALLOCATE:
		if (bpf_core_type_exists(struct io_sync)) {
			struct io_sync *sync = typed(io_sync, command);
			call->arguments[2] = sync->mode;
			call->arguments[3] = get_address(sync, off);
			call->arguments[4] = get_address(sync, len);
		}
		return 0;
	case RING_EPOLL_CTL:
		if (bpf_core_type_exists(struct io_epoll)) {
			struct io_epoll *epoll = typed(io_epoll, command);
			call->arguments[1] = epoll->epfd;
			call->arguments[2] = epoll->op;
			call->arguments[3] = epoll->fd;
		}
		return 0;
	}
	if (IS_RING(known->opcode, RING_TRANSFERS)) {
		call->arguments[2] = known->offset;
		call->arguments[3] = known->count;
	}
	return 0;
}

/* What a request transferred, where it can still be read: in its own process, from its own buffer. */
__attribute__((noinline)) int put_ring_payload(struct at_scratch *scratch, struct at_request *known, uint64_t result,
					       uint64_t file, uint32_t class)
{
	if (!scratch || !known)
		return 0;
	struct at_file subject = {.payload_class = class};
	uint32_t is_given = IS_RING(known->opcode, RING_GIVEN);
	uint32_t limit = payload_limit(&subject, known->descriptor, is_given);
	if (!limit || known->address == 0)
		return 0;
	if (!is_given && class == AT_PAYLOAD_TERMINAL && configuration.masks_hidden_input && is_hidden_file(file))
		return put_masked(scratch, result);
	struct at_payload_source source = {.address = known->address, .length = result, .limit = limit};
	if (IS_RING(known->opcode, RING_VECTORED))
		source.entries = known->entries;
	return put_payload(scratch, &source);
}

/* The file of a completed request: the one it made, or the one it was about. */
__attribute__((noinline)) int put_ring_file(struct at_scratch *scratch, struct at_context *call, struct at_request *known,
					    uint64_t request)
{
	if (!scratch || !call || !known)
		return 0;
	struct task_struct *current = bpf_get_current_task_btf();
	struct at_subject subject = {};
	uint64_t file = 0;
	int is_own = !(current->flags & PF_KTHREAD);
	if (IS_RING(known->opcode, RING_MAKES_FILE)) {
		if (call->result < 0 || known->flags & AT_RING_DIRECT || !is_own)
			return 0;
		file = file_of(current, (uint32_t)call->result);
		subject.fresh = 1;
	} else if (!has_submission(known->opcode) || IS_RING(known->opcode, RING_TRANSFERS) ||
		   known->opcode == RING_CONNECT || known->opcode == RING_BIND) {
		file = get_address(typed(io_kiocb, request), file);
	}
	/* A name would be told as the kernel's own thread sees it. */
	if (!file || !is_own)
		return 0;
	identify_file(&subject, current, file, call->cgroup);
	put_file(scratch, &subject.file, AT_FIELD_FILE);
	if (subject.file.type == AT_FILE_SOCKET && !IS_RING(known->opcode, RING_BUFFERED | RING_VECTORED))
		put_socket(scratch, file, 0);
	if (IS_RING(known->opcode, RING_BUFFERED | RING_VECTORED) && call->result > 0 && (uint32_t)current->tgid == call->arguments[0])
		put_ring_payload(scratch, known, call->result, file, subject.file.payload_class);
	return 0;
}

SEC("tp_btf/io_uring_complete")
int on_ring_complete(uint64_t *context)
{
	uint64_t key = context[1], request = key, ring = 0;
	int64_t result;
	if (request == 0) { /* one of several results */
		struct io_uring_cqe *entry = typed(io_uring_cqe, context[2]);
		bpf_probe_read_kernel(&ring, sizeof(ring), context);
		key = result_key(ring, get_address(entry, user_data));
		result = get(entry, res);
	} else
		result = get(typed(io_kiocb, request), cqe.res);
	struct at_request *found = bpf_map_lookup_elem(&requests, &key);
	if (!found)
		return 0;
	struct at_request known = *found;
	if (request == 0)
		request = known.request;
	else {
		bpf_map_delete_elem(&requests, &key);
		if (known.flags & AT_RING_MORE) {
			struct io_kiocb *last = typed(io_kiocb, request);
			uint64_t several = result_key(get_address(last, ctx), get_address(last, cqe.user_data));
			bpf_map_delete_elem(&requests, &several);
		}
	}
	struct io_kiocb *source = typed(io_kiocb, request);
	uint64_t owner = bpf_core_field_exists(source->task) ? get_address(source, task) :
							      get_address(get(source, tctx), task);
	struct task_struct *task = typed(task_struct, owner);
	struct at_context call = {.result = result, .cgroup = cgroup_of(task), .flags = AT_FLAG_WHOLE_DURATION};
	call.lane = IS_RING(known.opcode, RING_TRANSFERS) ? AT_LANE_DETAIL : AT_LANE_ACTIVITY;
	struct at_scratch *scratch = take_scratch(scratch_events);
	if (!scratch) {
		count_loss(call.cgroup, call.lane, AT_LOSS_SCRATCH);
		return 0;
	}
	if (!known.id || IS_RING(known.opcode, RING_TRANSFERS))
		read_arguments(&call, command_of(request), &known);
	scratch->length = sizeof(struct at_ring);
	call.arguments[0] = get(task, tgid);
	put_ring_file(scratch, &call, &known, request);
	struct at_ring *record = (struct at_ring *)scratch->data;
	call.flags |= scratch->flags;
	fill_ring(record, task, &call, &known);
	send_scratch(scratch, call.lane, call.cgroup);
	return 0;
}

#endif
#endif
