/* Ways to die: `mortal crash`, `mortal seccomp`, `mortal memory`. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noinline)) static void store(volatile int *at) { *at = 1; }
__attribute__((noinline)) static void follow(int depth) {
  if (depth > 0)
    follow(depth - 1);
  else
    store((volatile int *)16);
  __asm__ volatile("" ::: "memory");
}

static void forbid(int call) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog all = {sizeof program / sizeof *program, program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}

int main(int count, char **words) {
  const char *way = count > 1 ? words[1] : "";
  if (strcmp(way, "crash") == 0) follow(3);
  if (strcmp(way, "seccomp") == 0) {
    forbid(SYS_mkdir);
    syscall(SYS_mkdir, "/tmp/never", 0700);
  }
  if (strcmp(way, "memory") == 0)
    for (;;) {
      char *piece = malloc(1 << 20);
      if (!piece) break;
      memset(piece, 1, 1 << 20);
      usleep(20000);
    }
  return 1;
}
