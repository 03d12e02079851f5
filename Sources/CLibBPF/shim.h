#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* libbpf logs through a va_list, which Swift cannot take. Used from one Swift file only: the variable is per file, and
 * inside a function, because Swift emits no variables of a header. */
typedef void (*at_log_sink)(int level, const char *text);

static inline at_log_sink *at_current_sink(void)
{
	static at_log_sink sink;
	return &sink;
}

static inline int at_format_log(enum libbpf_print_level level, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(0, 0, format, again);
	va_end(again);
	char *text = length < 0 ? 0 : malloc((size_t)length + 1);
	if (!text)
		return 0;
	vsnprintf(text, (size_t)length + 1, format, arguments);
	(*at_current_sink())((int)level, text);
	free(text);
	return length;
}

static inline void at_set_log_sink(at_log_sink sink)
{
	*at_current_sink() = sink;
	libbpf_set_print(at_format_log);
}
