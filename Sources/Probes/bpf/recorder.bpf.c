/* The live probes: one object, so that all of them share their maps. */
#include "call.bpf.h"
#include "cgroup.bpf.h"
#include "outcome.bpf.h"
#include "death.bpf.h"
#include "process.bpf.h"
#include "ring.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
