/* sys_exit, alone: the registers of the entry are still there, and an unwatched call costs one probe and not two.
 * It misses what never returns to its caller: a successful execve, exit_group. rt_sigreturn comes without its number.
 */
#ifndef AFTERTRACE_CALL_BPF_H
#define AFTERTRACE_CALL_BPF_H

#include "transfer.bpf.h"
#include "registers.bpf.h"

#define F_DUPFD 0
#define F_DUPFD_CLOEXEC 1030
#define ADDRESS_LIMIT 128

always_inline int raw_call(struct at_context *call, struct task_struct *task)
{
	struct at_call *record = reserve_call(call, sizeof(*record));
	if (!record)
		return 0;
	fill_header(&record->header, task, call->cgroup, call->flags, call->number, call->abi, AT_FORM_CALL, call->lane);
	record->result = call->result;
	for (int i = 0; i < 6; i++)
		record->arguments[i] = call->arguments[i + 1];
	record->header.field_count = call->blocked != 0;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

/* The directory that a relative path starts from: a dirfd, or the working directory. */
__attribute__((noinline)) int put_base(struct at_scratch *scratch, uint64_t cgroup, int descriptor, uint32_t id)
{
	if (!scratch)
		return -1;
	struct task_struct *task = bpf_get_current_task_btf();
	struct at_subject subject = {.fresh = 1};
	if (descriptor == AT_FDCWD) {
		struct fs_struct *fs = task->fs;
		identify_path(&subject, task, get_address(fs, pwd.dentry), get_address(fs, pwd.mnt), cgroup);
	} else {
		uint64_t file = file_of(task, (uint32_t)descriptor);
		if (file)
			identify_file(&subject, task, file, cgroup);
	}
	return put_file(scratch, &subject.file, id);
}

#define AT_JUST_OPENED 1
#define AT_TELLS_STATE 2

/* A descriptor's identity. Of a socket its addresses too, unless its name tells them: that changes when they do. Answers
 * its class of payload. */
__attribute__((noinline)) int put_descriptor(struct at_scratch *scratch, uint64_t cgroup, int descriptor, uint32_t id,
					     uint32_t how)
{
	if (!scratch)
		return -1;
	struct task_struct *task = bpf_get_current_task_btf();
	struct at_subject subject = {.fresh = how & AT_JUST_OPENED};
	uint64_t file = file_of(task, (uint32_t)descriptor);
	if (file)
		identify_file(&subject, task, file, cgroup);
	put_file(scratch, &subject.file, id);
	if (subject.file.type == AT_FILE_SOCKET && id != AT_FIELD_RIGHT_FILE && (how || !subject.file.id))
		put_socket(scratch, file, 0);
	return subject.file.payload_class;
}

/* A path argument and, when it is relative, where it starts. A null pointer that the kernel did not mind is no path. */
__attribute__((noinline)) int put_path(struct at_scratch *scratch, struct at_context *call, uint32_t path,
				       uint32_t directory, uint32_t ids)
{
	if (!scratch || !call)
		return -1;
	uint64_t address = call->arguments[path & 7];
	int relative = 1;
	if (address || call->result == -EFAULT)
		relative = put_user_string(scratch, address, ids & 0xff);
	if (relative == 1)
		put_base(scratch, call->cgroup, directory ? (int)call->arguments[directory & 7] : AT_FDCWD, ids >> 8);
	return 0;
}

__attribute__((noinline)) int put_address(struct at_scratch *scratch, struct at_context *call,
					  const struct at_recipe *recipe)
{
	if (!scratch || !call || !recipe)
		return -1;
	uint64_t address = call->arguments[recipe->address & 7];
	uint64_t length = (uint32_t)call->arguments[recipe->address_length & 7];
	if (recipe->message) {
		struct at_message message = {};
		if (read_message(&message, call->arguments[recipe->message & 7], recipe->flags & AT_RECIPE_COMPAT) < 0) {
			scratch->flags |= AT_FLAG_UNREADABLE;
			return 0;
		}
		address = message.name;
		length = message.name_length;
	} else if (recipe->flags & AT_RECIPE_ADDRESS_LENGTH_POINTER) {
		uint32_t told = 0;
		uint64_t pointer = call->arguments[recipe->address_length & 7];
		if (pointer && bpf_probe_read_user(&told, sizeof(told), (const void *)pointer) < 0)
			scratch->flags |= AT_FLAG_UNREADABLE;
		length = told;
		if (call->result < 0) /* nothing was filled in */
			address = 0;
	}
	if (address && length)
		put_user_bytes(scratch, address, length, AT_FIELD_ADDRESS, ADDRESS_LIMIT);
	return 0;
}

__attribute__((noinline)) int put_pair(struct at_scratch *scratch, uint64_t cgroup, uint64_t address)
{
	if (!scratch)
		return -1;
	struct at_pair {
		int32_t first, second;
	} pair = {};
	if (bpf_probe_read_user(&pair, sizeof(pair), (const void *)address) < 0) {
		scratch->flags |= AT_FLAG_UNREADABLE;
		return 0;
	}
	struct at_pair *content = put_struct(scratch, at_pair, AT_FIELD_PAIR);
	if (content)
		*content = pair;
	put_descriptor(scratch, cgroup, pair.first, AT_FIELD_FILE, AT_JUST_OPENED);
	put_descriptor(scratch, cgroup, pair.second, AT_FIELD_SECOND_FILE, AT_JUST_OPENED);
	return 0;
}

/* What went through a socket: the buffer, the vector of a message, or the first messages of an array. */
__attribute__((noinline)) int put_socket_payload(struct at_scratch *scratch, struct at_context *call,
						 const struct at_recipe *recipe, uint32_t class)
{
	if (!scratch || !call || !recipe)
		return -1;
	int32_t descriptor = call->arguments[recipe->descriptor & 7];
	uint32_t is_given = recipe->payload & AT_PAYLOAD_GIVEN;
	uint64_t address = call->arguments[recipe->payload & 7];
	struct at_file file = {.payload_class = class};
	struct at_payload_source source = {.length = call->result, .compat = recipe->flags & AT_RECIPE_COMPAT};
	uint64_t name = recipe->address ? call->arguments[recipe->address & 7] : 0;
	if (recipe->payload & AT_PAYLOAD_MESSAGES) {
		if (source.compat)
			return 0;
		for (uint32_t i = 0; i < MESSAGE_LIMIT; i++) {
			if (i >= call->result)
				break;
			/* struct mmsghdr: a struct msghdr of 56 bytes, then how much went through. */
			struct at_message message = {};
			uint32_t length = 0;
			uint64_t at = address + i * 64;
			if (read_message(&message, at, 0) < 0 ||
			    bpf_probe_read_user(&length, sizeof(length), (const void *)(at + 56)) < 0)
				break;
			if (class == AT_PAYLOAD_SOCKET && is_name_server(message.name))
				file.payload_class = AT_PAYLOAD_DNS;
			source.address = message.vector;
			source.entries = message.entries;
			source.length = length;
			source.limit = payload_limit(&file, descriptor, is_given);
			if (source.limit && length)
				put_payload(scratch, &source);
		}
		return 0;
	}
	source.address = address;
	if (recipe->message) {
		struct at_message message = {};
		if (read_message(&message, address, source.compat) < 0)
			return 0;
		name = message.name;
		source.address = message.vector;
		source.entries = message.entries;
	}
	if (class == AT_PAYLOAD_SOCKET && is_name_server(name))
		file.payload_class = AT_PAYLOAD_DNS;
	source.limit = payload_limit(&file, descriptor, is_given);
	if (source.limit)
		put_payload(scratch, &source);
	return 0;
}

#define O_ACCMODE 3
#define O_CREAT 0100
#define O_TRUNC 01000
#define O_TMPFILE_BIT 020000000

/* i386 socketcall: which call it stands for, then a pointer to that call's arguments. Becomes the call itself, by the
 * number that this interface has for it since 4.3. Negative: it stays what it is. */
__attribute__((noinline)) int unpack_socketcall(struct at_context *call)
{
	/* Number and count of arguments: socket, bind, connect, listen, accept (as accept4 without flags) ... */
	static const uint16_t numbers[32] = {0,	  359, 361, 362, 363, 364, 367, 368, 360, 369, 371,
					     369, 371, 373, 366, 365, 370, 372, 364, 337, 345};
	static const uint8_t counts[32] = {0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4, 6, 6, 2, 5, 5, 3, 3, 4, 5, 4};
	if (!call)
		return -1;
	uint32_t which = call->arguments[1];
	if (which == 0 || which > 20)
		return -1;
	uint32_t words[8] = {};
	uint32_t size = counts[which & 31] * 4;
	if (size > sizeof(words))
		return -1;
	if (bpf_probe_read_user(words, size, (const void *)call->arguments[2]) < 0) {
		call->flags |= AT_FLAG_UNREADABLE;
		return -1;
	}
	for (int i = 0; i < 6; i++)
		call->arguments[i + 1] = words[i];
	call->number = numbers[which & 31];
	return 0;
}

/* openat2: flags, mode and resolve take the place of the pointer to them. */
__attribute__((noinline)) int unpack_open_how(struct at_context *call)
{
	if (!call)
		return -1;
	uint64_t how[3] = {};
	if (bpf_probe_read_user(how, sizeof(how), (const void *)call->arguments[3]) < 0) {
		call->flags |= AT_FLAG_UNREADABLE;
		return -1;
	}
	for (int i = 0; i < 3; i++)
		call->arguments[i + 3] = how[i];
	return 0;
}

/* Strings that are no paths. A null pointer that the kernel did not mind is no string. */
__attribute__((noinline)) int put_text(struct at_scratch *scratch, struct at_context *call, uint32_t argument, uint32_t id)
{
	if (!scratch || !call)
		return -1;
	uint64_t address = call->arguments[argument & 7];
	if (address || call->result == -EFAULT)
		put_user_string(scratch, address, id);
	return 0;
}

/* What lies behind a pointer. Below a page there is none: some calls take small numbers in the same place. */
__attribute__((noinline)) int put_struct_argument(struct at_scratch *scratch, struct at_context *call,
						  const struct at_recipe *recipe)
{
	if (!scratch || !call || !recipe)
		return -1;
	uint64_t address = call->arguments[recipe->bytes & 7];
	uint64_t length = recipe->count;
	if (recipe->bytes_length)
		length *= (uint32_t)call->arguments[recipe->bytes_length & 7];
	if (address >= 4096 && length > 0)
		put_user_bytes(scratch, address, length, AT_FIELD_BYTES, AT_BYTES_MAX);
	return 0;
}

#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define CONTROL_LIMIT 4
#define SCM_MAX_FD 253

/* The descriptors that a message carries, and the files behind the first of them. Among a message's control data it is
 * one of the first few parts: their number is not known to the kernel before it has gone through them. */
__attribute__((noinline)) int put_rights(struct at_scratch *scratch, struct at_context *call,
					 const struct at_recipe *recipe)
{
	if (!scratch || !call || !recipe)
		return -1;
	uint32_t compat = recipe->flags & AT_RECIPE_COMPAT;
	uint32_t head = compat ? 12 : 16, align = compat ? 3 : 7;
	struct at_message message = {};
	if (read_message(&message, call->arguments[recipe->message & 7], compat) < 0)
		return 0;
	uint64_t at = message.control, end = at + message.control_length;
	if (at == 0)
		return 0;
	for (int i = 0; i < CONTROL_LIMIT && at + head < end; i++) {
		uint32_t words[4] = {};
		if (bpf_probe_read_user(words, sizeof(words), (const void *)at) < 0)
			return 0;
		uint32_t length = words[0], level = compat ? words[1] : words[2], type = compat ? words[2] : words[3];
		if (length <= head)
			return 0;
		if (level == SOL_SOCKET && type == SCM_RIGHTS) {
			int32_t numbers[AT_RIGHTS_MAX];
			__builtin_memset(numbers, -1, sizeof(numbers));
			length -= head;
			put_user_bytes(scratch, at + head, length, AT_FIELD_RIGHTS, SCM_MAX_FD * 4);
			call->lane = AT_LANE_ACTIVITY;
			uint32_t kept = length < sizeof(numbers) ? length : sizeof(numbers);
			if (bpf_probe_read_user(numbers, kept & 63, (const void *)(at + head)) < 0)
				return 0;
			for (int j = 0; j < AT_RIGHTS_MAX; j++)
				if (numbers[j] >= 0)
					put_descriptor(scratch, call->cgroup, numbers[j], AT_FIELD_RIGHT_FILE,
						       AT_JUST_OPENED);
			return 0;
		}
		at += (length + align) & ~(uint64_t)align;
	}
	return 0;
}

/* connect that did not wait: the socket is remembered, so that its outcome is told when its state changes. */
__attribute__((noinline)) int expect_outcome(struct at_context *call)
{
	if (!call)
		return -1;
	struct task_struct *task = bpf_get_current_task_btf();
	uint64_t file = file_of(task, (uint32_t)call->arguments[1]);
	if (!file || (get(get(typed(file, file), f_inode), i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	struct at_outcome outcome = {};
	struct at_subject subject = {};
	identify_file(&subject, task, file, call->cgroup);
	outcome.file = subject.file;
	outcome.descriptor = call->arguments[1];
	fill_header(&outcome.header, task, call->cgroup, 0, call->number, call->abi, AT_FORM_OUTCOME, AT_LANE_ACTIVITY);
	uint64_t sock = sock_of(file);
	bpf_map_update_elem(&connecting, &sock, &outcome, BPF_ANY);
	/* It came before we did: the record of the call itself says so. */
	if (get(typed(sock, sock), __sk_common.skc_state) != TCP_SYN_SENT)
		bpf_map_delete_elem(&connecting, &sock);
	return 0;
}

/* sendmsg, recvmsg: the bytes that the vector asks for take the place of the sixth argument, which they lack. */
__attribute__((noinline)) int sum_message(struct at_context *call, const struct at_recipe *recipe)
{
	if (!call || !recipe)
		return -1;
	uint32_t compat = recipe->flags & AT_RECIPE_COMPAT;
	struct at_message message = {};
	struct at_vector vector = {};
	if (read_message(&message, call->arguments[recipe->message & 7], compat) == 0 && message.vector)
		sum_vector(&vector, message.vector, message.entries, compat);
	call->arguments[6] = vector.bytes;
	call->flags |= vector.flags;
	return 0;
}

/* The fields that a recipe asks for, after an at_call. */
__attribute__((noinline)) int put_fields(struct at_scratch *scratch, struct at_context *call,
					 const struct at_recipe *recipe)
{
	if (!scratch || !call || !recipe)
		return -1;
	uint64_t cgroup = call->cgroup;
	uint32_t class = AT_PAYLOAD_NONE;
	if (recipe->path)
		put_path(scratch, call, recipe->path, recipe->directory, AT_FIELD_PATH | AT_FIELD_BASE << 8);
	if (recipe->second_path && call->result >= 0)
		__sync_fetch_and_add(&renames, 1);
	if (recipe->second_path)
		put_path(scratch, call, recipe->second_path, recipe->second_directory,
			 AT_FIELD_SECOND_PATH | AT_FIELD_SECOND_BASE << 8);
	if (recipe->flags & AT_RECIPE_RESULT_DESCRIPTOR && call->result >= 0)
		put_descriptor(scratch, cgroup, call->result, AT_FIELD_FILE, AT_JUST_OPENED);
	else if (recipe->descriptor)
		class = put_descriptor(scratch, cgroup, call->arguments[recipe->descriptor & 7], AT_FIELD_FILE,
				       recipe->more & AT_MORE_OUTCOME ? AT_TELLS_STATE : 0);
	if (recipe->address | recipe->message)
		put_address(scratch, call, recipe);
	if (recipe->payload && call->result > 0)
		put_socket_payload(scratch, call, recipe, class);
	if (recipe->pair && call->result >= 0)
		put_pair(scratch, cgroup, call->arguments[recipe->pair & 7]);
	return 0;
}

/* What few calls have. */
__attribute__((noinline)) int put_more_fields(struct at_scratch *scratch, struct at_context *call,
					      const struct at_recipe *recipe)
{
	if (!scratch || !call || !recipe)
		return -1;
	if (recipe->text)
		put_text(scratch, call, recipe->text, AT_FIELD_TEXT);
	if (recipe->second_text)
		put_text(scratch, call, recipe->second_text, AT_FIELD_SECOND_TEXT);
	if (recipe->third_text)
		put_text(scratch, call, recipe->third_text, AT_FIELD_THIRD_TEXT);
	if (recipe->second_descriptor)
		put_descriptor(scratch, call->cgroup, call->arguments[recipe->second_descriptor & 7],
			       AT_FIELD_SECOND_FILE, 0);
	if (recipe->bytes)
		put_struct_argument(scratch, call, recipe);
	if (recipe->more & AT_MORE_CREDENTIALS)
		put_credentials(scratch);
	if (recipe->more & AT_MORE_RIGHTS && call->result >= 0)
		put_rights(scratch, call, recipe);
	return 0;
}

/* Whether a call is to be taken apart; chooses its lane. */
always_inline int is_chosen(struct at_context *call, const struct at_recipe *recipe)
{
	uint64_t argument = (uint32_t)call->arguments[recipe->choice & 7];
	if (recipe->more & AT_MORE_CHOICE_LANE) {
		if (!(recipe->choices >> AT_CHOICE_BIT(argument) & 1))
			call->lane = AT_LANE_DETAIL;
		return 1;
	}
	if (recipe->more & AT_MORE_CHOICE_BITS)
		return (argument & recipe->choices) != 0;
	return (uint32_t)argument - (uint32_t)recipe->choices <= recipe->choices >> 32;
}

/* Whether a call of the detail lane may turn out to be worth more: then it is not shed before that is known. */
always_inline int may_be_worth_more(const struct at_recipe *recipe)
{
	return recipe->form == AT_FORM_DETAILED &&
	       (recipe->flags & AT_RECIPE_WRITE_OPEN || recipe->more & AT_MORE_RIGHTS);
}

/* Whether a message carries anything beside its bytes: descriptors, perhaps. */
__attribute__((noinline)) int carries_more(struct at_context *call, const struct at_recipe *recipe)
{
	if (!call || !recipe)
		return 0;
	uint32_t compat = recipe->flags & AT_RECIPE_COMPAT;
	struct at_message message = {};
	if (call->result < 0 || read_message(&message, call->arguments[recipe->message & 7], compat) < 0)
		return 0;
	return message.control != 0 && message.control_length != 0;
}

__attribute__((noinline)) int detailed_call(struct at_context *call, const struct at_recipe *recipe)
{
	if (!call || !recipe)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	if (recipe->choice && !is_chosen(call, recipe)) {
		call->lane = AT_LANE_DETAIL;
		return is_shed(call) ? 0 : raw_call(call, task);
	}
	if (recipe->flags & AT_RECIPE_OPEN_HOW)
		unpack_open_how(call);
	if (recipe->more & AT_MORE_OUTCOME && call->result == -EINPROGRESS)
		expect_outcome(call);
	if (recipe->message)
		sum_message(call, recipe);
	if (recipe->flags & AT_RECIPE_WRITE_OPEN && call->result >= 0) {
		uint64_t flags = call->arguments[(recipe->path ? recipe->path + 1 : 3) & 7];
		call->lane = flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE_BIT) ? AT_LANE_ACTIVITY : AT_LANE_DETAIL;
	}
	if (call->wanted & AT_SHED_MASK && !(recipe->more & AT_MORE_RIGHTS && carries_more(call, recipe)) &&
	    is_shed(call))
		return 0;
	struct at_scratch *scratch = take_scratch(scratch_events);
	if (!scratch) {
		count_loss(call->cgroup, call->lane, AT_LOSS_SCRATCH);
		return 0;
	}
	struct at_call *record = (struct at_call *)scratch->data;
	record->result = call->result;
	for (int i = 0; i < 6; i++)
		record->arguments[i] = call->arguments[i + 1];
	scratch->length = sizeof(*record);
	put_fields(scratch, call, recipe);
	if (*(const uint64_t *)&recipe->text)
		put_more_fields(scratch, call, recipe);
	put_blocked(scratch, call->blocked);
	fill_header(&record->header, task, call->cgroup, call->flags | scratch->flags, call->number, call->abi,
		    AT_FORM_DETAILED, call->lane);
	send_scratch(scratch, call->lane, call->cgroup);
	return 0;
}

/* What a return from a signal handler leaves: it restores every register, and the kernel sets the number to -1 so that
 * nothing is restarted. A call of number -1 answers ENOSYS, and a tracer may set any number and result: those stay calls
 * of unknown number. */
always_inline int is_signal_return(uint32_t number, int64_t result, struct task_struct *task)
{
	return number == (uint32_t)-1 && result != -ENOSYS && task->ptrace == 0;
}

always_inline int signal_return(struct at_context *call, struct task_struct *task)
{
	call->lane = AT_LANE_DETAIL;
	if (is_shed(call))
		return 0;
	struct at_header *record = reserve(AT_LANE_DETAIL, sizeof(*record), call->cgroup);
	if (!record)
		return 0;
	fill_header(record, task, call->cgroup, 0, -1, call->abi, AT_FORM_SIGNAL_RETURN, AT_LANE_DETAIL);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/sys_exit")
int on_sys_exit(uint64_t *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct at_context call;
	call.cgroup = cgroup_of(task);
	call.wanted = is_recorded(task, call.cgroup);
	if (!call.wanted)
		return 0;
	mark(task);
	call.flags = 0;
	call.blocked = end_sleep(task, &call.flags);
	struct pt_regs *regs = (struct pt_regs *)context[0];
	struct at_registers registers = call_of(regs, task);
	uint32_t index = registers.abi * AT_CALLS_PER_ABI + registers.number;
	call.abi = registers.abi;
	if (registers.number >= AT_CALLS_PER_ABI) {
		if (is_signal_return(registers.number, context[1], task))
			return signal_return(&call, task);
		index = AT_ABI_COUNT * AT_CALLS_PER_ABI; /* no such entry: recorded raw */
	}
	static const struct at_recipe raw = {.form = AT_FORM_CALL, .lane = AT_LANE_DETAIL, .failure_lane = AT_LANE_DETAIL};
	const struct at_recipe *recipe = bpf_map_lookup_elem(&recipes, &index);
	if (!recipe || recipe->form == 0)
		recipe = &raw;
	call.result = context[1];
	if (call.result <= -512 && call.result >= -516)
		call.flags |= AT_FLAG_RESTARTED;
	call.number = registers.number < 0x8000 ? registers.number : 0xffff; /* what has no room is unknown, not cut */
	arguments_of(regs, registers.abi, call.arguments);
	if (recipe->flags & AT_RECIPE_SOCKETCALL && unpack_socketcall(&call) == 0) {
		index = registers.abi * AT_CALLS_PER_ABI + call.number;
		recipe = bpf_map_lookup_elem(&recipes, &index);
		if (!recipe || recipe->form == 0)
			recipe = &raw;
	}
	int failed = (uint64_t)call.result > (uint64_t)-4096;
	uint8_t form = recipe->form;
	if (form == AT_RECIPE_DROP || (!failed && recipe->flags & AT_RECIPE_DROP_SUCCESS))
		return 0;
	call.lane = failed ? recipe->failure_lane : recipe->lane;
	if (call.wanted & AT_SHED_MASK && !may_be_worth_more(recipe) && is_shed(&call))
		return 0;
	if (recipe->flags & AT_RECIPE_FAMILY_BY_COMMAND) {
		uint32_t command = call.arguments[2];
		if (command != F_DUPFD && command != F_DUPFD_CLOEXEC)
			form = AT_FORM_CALL;
	}
	if (form == AT_FORM_TRANSFER || form == AT_FORM_DESCRIPTOR)
		return transfer(&call, recipe, task);
	if (form == AT_FORM_DETAILED)
		return detailed_call(&call, recipe);
	return raw_call(&call, task);
}

#endif
