/* RE2 for C: what Swift cannot import of a C++ library. */
#ifndef CRE2_H
#define CRE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cre2_pattern;

/* Compiles `length` bytes of POSIX syntax, taking no more than `memory` bytes for it. Never NULL: ask cre2_error. */
struct cre2_pattern *cre2_compile(const uint8_t *pattern, size_t length, int64_t memory);

/* NULL when it is sound; good as long as the pattern is. */
const char *cre2_error(const struct cre2_pattern *pattern);

/* Where in the pattern the error is: a piece of it, copied to `piece`, which has room for `room` bytes with its NUL. */
void cre2_error_piece(const struct cre2_pattern *pattern, char *piece, size_t room);

/* Whether the pattern matches all of the text, not a part of it. Safe from several threads. */
bool cre2_matches(const struct cre2_pattern *pattern, const uint8_t *text, size_t length);

void cre2_free(struct cre2_pattern *pattern);

#ifdef __cplusplus
}
#endif

#endif
