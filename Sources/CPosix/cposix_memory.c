#include "cposix_memory.h"

#include <malloc.h>

void at_keep_heap_lean(int threshold)
{
	mallopt(M_MMAP_THRESHOLD, threshold);
	mallopt(M_TRIM_THRESHOLD, 4 * threshold);
	mallopt(M_ARENA_MAX, 2);
}

void at_trim_heap(void)
{
	malloc_trim(0);
}
