#include <seccomp.h>

/* Macros that Swift cannot import. */
static const unsigned int at_arch_x86_64 = SCMP_ARCH_X86_64;
static const unsigned int at_arch_x86 = SCMP_ARCH_X86;
static const unsigned int at_arch_x32 = SCMP_ARCH_X32;
static const unsigned int at_arch_arm64 = SCMP_ARCH_AARCH64;
static const unsigned int at_arch_arm = SCMP_ARCH_ARM;
