#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <libelf.h>

/* Of the C++ library, whose headers C cannot read. */
char *__cxa_demangle(const char *name, char *buffer, size_t *length, int *status);
#include <stdlib.h>

static inline void at_free_name(char *name) { free(name); }
