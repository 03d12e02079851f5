#define _GNU_SOURCE
#include "cposix_process.h"
#include <pthread.h>
#include <sys/mount.h>
#include <unistd.h>

int at_pipe2(int descriptors[2], int flags) { return pipe2(descriptors, flags); }
int at_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}
int at_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
int at_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
  return mount(source, target, type, flags, data);
}
int at_unmount_detached(const char *target) { return umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW); }
int at_name_this_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }
