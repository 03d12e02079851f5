#define _GNU_SOURCE
#include "cposix_privileges.h"
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int at_get_capabilities(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  *effective = data[0].effective | (uint64_t)data[1].effective << 32;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
  return 0;
}

/* What the signal handler is to do; written before the first signal is sent. */
static struct {
  uint64_t keep;
  uint64_t bounding;
  int no_new_privileges;
  atomic_int finished;
  atomic_int error;
} order;

/* What this thread keeps beside what all keep. */
static _Thread_local volatile uint64_t kept_here;

int at_keep_capabilities_here(uint64_t capabilities) {
  uint64_t effective, permitted, inheritable;
  if (at_get_capabilities(&effective, &permitted, &inheritable) != 0) return -1;
  kept_here = capabilities & permitted;
  return 0;
}

/* Only system calls: it runs in a signal handler. */
static int restrict_this_thread(void) {
  /* First of all: with no_new_privs or without CAP_SETPCAP the bounding set could not be changed. */
  for (int capability = 0; capability < 64; capability++) {
    if (order.bounding >> capability & 1) continue;
    int there = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (there < 0) break;
    if (there && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno;
  }
  /* Kernels before 4.3 have no ambient set. */
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return errno;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  memset(data, 0, sizeof data);
  for (int half = 0; half < 2; half++) data[half].effective = data[half].permitted = (uint32_t)((order.keep | kept_here) >> 32 * half);
  if (syscall(SYS_capset, &header, data) != 0) return errno;
  if (order.no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return 0;
}

static void take_order(int signal) {
  (void)signal;
  int saved = errno;
  int error = restrict_this_thread();
  int none = 0;
  if (error) atomic_compare_exchange_strong(&order.error, &none, error);
  atomic_fetch_add(&order.finished, 1);
  errno = saved;
}

/* The ids that were seen already, in the order of their arrival. */
struct thread_list {
  pid_t *ids;
  int count;
  int room;
};

static int add(struct thread_list *list, pid_t id) {
  for (int index = 0; index < list->count; index++) {
    if (list->ids[index] == id) return 0;
  }
  if (list->count == list->room) {
    int room = list->room ? list->room * 2 : 64;
    pid_t *ids = realloc(list->ids, (size_t)room * sizeof *ids);
    if (!ids) return -1;
    list->ids = ids;
    list->room = room;
  }
  list->ids[list->count++] = id;
  return 1;
}

/* Waits until `sent` handlers have run; a thread that ended before its signal came is not waited for. */
static int wait_for(int sent, pid_t last) {
  for (int round = 0; round < 5000; round++) {
    if (atomic_load(&order.finished) >= sent) return 0;
    if (syscall(SYS_tgkill, getpid(), last, 0) != 0 && errno == ESRCH) {
      if (atomic_load(&order.finished) < sent) atomic_fetch_add(&order.finished, 1);
      return 0;
    }
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  }
  return ETIMEDOUT;
}

int at_restrict_all_threads(uint64_t keep, uint64_t bounding, int no_new_privileges) {
  order.keep = keep;
  order.bounding = bounding;
  order.no_new_privileges = no_new_privileges;
  atomic_store(&order.finished, 0);
  atomic_store(&order.error, 0);
  int number = SIGRTMAX - 2;
  struct sigaction action, before;
  memset(&action, 0, sizeof action);
  action.sa_handler = take_order;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  if (sigaction(number, &action, &before) != 0) return errno;

  pid_t own = (pid_t)syscall(SYS_gettid);
  struct thread_list seen = {0};
  int sent = 0, error = 0, new = 1;
  if (add(&seen, own) < 0) error = ENOMEM;
  /* A thread that starts while the list is read inherits from one that was changed or is yet to be: so again until
     nothing new is there. */
  while (new && !error) {
    new = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) {
      error = errno;
      break;
    }
    for (struct dirent *entry; !error && (entry = readdir(tasks));) {
      pid_t id = (pid_t)atoi(entry->d_name);
      int added = id > 0 ? add(&seen, id) : 0;
      if (added < 0) error = ENOMEM;
      if (added <= 0) continue;
      new = 1;
      if (syscall(SYS_tgkill, getpid(), id, number) != 0) {
        if (errno != ESRCH) error = errno;
        continue;
      }
      sent++;
      error = wait_for(sent, id);
    }
    closedir(tasks);
  }
  if (!error) error = atomic_load(&order.error);
  /* This one last: it may read /proc until then. */
  if (!error) error = restrict_this_thread();
  free(seen.ids);
  sigaction(number, &before, NULL);
  return error;
}
