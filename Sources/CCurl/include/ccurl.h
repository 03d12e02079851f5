/* libcurl, opened when it is first needed: it brings thirty libraries along, which every start of the program would
   otherwise wait for. Types and numbers are from its own header. */
#ifndef AFTERTRACE_CCURL_H
#define AFTERTRACE_CCURL_H
#include <curl/curl.h>

/* Opens the library; 0 where it is not installed. Safe from any thread. */
int at_curl_open(void);
/* The rest only after that. */
CURL *at_curl_new(void);
void at_curl_free(CURL *handle);
CURLcode at_curl_set_number(CURL *handle, CURLoption option, long value);
CURLcode at_curl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode at_curl_set_body(CURL *handle, const void *bytes, curl_off_t count);
CURLcode at_curl_set_headers(CURL *handle, struct curl_slist *headers);
/* What the other side sends is counted and dropped. */
CURLcode at_curl_drop_answer(CURL *handle);
CURLcode at_curl_perform(CURL *handle);
long at_curl_status(CURL *handle);
const char *at_curl_text(CURLcode code);
struct curl_slist *at_curl_append(struct curl_slist *list, const char *line);
void at_curl_free_list(struct curl_slist *list);
#endif
