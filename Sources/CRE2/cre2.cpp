#include "cre2.h"

#include <cstring>
#include <new>
#include <re2/re2.h>

struct cre2_pattern {
	re2::RE2 expression;

	cre2_pattern(const re2::StringPiece &text, const re2::RE2::Options &options) : expression(text, options) {}
};

/* A length that does not fit in `int` would be taken for another. */
static bool is_bounded(size_t length)
{
	return length <= 1u << 30;
}

struct cre2_pattern *cre2_compile(const uint8_t *pattern, size_t length, int64_t memory)
{
	/* What a filter's `regex` is upstream: POSIX egrep syntax, no Perl classes, the longest match. */
	re2::RE2::Options options(re2::RE2::POSIX);
	options.set_log_errors(false);
	options.set_max_mem(memory);
	const char *text = reinterpret_cast<const char *>(pattern);
	return new cre2_pattern(re2::StringPiece(text, is_bounded(length) ? length : 0), options);
}

const char *cre2_error(const struct cre2_pattern *pattern)
{
	return pattern->expression.ok() ? nullptr : pattern->expression.error().c_str();
}

void cre2_error_piece(const struct cre2_pattern *pattern, char *piece, size_t room)
{
	const std::string &text = pattern->expression.error_arg();
	size_t length = text.size() < room ? text.size() : room - 1;
	memcpy(piece, text.data(), length);
	piece[length] = '\0';
}

bool cre2_matches(const struct cre2_pattern *pattern, const uint8_t *text, size_t length)
{
	if (!is_bounded(length))
		return false;
	const re2::StringPiece piece(reinterpret_cast<const char *>(text), length);
	return pattern->expression.Match(piece, 0, length, re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

void cre2_free(struct cre2_pattern *pattern)
{
	delete pattern;
}
