/* The same probes for kernels before 6.2, which have no bpf_rdonly_cast. */
#define AT_READS_BY_CALL
#include "recorder.bpf.c"
