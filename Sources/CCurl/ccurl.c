#include "ccurl.h"
#include <dlfcn.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_open;

/* The name carries the interface's number, which has not changed since 2006. */
#define LIBRARY "libcurl.so.4"
#define FUNCTION(name) static __typeof__(&name) p_##name
FUNCTION(curl_global_init);
FUNCTION(curl_easy_init);
FUNCTION(curl_easy_cleanup);
FUNCTION(curl_easy_perform);
FUNCTION(curl_easy_strerror);
FUNCTION(curl_slist_append);
FUNCTION(curl_slist_free_all);
static CURLcode (*p_setopt)(CURL *, CURLoption, ...);
static CURLcode (*p_getinfo)(CURL *, CURLINFO, ...);

static void open_library(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define FIND(name) ((p_##name = (__typeof__(&name))dlsym(library, #name)) != 0)
  int found = FIND(curl_global_init) && FIND(curl_easy_init) && FIND(curl_easy_cleanup) && FIND(curl_easy_perform) &&
              FIND(curl_easy_strerror) && FIND(curl_slist_append) && FIND(curl_slist_free_all);
  p_setopt = (CURLcode(*)(CURL *, CURLoption, ...))dlsym(library, "curl_easy_setopt");
  p_getinfo = (CURLcode(*)(CURL *, CURLINFO, ...))dlsym(library, "curl_easy_getinfo");
  is_open = found && p_setopt && p_getinfo && p_curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

int at_curl_open(void) {
  pthread_once(&once, open_library);
  return is_open;
}

static size_t drop(char *bytes, size_t size, size_t count, void *context) {
  (void)bytes, (void)context;
  return size * count;
}

CURL *at_curl_new(void) { return p_curl_easy_init(); }
void at_curl_free(CURL *handle) { p_curl_easy_cleanup(handle); }
CURLcode at_curl_set_number(CURL *handle, CURLoption option, long value) { return p_setopt(handle, option, value); }
CURLcode at_curl_set_text(CURL *handle, CURLoption option, const char *value) { return p_setopt(handle, option, value); }
CURLcode at_curl_set_body(CURL *handle, const void *bytes, curl_off_t count) {
  CURLcode code = p_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
  return code != CURLE_OK ? code : p_setopt(handle, CURLOPT_POSTFIELDS, bytes);
}
CURLcode at_curl_set_headers(CURL *handle, struct curl_slist *headers) {
  return p_setopt(handle, CURLOPT_HTTPHEADER, headers);
}
CURLcode at_curl_drop_answer(CURL *handle) { return p_setopt(handle, CURLOPT_WRITEFUNCTION, drop); }
CURLcode at_curl_perform(CURL *handle) { return p_curl_easy_perform(handle); }
long at_curl_status(CURL *handle) {
  long status = 0;
  p_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}
const char *at_curl_text(CURLcode code) { return p_curl_easy_strerror(code); }
struct curl_slist *at_curl_append(struct curl_slist *list, const char *line) { return p_curl_slist_append(list, line); }
void at_curl_free_list(struct curl_slist *list) { p_curl_slist_free_all(list); }
