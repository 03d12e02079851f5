/* What the probes keep. Sizes marked (user space) are set by the recorder before the object is loaded. */
#ifndef AFTERTRACE_MAPS_BPF_H
#define AFTERTRACE_MAPS_BPF_H

#include "kernel.bpf.h"

/* Changed while the probes run: one update of the whole map value. */
struct at_configuration configuration SEC(".data.configuration");

struct at_exchange exchange SEC(".data.exchange");

/* Counts the renames that recorded processes made: after one, the names above a file are read again. */
uint64_t renames;

/* Number of inner rings less one; a power of two less one. A CPU that came later shares a ring with another. */
const volatile uint32_t ring_mask = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring_lifecycle SEC(".maps");

/* The only ring whose records wake the reader. What fills the others while it rests wakes it through this one. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} ring_urgent SEC(".maps");

struct at_inner_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 12);
};

/* One ring a CPU, up to max_entries (user space), which also makes the rings and puts them in. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__array(values, struct at_inner_ring);
} ring_activity SEC(".maps"), ring_detail SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AT_ABI_COUNT * AT_CALLS_PER_ABI);
	__type(key, uint32_t);
	__type(value, struct at_recipe);
} recipes SEC(".maps");

/* Sockets that a recorded task left connecting, by their struct sock, until their state changes or room is needed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, uint64_t);
	__type(value, struct at_outcome);
} connecting SEC(".maps");

/* Cgroup id to enum at_verdict. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, uint64_t);
	__type(value, uint32_t);
} verdicts SEC(".maps");

/* Mount namespace's inode number to enum at_verdict. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, uint32_t);
	__type(value, uint32_t);
} namespaces SEC(".maps");

/* Process ids (initial namespace) that are recorded while configuration.subtree_only. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, uint32_t);
	__type(value, uint8_t);
} subtree SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct at_loss_key);
	__type(value, struct at_loss);
} losses SEC(".maps");

/* An open file under one name, as one cgroup sees it. `name` mixes what a rename, a bind or a connect changes;
 * `ancestors` the names above it. */
struct at_file_key {
	uint64_t file; /* 0: a directory known by its dentry only (cwd, executable) */
	uint64_t dentry;
	uint64_t name;
	uint64_t inode;
	uint64_t ancestors;
};

/* Fewer than the recorder remembers (user space). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct at_file_key);
	__type(value, struct at_file);
} definitions SEC(".maps");

/* In front of `definitions`, and not shared: a probe runs with preemption off, so it needs no lock. */
#define AT_CACHE_SLOTS 256

struct at_cache_slot {
	struct at_file_key key;
	struct at_file file;
	uint64_t generation; /* `renames` when key.ancestors was last found true */
};

struct at_processor {
	uint64_t issued; /* definitions so far: the low bits of the next file id */
	uint64_t unused[7];
	struct at_cache_slot slots[AT_CACHE_SLOTS];
};
AT_STATIC_ASSERT(sizeof(struct at_processor) <= 32768); /* the kernel's limit for a per-CPU value */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct at_processor);
} processor_map SEC(".maps");

/* A record under construction. A field may start up to AT_SCRATCH_LIMIT and is at most AT_ARGV_MAX long, so nothing
 * reaches past the end. The largest records are an exec (112 + argv 8200 + four strings of 4104 + small ones) and a mount
 * (104 + path and three texts of 4104 + small ones): both < 25600. */
#define AT_SCRATCH_LIMIT 25600
#define AT_SCRATCH_SIZE (AT_SCRATCH_LIMIT + AT_ARGV_MAX + 64)

struct at_scratch {
	uint32_t length;
	uint32_t flags; /* AT_FLAG_* of the fields so far */
	uint32_t fields;
	uint32_t busy;
	uint8_t data[AT_SCRATCH_SIZE];
};

/* One per possible CPU (user space); not a per-CPU map, whose values are limited to 32 KiB. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct at_scratch);
} scratch_events SEC(".maps"), scratch_definitions SEC(".maps");

#endif
