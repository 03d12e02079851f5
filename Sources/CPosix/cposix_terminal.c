#define _GNU_SOURCE
#include "cposix_terminal.h"
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Written before the handlers are installed, read by them only. */
static struct termios before;
static int guarded = -1;
static char undo[256];
static size_t undo_length;

static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS };
enum { FATAL = sizeof(fatal) / sizeof(fatal[0]) };
static struct sigaction handlers[FATAL];
/* A stack overflow leaves no room for a handler. */
static char handler_stack[32768];

static void give_back(int number)
{
	if (guarded >= 0) {
		ssize_t written = write(guarded, undo, undo_length);
		(void)written;
		tcsetattr(guarded, TCSANOW, &before);
	}
	for (int index = 0; index < FATAL; index++)
		if (fatal[index] == number)
			sigaction(number, &handlers[index], 0);
	raise(number);
}

int at_guard_terminal(int descriptor, const char *text)
{
	if (tcgetattr(descriptor, &before) < 0)
		return -1;
	undo_length = strlen(text) < sizeof(undo) ? strlen(text) : 0;
	memcpy(undo, text, undo_length);
	guarded = descriptor;
	stack_t stack = { .ss_sp = handler_stack, .ss_size = sizeof(handler_stack) };
	sigaltstack(&stack, 0);
	struct sigaction action = { .sa_handler = give_back, .sa_flags = SA_ONSTACK };
	for (int index = 0; index < FATAL; index++)
		sigaction(fatal[index], &action, &handlers[index]);
	return 0;
}

void at_unguard_terminal(void)
{
	if (guarded < 0)
		return;
	for (int index = 0; index < FATAL; index++)
		sigaction(fatal[index], &handlers[index], 0);
	tcsetattr(guarded, TCSADRAIN, &before);
	guarded = -1;
}

int at_terminal_size(int descriptor, unsigned short *rows, unsigned short *columns)
{
	struct winsize size;
	if (ioctl(descriptor, TIOCGWINSZ, &size) < 0)
		return -1;
	*rows = size.ws_row;
	*columns = size.ws_col;
	return 0;
}
