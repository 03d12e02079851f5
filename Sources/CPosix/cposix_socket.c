#define _GNU_SOURCE
#include "cposix.h"
#include <sys/socket.h>

int at_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }
int at_peer(int socket, int32_t *pid, uint32_t *user) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size)) return -1;
  *pid = peer.pid;
  *user = peer.uid;
  return 0;
}
