/* libpcap and the kernel's headers both have a struct bpf_insn. */
#define bpf_insn pcap_bpf_insn
#include <pcap/pcap.h>
#undef bpf_insn
