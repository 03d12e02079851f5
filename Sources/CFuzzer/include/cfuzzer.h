#ifndef AFTERTRACE_CFUZZER_H
#define AFTERTRACE_CFUZZER_H
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry for a program with a main of its own; it is in the compiler's run-time library. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test_one_input)(const uint8_t *data, size_t size));

#endif
