/* What starting a process needs and Glibc's Swift module leaves out, because it is behind _GNU_SOURCE. */
#ifndef AFTERTRACE_CPOSIX_PROCESS_H
#define AFTERTRACE_CPOSIX_PROCESS_H
#include <spawn.h>

int at_pipe2(int descriptors[2], int flags);
int at_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path);
int at_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
int at_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);
int at_unmount_detached(const char *target);
/* Name of the calling thread, at most 15 bytes. */
int at_name_this_thread(const char *name);
/* One small act for each kind of event; see cposix_acts.c. */
int at_perform_acts(const char *cgroup_mount_point);
/* Negative where the kernel does not say. */
int at_clock_is_unsynchronised(void);
#endif
