#define _GNU_SOURCE
#include "cposix.h"
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

int at_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }
int at_peer(int socket, int32_t *pid, uint32_t *user) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size)) return -1;
  *pid = peer.pid;
  *user = peer.uid;
  return 0;
}

int at_netlink(int protocol, uint32_t groups, int receive_buffer) {
  int result = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (result < 0) return -1;
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
  if (setsockopt(result, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer))
    setsockopt(result, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (bind(result, (struct sockaddr *)&address, sizeof address)) {
    close(result);
    return -1;
  }
  return result;
}

int at_keep_translated(int socket) {
  /* A header of 16 bytes, 4 of netfilter's, then attributes: CTA_STATUS (3) holds IPS_SRC_NAT and IPS_DST_NAT (0x30). */
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_IMM, 20),
      BPF_STMT(BPF_LDX | BPF_IMM, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_NLATTR)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_IND, 4),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x30, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
