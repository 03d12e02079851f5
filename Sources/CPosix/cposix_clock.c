#define _GNU_SOURCE
#include "cposix_process.h"
#include <sys/timex.h>

int at_clock_is_unsynchronised(void) {
  struct timex facts = {0};
  int state = adjtimex(&facts);
  return state < 0 ? -1 : (facts.status & STA_UNSYNC) != 0;
}
