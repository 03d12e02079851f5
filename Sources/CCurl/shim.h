#include <curl/curl.h>

/* Functions with variable arguments, which Swift cannot call; in parentheses, so that curl's checking macros stay out. */
static inline CURLcode at_curl_set_number(CURL *handle, CURLoption option, long value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode at_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode at_curl_set_body(CURL *handle, const void *bytes, curl_off_t count) {
  CURLcode code = (curl_easy_setopt)(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
  return code != CURLE_OK ? code : (curl_easy_setopt)(handle, CURLOPT_POSTFIELDS, bytes);
}
static inline CURLcode at_curl_set_headers(CURL *handle, struct curl_slist *headers) {
  return (curl_easy_setopt)(handle, CURLOPT_HTTPHEADER, headers);
}
static inline CURLcode at_curl_set_writer(CURL *handle, size_t (*write)(char *, size_t, size_t, void *), void *context) {
  CURLcode code = (curl_easy_setopt)(handle, CURLOPT_WRITEFUNCTION, write);
  return code != CURLE_OK ? code : (curl_easy_setopt)(handle, CURLOPT_WRITEDATA, context);
}
static inline long at_curl_status(CURL *handle) {
  long status = 0;
  (curl_easy_getinfo)(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}
static inline CURLcode at_curl_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
