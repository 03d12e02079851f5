/* Giving a terminal back as it was, whatever happens to the program. */
#ifndef AFTERTRACE_CPOSIX_TERMINAL_H
#define AFTERTRACE_CPOSIX_TERMINAL_H
#include <sys/types.h>

/* Remembers the settings of the terminal at `descriptor` and `text`, which undoes what was switched on in it, and
 * arranges that both are put back when a fatal signal comes. -1 and errno when it is no terminal. */
int at_guard_terminal(int descriptor, const char *text);
/* The settings as they were remembered, and the end of the arrangement. */
void at_unguard_terminal(void);
/* Rows and columns; -1 and errno when it is no terminal. */
int at_terminal_size(int descriptor, unsigned short *rows, unsigned short *columns);
#endif
