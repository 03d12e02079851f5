/* Two thousand containers at work: one makes as many calls as it is told to, in each of the others a program runs now and
 * then. Their cgroups are there already, named as docker names them: that is what makes them containers.
 *
 *   crowd DIRECTORY COUNT CALLS_PER_SECOND ROUNDS SECONDS_PER_ROUND
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *base;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void wait_until(double time) {
  double rest = time - now();
  if (rest <= 0) return;
  struct timespec pause = {.tv_sec = (time_t)rest, .tv_nsec = (long)((rest - (time_t)rest) * 1e9)};
  nanosleep(&pause, 0);
}

/* A child that is born into a container. */
static pid_t start_in(int number) {
  char path[4096];
  snprintf(path, sizeof path, "%s/docker-%064x.scope", base, number);
  int cgroup = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0) return -1;
  struct clone_args arguments = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = cgroup};
  pid_t child = syscall(SYS_clone3, &arguments, sizeof arguments);
  close(cgroup);
  return child;
}

/* Reads and writes of one byte, in slices of a hundredth of a second. */
static void shout(int rate) {
  int source = open("/dev/zero", O_RDONLY), sink = open("/dev/null", O_WRONLY);
  char byte;
  double due = now();
  for (;;) {
    for (int pair = 0; pair < rate / 200; pair++)
      if (read(source, &byte, 1) != 1 || write(sink, &byte, 1) != 1) _exit(1);
    due += 0.01;
    /* What it could not do in time it does not make up for later. */
    if (due < now()) due = now();
    wait_until(due);
  }
}

int main(int count_of_words, char **words) {
  if (count_of_words != 6) return 64;
  base = words[1];
  int count = atoi(words[2]), rounds = atoi(words[4]);
  double pace = atof(words[5]);
  pid_t loud = start_in(count);
  if (loud == 0) shout(atoi(words[3]));
  if (loud < 0) return 1;
  double start = now();
  int failures = 0;
  for (int round = 0; round < rounds; round++) {
    for (int number = 0; number < count; number++) {
      pid_t child = start_in(number);
      if (child == 0) {
        char word[64];
        snprintf(word, sizeof word, "canary-%d.", number);
        execl("/bin/true", "true", word, (char *)0);
        _exit(127);
      }
      int status = -1;
      if (child < 0 || waitpid(child, &status, 0) != child || status != 0) failures++;
    }
    wait_until(start + (round + 1) * pace);
  }
  int status;
  if (waitpid(loud, &status, WNOHANG) != 0) failures++;
  kill(loud, SIGKILL);
  waitpid(loud, &status, 0);
  if (failures) fprintf(stderr, "%d could not be started: %d\n", failures, errno);
  printf("%.1f s\n", now() - start);
  return failures ? 1 : 0;
}
