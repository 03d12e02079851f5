/* What a socket is, and between which addresses. */
#ifndef AFTERTRACE_SOCKET_BPF_H
#define AFTERTRACE_SOCKET_BPF_H

#include "field.bpf.h"

/* The struct sock of an open socket file. */
always_inline uint64_t sock_of(uint64_t file)
{
	return get_address(typed(socket, get(typed(file, file), private_data)), sk);
}

/* Whether an Internet socket has this port at either end. */
always_inline int has_port(uint64_t address, uint16_t port)
{
	struct sock *sock = typed(sock, address);
	uint16_t family = get(sock, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	return get(sock, __sk_common.skc_num) == port || get(sock, __sk_common.skc_dport) == __builtin_bswap16(port);
}

/* Changes when the socket is bound, connected or starts to listen: then it needs a new definition. */
always_inline uint64_t socket_mix(uint64_t address)
{
	struct sock *sock = typed(sock, address);
	uint16_t family = get(sock, __sk_common.skc_family);
	uint64_t listening = get(sock, __sk_common.skc_state) == TCP_LISTEN;
	if (family == AF_UNIX) {
		struct unix_sock *local = typed(unix_sock, address);
		return get_address(local, addr) * 31 + get_address(local, peer) + listening;
	}
	uint64_t ports = get_address(sock, __sk_common.skc_dport) << 16 | get(sock, __sk_common.skc_num);
	uint64_t mix = ports << 20 | listening << 16 | family;
	if (family == AF_INET)
		mix ^= (get_address(sock, __sk_common.skc_daddr) << 32 | get(sock, __sk_common.skc_rcv_saddr)) *
		       0x9e3779b97f4a7c15;
	else if (family == AF_INET6) {
		uint64_t words[4] = {};
		bpf_core_read(&words[0], 16, &sock->__sk_common.skc_v6_daddr);
		bpf_core_read(&words[2], 16, &sock->__sk_common.skc_v6_rcv_saddr);
		for (int i = 0; i < 4; i++)
			mix = (mix ^ words[i]) * 0x9e3779b97f4a7c15;
	}
	return mix;
}

/* The bound address of a Unix socket: a path, or a name that starts with NUL. */
always_inline void put_unix_name(struct at_scratch *scratch, uint64_t address)
{
	uint64_t name = get_address(typed(unix_sock, address), addr);
	if (name == 0)
		return;
	uint32_t at = scratch->length;
	if (at > AT_SCRATCH_LIMIT)
		return;
	/* sockaddr_un: two bytes of family, then up to 108 of name. */
	int length = get(typed(unix_address, name), len) - 2;
	if (length < 1 || length > 108)
		return;
	uint64_t from = name + bpf_core_field_offset(struct unix_address, name) + 2;
	if (bpf_probe_read_kernel(&scratch->data[at + sizeof(struct at_field)], length, (const void *)from) < 0)
		return;
	uint8_t last = scratch->data[at + sizeof(struct at_field) + length - 1];
	if (length > 1 && last == 0)
		length -= 1;
	end_field(scratch, at, length, AT_FIELD_NAME, 0);
}

/* What the kernel knows of the struct sock at `address`. */
always_inline void read_socket(struct at_socket *out, uint64_t address)
{
	struct sock *sock = typed(sock, address);
	__builtin_memset(out, 0, sizeof(*out));
	uint16_t family = get(sock, __sk_common.skc_family);
	out->cookie = get(sock, __sk_common.skc_cookie.counter);
	out->family = family;
	out->type = get(sock, sk_type);
	out->protocol = get(sock, sk_protocol);
	out->state = get(sock, __sk_common.skc_state);
	struct net *net = get(sock, __sk_common.skc_net.net);
	out->network_namespace = get(net, ns.inum);
	if (family == AF_INET || family == AF_INET6) {
		out->local_port = get(sock, __sk_common.skc_num);
		out->remote_port = __builtin_bswap16(get(sock, __sk_common.skc_dport));
	}
	if (family == AF_INET) {
		bpf_core_read(out->local_address, 4, &sock->__sk_common.skc_rcv_saddr);
		bpf_core_read(out->remote_address, 4, &sock->__sk_common.skc_daddr);
	} else if (family == AF_INET6) {
		bpf_core_read(out->local_address, 16, &sock->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(out->remote_address, 16, &sock->__sk_common.skc_v6_daddr);
	} else if (family == AF_UNIX) {
		struct sock *peer = get(typed(unix_sock, address), peer);
		if (peer) {
			struct file *other = get(get(peer, sk_socket), file);
			out->peer_inode = get(get(other, f_inode), i_ino);
		}
	}
}

__attribute__((noinline)) int put_socket(struct at_scratch *scratch, uint64_t file, uint32_t with_name)
{
	if (!scratch)
		return -1;
	uint64_t address = sock_of(file);
	struct at_socket *out = put_struct(scratch, at_socket, AT_FIELD_SOCKET);
	if (!out)
		return -1;
	read_socket(out, address);
	if (with_name && out->family == AF_UNIX)
		put_unix_name(scratch, address);
	return 0;
}

#endif
