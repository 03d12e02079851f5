#ifndef AFTERTRACE_CPOSIX_MEMORY_H
#define AFTERTRACE_CPOSIX_MEMORY_H
/* malloc.h is not in Swift's Glibc module. */

/* Buffers of `threshold` bytes and more become mappings of their own; few arenas. */
void at_keep_heap_lean(int threshold);
/* Gives the heap's free pages back to the kernel. */
void at_trim_heap(void);
#endif
