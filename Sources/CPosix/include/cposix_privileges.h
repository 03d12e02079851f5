/* Capabilities by raw calls, on every thread of the process: the kernel keeps them per thread. */
#ifndef AFTERTRACE_CPOSIX_PRIVILEGES_H
#define AFTERTRACE_CPOSIX_PRIVILEGES_H
#include <stdint.h>

/* Of the calling thread, as bit sets. 0, or -1 with errno. */
int at_get_capabilities(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);

/*
 * Leaves every thread with the capabilities `keep`, an empty ambient and inheritable set, a bounding set of `bounding`,
 * and no_new_privs if asked for. Threads are interrupted by a signal of the real-time range. 0, or the first thread's
 * errno. Not to be called by two threads at once.
 */
int at_restrict_all_threads(uint64_t keep, uint64_t bounding, int no_new_privileges);
/* What at_restrict_all_threads() is to leave to the calling thread, as far as it has it now. */
int at_keep_capabilities_here(uint64_t capabilities);
#endif
