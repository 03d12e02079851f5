/* Looks names up in the ways that programs do, at a name server of its own on 127.0.0.1, and connects to what it was told. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in place(const char *address, int port) {
  struct sockaddr_in result = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, address, &result.sin_addr);
  return result;
}

static int put_name(unsigned char *out, const char *name) {
  unsigned char *start = out;
  while (*name) {
    int length = strcspn(name, ".");
    *out++ = length;
    memcpy(out, name, length);
    out += length;
    name += length + (name[length] == '.');
  }
  *out++ = 0;
  return out - start;
}

static int question(unsigned char *out, const char *name, int type) {
  static const unsigned char head[12] = {0x12, 0x34, 1, 0, 0, 1};
  memcpy(out, head, 12);
  int length = 12 + put_name(out + 12, name);
  memcpy(out + length, (unsigned char[]){0, type, 0, 1}, 4);
  return length + 4;
}

static int put_answer(unsigned char *out, const unsigned char *name, int name_length, int type, const void *data, int length) {
  memcpy(out, name, name_length);
  unsigned char *at = out + name_length;
  memcpy(at, (unsigned char[]){0, type, 0, 1, 0, 0, 1, 44, 0, length}, 10);
  memcpy(at + 10, data, length);
  return name_length + 10 + length;
}

/* An alias, then an address of it; the last byte of the address is the first letter of the name. */
static int answer(unsigned char *message, int length) {
  unsigned char alias[64];
  int alias_length = put_name(alias, "edge.cdn.test");
  static const unsigned char pointer[2] = {0xc0, 12};
  message[2] = 0x81;
  message[3] = 0x80;
  if (message[13] == 'g') { /* gone: no such name */
    message[3] |= 3;
    return length;
  }
  message[7] = 2;
  int is_six = message[length - 3] == 28;
  unsigned char four[4] = {127, 0, 0, message[13]};
  struct in6_addr six = in6addr_loopback;
  length += put_answer(message + length, pointer, 2, 5, alias, alias_length);
  length += put_answer(message + length, alias, alias_length, is_six ? 28 : 1, is_six ? (void *)&six : four, is_six ? 16 : 4);
  return length;
}

static void serve(int udp, int tcp, int web) {
  unsigned char message[512];
  for (;;) {
    struct pollfd ready[3] = {{udp, POLLIN}, {tcp, POLLIN}, {web, POLLIN}};
    poll(ready, 3, -1);
    if (ready[0].revents) {
      struct sockaddr_in6 from;
      socklen_t size = sizeof from;
      int got = recvfrom(udp, message, sizeof message, 0, (void *)&from, &size);
      if (got > 12) sendto(udp, message, answer(message, got), 0, (void *)&from, size);
    }
    if (ready[1].revents) {
      int peer = accept(tcp, 0, 0);
      int got = read(peer, message, sizeof message);
      if (got > 14) {
        int length = answer(message + 2, got - 2);
        message[0] = length >> 8;
        message[1] = length;
        write(peer, message, length + 2);
      }
      close(peer);
    }
    if (ready[2].revents) close(accept(web, 0, 0));
  }
}

static int listener(int type, int port, int family) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  struct sockaddr_in here = place("127.0.0.1", port);
  int result = socket(family, type, 0), one = 1;
  setsockopt(result, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(result, family == AF_INET6 ? (void *)&any : (void *)&here, family == AF_INET6 ? sizeof any : sizeof here) < 0) perror("bind");
  if (type == SOCK_STREAM) listen(result, 8);
  return result;
}

static void visit(const char *address, int flags) {
  struct sockaddr_in peer = place(address, 8080);
  int web = socket(AF_INET, SOCK_STREAM | flags, 0);
  if (connect(web, (void *)&peer, sizeof peer) < 0 && errno == EINPROGRESS) {
    struct pollfd ready = {web, POLLOUT};
    poll(&ready, 1, 1000);
  }
  close(web);
}

int main(void) {
  int udp = listener(SOCK_DGRAM, 53, AF_INET), tcp = listener(SOCK_STREAM, 53, AF_INET), web = listener(SOCK_STREAM, 8080, AF_INET6);
  pid_t server = fork();
  if (server == 0) serve(udp, tcp, web);
  close(udp);
  close(tcp);
  close(web);
  unsigned char message[512];
  struct sockaddr_in here = place("127.0.0.1", 53), from;
  socklen_t size = sizeof from;

  /* As glibc does: connected. */
  int asking = socket(AF_INET, SOCK_DGRAM, 0);
  connect(asking, (void *)&here, sizeof here);
  send(asking, message, question(message, "Connected.Example.test", 1), 0);
  recv(asking, message, sizeof message, 0);
  visit("127.0.0.67", 0); /* C */

  /* As musl does: not connected. */
  int open = socket(AF_INET, SOCK_DGRAM, 0);
  sendto(open, message, question(message, "musl.example.test", 1), 0, (void *)&here, sizeof here);
  struct iovec part = {message, sizeof message};
  struct msghdr whole = {.msg_name = &from, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1};
  recvmsg(open, &whole, 0);
  visit("127.0.0.109", SOCK_NONBLOCK); /* m */

  /* Over TCP, behind a length, read with read(2). */
  int stream = socket(AF_INET, SOCK_STREAM, 0);
  connect(stream, (void *)&here, sizeof here);
  int length = question(message + 2, "tcp.example.test", 28);
  message[0] = 0;
  message[1] = length;
  write(stream, message, length + 2);
  read(stream, message, sizeof message);
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(8080), .sin6_addr = in6addr_loopback};
  int last = socket(AF_INET6, SOCK_STREAM, 0);
  connect(last, (void *)&six, sizeof six);

  /* There is no such name; and an address that nobody asked for. */
  send(asking, message, question(message, "gone.example.test", 1), 0);
  recv(asking, message, sizeof message, 0);
  visit("127.0.0.9", 0);
  kill(server, SIGKILL);
  wait(0);
  return 0;
}
