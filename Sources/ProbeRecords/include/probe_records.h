/* The records that the probes write and the recorder reads: one layout, shared, never mirrored.
 *
 * Everything is little-endian, fixed width and 8-byte aligned. Wire numbers are never reused: what is retired keeps
 * its number. A record starts with `at_header`; which struct follows is given by `form`.
 */
#ifndef AFTERTRACE_PROBE_RECORDS_H
#define AFTERTRACE_PROBE_RECORDS_H

#ifdef __bpf__
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef short int16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
typedef int int32_t;
typedef long long int64_t;
#else
#include <stdint.h>
#endif

#define AT_STATIC_ASSERT(what) _Static_assert(what, #what)

/* Lanes by worth: pressure sheds detail first, lifecycle last. */
enum at_lane {
  AT_LANE_LIFECYCLE = 0,
  AT_LANE_ACTIVITY = 1,
  AT_LANE_DETAIL = 2,
  AT_LANE_URGENT = 3, /* a ring only, with wake-up: its records belong to the lifecycle lane of a capture */
  AT_LANE_COUNT = 4,
};

/* Which struct a record is. */
enum at_form {
  AT_FORM_CALL = 1,       /* at_call: number, six raw arguments, result */
  AT_FORM_TRANSFER = 2,   /* at_transfer: read and write families */
  AT_FORM_DETAILED = 3,   /* at_call followed by fields */
  AT_FORM_FORK = 4,       /* at_fork */
  AT_FORM_EXEC = 5,       /* at_exec followed by fields */
  AT_FORM_EXIT = 6,       /* at_exit */
  AT_FORM_CGROUP = 7,     /* at_cgroup followed by fields */
  AT_FORM_DEFINITION = 8, /* at_definition followed by fields: what a file identity is called */
  AT_FORM_DESCRIPTOR = 9, /* at_transfer: a call on one descriptor without counts (close, dup, listen ...) */
  AT_FORM_SIGNAL_RETURN = 10, /* at_header alone: a signal handler returned, registers and number are those before it */
  AT_FORM_RENAME = 11,        /* at_rename: a task took another name */
  AT_FORM_OUTCOME = 16,       /* at_outcome: a connect that did not wait has ended */
  AT_FORM_RING = 17,          /* at_ring followed by fields: a request to io_uring, submitted or complete */
  AT_FORM_FATAL = 24,         /* at_fatal followed by fields: a signal ends a process */
  AT_FORM_OOM = 25,           /* at_oom: a process was chosen to die for want of memory */
};

/* at_header.flags, and copied into the capture's event flags where they mean the same. */
#define AT_FLAG_RESTARTED (1u << 0)      /* result -512..-516: the kernel will run the call again */
#define AT_FLAG_TRUNCATED (1u << 1)      /* a field is shorter than what was there */
#define AT_FLAG_UNREADABLE (1u << 2)     /* a pointer faulted: the field is absent, which is not the same as empty */
#define AT_FLAG_THREAD (1u << 3)         /* fork, exit: a thread, not a process */
#define AT_FLAG_TABLE_SCAN (1u << 4)     /* seen by the scan at start, not by a probe */
#define AT_FLAG_OUT_OF_ORDER (1u << 5)   /* set by the recorder: arrived after later records were sealed */
#define AT_FLAG_OUTSIDE_ROOT (1u << 6)   /* the path leads outside the process's root: counted from the mount's root */
#define AT_FLAG_DELETED (1u << 7)        /* the file had no name any more */
#define AT_FLAG_UNFINISHED (1u << 10)    /* the call had not returned when the recording ended */
#define AT_FLAG_MASKED (1u << 11)        /* bytes were left out, for they are a secret */
/* 1u << 12 is the recorder's: of a process that sets a container up. */
#define AT_FLAG_VIA_RING (1u << 13)      /* asked for through io_uring: not a call of its own */
#define AT_FLAG_WHOLE_DURATION (1u << 14) /* the duration counts from the call's beginning, not from its first sleep */

/* Application binary interface of a call: (abi, number) identifies it. */
enum at_abi {
  AT_ABI_X86_64 = 0,
  AT_ABI_I386 = 1,
  AT_ABI_X32 = 2,
  AT_ABI_ARM64 = 3,
  AT_ABI_ARM = 4,
  AT_ABI_COUNT = 5,
};

struct at_header {
  uint64_t time;         /* CLOCK_BOOTTIME, ns */
  uint64_t cgroup;       /* id of the task's leaf cgroup in the hierarchy the recorder chose */
  uint64_t leader_start; /* start of the thread group's leader, ns since boot */
  uint32_t tgid;         /* in the initial pid namespace */
  uint32_t tid;
  uint32_t mount_namespace; /* inode number */
  uint32_t flags;           /* AT_FLAG_* */
  int16_t number;           /* system call number, -1 when the record is not of a call */
  uint16_t cpu;
  uint8_t abi;  /* enum at_abi */
  uint8_t form; /* enum at_form */
  uint8_t lane; /* enum at_lane: the ring it was put in */
  uint8_t field_count;
};
AT_STATIC_ASSERT(sizeof(struct at_header) == 48);

/* What kind of thing a descriptor is. */
enum at_file_type {
  AT_FILE_NONE = 0, /* the descriptor was not open */
  AT_FILE_REGULAR = 1,
  AT_FILE_DIRECTORY = 2,
  AT_FILE_CHARACTER = 3,
  AT_FILE_BLOCK = 4,
  AT_FILE_PIPE = 5,
  AT_FILE_SOCKET = 6,
  AT_FILE_SYMLINK = 7,
  AT_FILE_ANONYMOUS = 8, /* eventpoll, eventfd, timerfd, bpf ... : the name is in the definition */
};

/* How much is kept of what goes through a file: a limit for each class, in at_configuration. */
enum at_payload_class {
  AT_PAYLOAD_NONE = 0, /* /dev/zero, eventfd ...: numbers of no meaning to anybody else */
  AT_PAYLOAD_FILE = 1, /* files and pipes */
  AT_PAYLOAD_SOCKET = 2,
  AT_PAYLOAD_DNS = 3, /* a socket with port 53 at either end */
  AT_PAYLOAD_TERMINAL = 4,
  AT_PAYLOAD_OUTPUT = 5, /* written to descriptor 1 or 2, whatever it is but none */
  AT_PAYLOAD_CLASSES = 8,
};

/* The identity of an open file, read from the task's own table when the call ended.
 *
 * `id` names one open file under one name. It is issued by the probes when they first see that (file, dentry, name)
 * or, for sockets, that (file, addresses); the same number is in exactly one definition record. It is 0 when no
 * definition could be sent: then the path is unknown, and only device and inode are known. A number that no
 * definition came for (it was lost) is unknown in the same way. */
struct at_file {
  uint64_t id;
  uint64_t inode;
  uint32_t device; /* kernel encoding: major << 20 | minor */
  uint16_t mode;   /* S_IF* and permissions */
  uint8_t type;    /* enum at_file_type */
  uint8_t payload_class; /* enum at_payload_class */
};
AT_STATIC_ASSERT(sizeof(struct at_file) == 24);

struct at_call {
  struct at_header header;
  int64_t result;
  uint64_t arguments[6];
};
AT_STATIC_ASSERT(sizeof(struct at_call) == 104);

/* What follows an at_call or an at_transfer whose call slept, or whose beginning was seen. */
struct at_blocked {
  uint16_t id; /* AT_FIELD_BLOCKED, as in at_field */
  uint16_t flags;
  uint32_t length;
  uint64_t duration;
};
AT_STATIC_ASSERT(sizeof(struct at_blocked) == 16);

struct at_transfer {
  struct at_header header;
  int64_t result;
  uint64_t count;   /* bytes asked for; for vectors the sum over the first 16 entries */
  uint64_t offset;  /* of positioned calls; ~0 for others. AT_FORM_DESCRIPTOR: the second raw argument */
  struct at_file file;
  int32_t descriptor;
  uint32_t unused;
};
AT_STATIC_ASSERT(sizeof(struct at_transfer) == 104);

struct at_fork {
  struct at_header header; /* of the parent: the task that called clone */
  uint64_t clone_flags;    /* as asked for; for fork and vfork what they stand for */
  uint64_t child_leader_start;
  uint64_t child_start;
  uint32_t child_tgid;
  uint32_t child_tid;
  uint64_t child_cgroup;
  uint32_t child_vpid; /* pid inside the innermost pid namespace */
  uint32_t real_parent_tgid; /* CLONE_PARENT makes it differ from header.tgid */
  uint64_t real_parent_start;
  char child_comm[16]; /* of the thread that forked, which need not be its process's */
};
AT_STATIC_ASSERT(sizeof(struct at_fork) == 120);

struct at_exec {
  struct at_header header;
  uint32_t uid;
  uint32_t gid;
  uint32_t tty;     /* device number of the controlling terminal, 0 when there is none */
  uint32_t session; /* session leader's pid, initial pid namespace */
  uint32_t old_tid; /* the thread that called execve: differs from tgid when a thread execs */
  uint32_t vpid;
  uint32_t parent_tgid; /* real_parent */
  uint32_t argument_length; /* bytes of argv as the kernel holds it, before truncation */
  uint64_t parent_start;
  struct at_file executable;
};
AT_STATIC_ASSERT(sizeof(struct at_exec) == 112);

struct at_exit {
  struct at_header header;
  uint32_t exit_code; /* as wait(2) gives it: code << 8 | signal, 0x80 core dumped */
  uint32_t uid;
  uint32_t parent_tgid;
  uint32_t is_oom_victim; /* the kernel chose it to die for want of memory */
};
AT_STATIC_ASSERT(sizeof(struct at_exit) == 64);

struct at_rename {
  struct at_header header; /* of the task that is renamed; AT_FLAG_THREAD when it is not its process's first */
  char comm[16];
};
AT_STATIC_ASSERT(sizeof(struct at_rename) == 64);

/* at_image.origin. Bits of one byte of the capture: never reused. */
#define AT_IMAGE_UPPER_LAYER (1u << 0) /* of the overlay: written since the container was made */
#define AT_IMAGE_COPIED_UP (1u << 1)   /* a layer below has it too: what the image brought was changed */
#define AT_IMAGE_MEMORY (1u << 2)      /* a memfd */
#define AT_IMAGE_DELETED (1u << 3)     /* no directory held it any more when it was run */

struct at_image {
  uint32_t origin;  /* AT_IMAGE_* */
  uint32_t streams; /* of the first three descriptors; bit n: it is a terminal, bit n + 4: a socket */
};
AT_STATIC_ASSERT(sizeof(struct at_image) == 8);

/* A signal is about to end the process. Once a process, by the thread that took it first. */
struct at_fatal {
  struct at_header header; /* number and abi: the call that a seccomp filter killed for, else -1 */
  uint32_t signal;
  int32_t code;          /* si_code */
  uint64_t address;      /* where has_address is set: what a fault was about, as siginfo has it */
  uint32_t has_address;
  uint32_t sender_tgid;  /* 0: the kernel, or not known */
  uint64_t sender_start; /* its leader's */
  uint64_t sender_cgroup;
  char sender_comm[16];
};
AT_STATIC_ASSERT(sizeof(struct at_fatal) == 104);

struct at_oom {
  struct at_header header; /* of the victim */
  uint64_t cgroup;         /* whose limit it was; 0: not in the chosen hierarchy */
  uint64_t limit;          /* pages; 0: no limit was reached, the host has no more */
  uint64_t usage;          /* pages, of the cgroup with the limit, else of the victim's own */
  uint64_t unused;
};
AT_STATIC_ASSERT(sizeof(struct at_oom) == 80);

/* A request to io_uring. Where names or addresses have to be told there are two records of one id: at its submission with
 * those, at its completion with the result. Others have one. */
struct at_ring {
  struct at_header header; /* of the task that submitted it: the ring's polling thread where it has one */
  int64_t result;
  uint64_t arguments[6]; /* as the call that does the same has them */
  uint64_t id;           /* 0: there is no other record */
  uint64_t duration;     /* ns since the submission */
  int32_t descriptor;    /* -1: a slot of the ring's own table */
  uint8_t opcode;        /* IORING_OP_* */
  uint8_t flags;         /* AT_RING_* */
  uint8_t stage;         /* AT_RING_SUBMITTED, 0: complete */
  uint8_t unused;
};
AT_STATIC_ASSERT(sizeof(struct at_ring) == 128);

#define AT_RING_DIRECT (1u << 0) /* the file goes into the ring's own table, not into the process's */
#define AT_RING_SILENT (1u << 1) /* nothing tells its success */
#define AT_RING_MORE (1u << 2)   /* it may have several results */
#define AT_RING_SUBMITTED 1

enum at_cgroup_action {
  AT_CGROUP_MKDIR = 1,
  AT_CGROUP_RMDIR = 2,
  AT_CGROUP_ATTACH = 3,
  AT_CGROUP_FROZEN = 4,
  AT_CGROUP_THAWED = 5,
};

struct at_cgroup {
  struct at_header header; /* of the task that acted */
  uint64_t cgroup;
  uint64_t parent;
  uint32_t action; /* enum at_cgroup_action */
  uint32_t hierarchy;
  uint32_t attached_tgid; /* attach: who was moved */
  uint32_t attached_tid;
  uint64_t attached_leader_start;
  uint32_t is_actor_recorded; /* the record is sent anyway: a container has to be known before it is recorded */
  uint32_t unused;
};
AT_STATIC_ASSERT(sizeof(struct at_cgroup) == 96);

struct at_definition {
  struct at_header header;
  struct at_file file;
  uint32_t open_flags; /* O_* as the open file holds them */
  uint32_t unused;
};
AT_STATIC_ASSERT(sizeof(struct at_definition) == 80);

/* A field: at_field, `length` bytes, padding to 8. */
enum at_field_id {
  AT_FIELD_PATH = 1,          /* user memory: the path argument as it was passed, no NUL */
  AT_FIELD_BASE = 2,          /* at_file: the directory a relative path starts from (cwd or dirfd) */
  AT_FIELD_SECOND_PATH = 3,   /* user memory: the new name of rename, link, symlink's link */
  AT_FIELD_SECOND_BASE = 4,
  AT_FIELD_FILE = 5,          /* at_file of the descriptor argument, or of the descriptor that the call returned */
  AT_FIELD_ADDRESS = 6,       /* user memory: a struct sockaddr */
  AT_FIELD_SOCKET = 7,        /* at_socket */
  AT_FIELD_ARGV = 8,          /* user memory at exec: NUL-separated */
  AT_FIELD_COMPONENTS = 9,    /* kernel object: names from leaf to root, each followed by NUL; empty means "/" */
  AT_FIELD_CWD = 10,          /* the same, of the working directory */
  AT_FIELD_EXECUTABLE = 11,   /* the same, of the executable file */
  AT_FIELD_NAME = 12,         /* kernel object: a name that is not a path: "pipe", "[eventfd]", a cgroup's path */
  AT_FIELD_TTY_NAME = 13,     /* kernel object: "pts3" */
  AT_FIELD_COMM = 14,         /* kernel object: 16 bytes at most */
  AT_FIELD_PAIR = 15,         /* two int32: descriptors that pipe or socketpair made */
  AT_FIELD_SECOND_FILE = 16,  /* at_file: the second of a pair */
  AT_FIELD_FILENAME = 17,     /* kernel object: what execve was asked to run (bprm->filename) */
  AT_FIELD_EXECUTABLE_NAME = 18, /* kernel object: the name of an executable that no directory holds: "memfd:x" */
  AT_FIELD_TEXT = 32,         /* user memory: strings that are no paths, in the order of the recipe */
  AT_FIELD_SECOND_TEXT = 33,
  AT_FIELD_THIRD_TEXT = 34,
  AT_FIELD_BYTES = 35,        /* user memory: the struct that recipe.bytes points to */
  AT_FIELD_CREDENTIALS = 36,  /* at_credentials: kernel object, as the call or the exec left them */
  AT_FIELD_RIGHTS = 37,       /* user memory: int32s, the descriptors of an SCM_RIGHTS message */
  AT_FIELD_RIGHT_FILE = 38,   /* at_file: of the first AT_RIGHTS_MAX of those, in their order */
  AT_FIELD_BLOCKED = 64, /* uint64, ns: since the call first slept; AT_FLAG_WHOLE_DURATION: since it began */
  AT_FIELD_STACK = 65,   /* at_frame each: the user stack, innermost first */
  AT_FIELD_PAYLOAD = 72, /* user memory: uint64 of how many bytes were transferred, then the first of them */
  AT_FIELD_IMAGE = 73,   /* at_image: where an exec's executable comes from, and which descriptors are terminals */
};

struct at_field {
  uint16_t id;
  uint16_t flags; /* AT_FLAG_TRUNCATED, AT_FLAG_UNREADABLE, AT_FLAG_OUTSIDE_ROOT, AT_FLAG_DELETED */
  uint32_t length;
};
AT_STATIC_ASSERT(sizeof(struct at_field) == 8);

/* As the kernel's bpf_stack_build_id. */
struct at_frame {
  int32_t status; /* 1: build id and offset in the file; 2: an address; 0: none */
  uint8_t build_id[20];
  uint64_t offset;
};
AT_STATIC_ASSERT(sizeof(struct at_frame) == 32);

struct at_socket {
  uint64_t cookie; /* 0 when the kernel has issued none */
  uint16_t family;
  uint16_t type;
  uint16_t protocol;
  uint16_t state;
  uint16_t local_port; /* host order */
  uint16_t remote_port;
  uint32_t network_namespace;
  uint8_t local_address[16]; /* IPv4 in the first four bytes */
  uint8_t remote_address[16];
  uint64_t peer_inode; /* Unix sockets: the peer's socket inode, else 0 */
};
AT_STATIC_ASSERT(sizeof(struct at_socket) == 64);

/* A socket that was left connecting is connected, or is not: seen where the state changes, told as of the task that asked. */
struct at_outcome {
  struct at_header header; /* of the task that called connect */
  struct at_file file;
  int32_t descriptor; /* that connect was called on */
  int32_t error;      /* negative, as the socket holds it; 0 when it is connected */
  struct at_socket socket; /* with the state that it has now */
};
AT_STATIC_ASSERT(sizeof(struct at_outcome) == 144);

/* The credentials of a task, ids as the initial user namespace has them. */
struct at_credentials {
  uint32_t uid, gid, saved_uid, saved_gid, effective_uid, effective_gid, filesystem_uid, filesystem_gid;
  uint64_t inheritable, permitted, effective, bounding, ambient; /* one bit a capability */
};
AT_STATIC_ASSERT(sizeof(struct at_credentials) == 72);

/* What sys_exit has to do for one (abi, number). The recorder fills the table from its catalogue; a zero entry means
 * AT_FORM_CALL in the detail lane. Argument indexes are 1-based, 0 = none. */
struct at_recipe {
  uint8_t form;         /* AT_FORM_CALL, _TRANSFER, _DESCRIPTOR, _DETAILED; AT_RECIPE_DROP */
  uint8_t lane;         /* of a successful call */
  uint8_t failure_lane; /* of a failed one */
  uint8_t flags;        /* AT_RECIPE_* */
  uint8_t path;         /* argument with a path */
  uint8_t directory;    /* argument with the dirfd that path is relative to; 0: relative to cwd */
  uint8_t second_path;
  uint8_t second_directory;
  uint8_t descriptor; /* argument with the descriptor to identify */
  uint8_t address;    /* argument with a struct sockaddr */
  uint8_t address_length;
  uint8_t count;  /* argument with the count, or with the number of iovec entries; AT_FORM_DETAILED: not an argument but
                   * the length of what `bytes` points to, or of each element of it */
  uint8_t vector; /* argument with an iovec array */
  uint8_t offset; /* argument with a file offset */
  uint8_t message; /* argument with a struct msghdr (its name is the address, its iovec the vector) */
  uint8_t pair;    /* argument with two int32 that the call filled in */
  /* From here on only AT_FORM_DETAILED looks. */
  uint8_t text; /* arguments with strings that are no paths */
  uint8_t second_text;
  uint8_t third_text;
  uint8_t second_descriptor;
  uint8_t bytes;        /* argument that points to a struct, or to elements of `count` bytes */
  uint8_t bytes_length; /* argument with the number of elements; 0: one */
  uint8_t more;         /* AT_MORE_* */
  uint8_t choice;       /* argument that `choices` are about; 0: no choice */
  uint64_t choices;
  /* Of AT_FORM_TRANSFER too. */
  uint8_t payload; /* AT_PAYLOAD_GIVEN or 0, and the argument with the buffer; of a vector or message that argument */
  uint8_t unused[7];
};
AT_STATIC_ASSERT(sizeof(struct at_recipe) == 40);

#define AT_PAYLOAD_GIVEN 0x80 /* the process gives the bytes: write and send */
#define AT_PAYLOAD_MESSAGES 0x40 /* an array of struct mmsghdr; the result counts messages */

/* What the argument `choice` decides. Where it says no, the call is recorded as AT_FORM_CALL in the detail lane. */
#define AT_MORE_CHOICE_BITS (1u << 0)  /* yes: the argument has a bit of `choices` */
#define AT_MORE_CHOICE_RANGE (1u << 1) /* yes: it is from the low half of `choices` on, by no more than the high half */
/* Not whether, but in which lane: bit AT_CHOICE_BIT(argument) of `choices`; where that is 0, it is the detail lane. */
#define AT_MORE_CHOICE_LANE (1u << 2)
#define AT_MORE_CREDENTIALS (1u << 3) /* the task's credentials, as the call left them */
#define AT_MORE_RIGHTS (1u << 4)      /* `message` may carry descriptors: then the lane is activity */
#define AT_MORE_OUTCOME (1u << 5)     /* connect: when it did not wait, its outcome is told later */

/* Requests of ptrace lie below 64 and from 0x4200 on. */
#define AT_CHOICE_BIT(argument) (((argument) ^ (argument) >> 8) & 63)
#define AT_BYTES_MAX 256
#define AT_RIGHTS_MAX 8

#define AT_RECIPE_DROP 255 /* a form: nothing is recorded */
#define AT_RECIPE_RESULT_DESCRIPTOR (1u << 0) /* the result is a descriptor: identify it */
#define AT_RECIPE_WRITE_OPEN (1u << 1)        /* open family: activity when opened for writing or created, else detail */
#define AT_RECIPE_DROP_SUCCESS (1u << 2)      /* told by a scheduler event: only failures are recorded (exec, clone) */
#define AT_RECIPE_ADDRESS_LENGTH_POINTER (1u << 3) /* accept, recvfrom: the length argument points to the length */
#define AT_RECIPE_COMPAT (1u << 4)            /* 32-bit layouts of iovec and msghdr */
#define AT_RECIPE_FAMILY_BY_COMMAND (1u << 5) /* fcntl: only F_DUPFD* is detailed; otherwise AT_FORM_CALL */
#define AT_RECIPE_OPEN_HOW (1u << 6)          /* openat2: flags are in a struct open_how at the third argument */
#define AT_RECIPE_SOCKETCALL (1u << 7)        /* i386 socketcall: arguments are in memory at the second argument */

#define AT_CALLS_PER_ABI 560 /* x32 numbers its own from 512 to 547 */
#define AT_STRING_MAX 4096   /* of one string field */
#define AT_ARGV_MAX 8192     /* of argv */
#define AT_PAYLOAD_MAX 8176  /* of a payload */
#define AT_PAYLOAD_START_LIMIT 1024 /* where in a record a payload can begin */

/* One map entry per cgroup: whether its calls are recorded. */
enum at_verdict {
  AT_VERDICT_DEFAULT = 0,
  AT_VERDICT_RECORD = 1,
  AT_VERDICT_IGNORE = 2,
};
#define AT_VERDICT_MASK 0xffu
#define AT_SHED_SHIFT 8 /* above the verdict: one bit a lane that is shed, at_configuration.shed too */
#define AT_SHED_MASK (7u << AT_SHED_SHIFT)

/* Why a record was lost, where it was lost. */
enum at_loss_cause {
  AT_LOSS_RING_FULL = 1,
  AT_LOSS_SCRATCH = 2,    /* no scratch space: nested on one CPU */
  AT_LOSS_DEFINITION = 3, /* not an event: a path definition could not be sent */
  AT_LOSS_TABLE_FULL = 5, /* not an event: a map had no room for what was to be followed */
  AT_LOSS_SHED = 17,      /* left out at the recorder's wish, under pressure */
};

struct at_loss_key {
  uint64_t cgroup;
  uint32_t lane;
  uint32_t cause;
};
AT_STATIC_ASSERT(sizeof(struct at_loss_key) == 16);

/* Per CPU. `first` and `last` are of the losses since the recorder last advanced the epoch. */
struct at_loss {
  uint64_t count; /* since the probes were attached */
  uint64_t first;
  uint64_t last;
  uint64_t epoch;
};
AT_STATIC_ASSERT(sizeof(struct at_loss) == 32);

#define AT_TESTING_LOSE_DEFINITIONS (1u << 0) /* no definition is sent: every path reads unknown */

/* The one entry of the `configuration` map's array; set before the probes are attached, and changed while they run. */
struct at_configuration {
  uint32_t recorder_tgid;     /* never recorded */
  uint32_t record_by_default; /* what happens to a cgroup without a verdict */
  uint32_t subtree_only;      /* record only processes in the `subtree` map, which children inherit */
  uint32_t hierarchy;         /* 0: the default (v2) hierarchy; else 1 + index of the v1 subsystem to take ids from */
  uint32_t testing;           /* AT_TESTING_* */
  uint32_t host_mount_namespace;
  uint64_t loss_epoch;
  uint64_t recorder_start;
  uint64_t generation; /* raised when it changes who is recorded: a sleep that began before has no known length */
  uint32_t payload_limits[AT_PAYLOAD_CLASSES]; /* bytes kept, by class; 0 keeps none */
  uint32_t masks_hidden_input;                 /* what a terminal does not show while it is typed stays in the kernel */
  uint32_t shed;                               /* lanes that are shed of everybody: AT_SHED_* */
  uint32_t ring_test_tid; /* a thread of the recorder that tries io_uring out: recorded for that moment */
  uint32_t unused;
};
AT_STATIC_ASSERT(sizeof(struct at_configuration) == 96);

/* What both sides read and write while the probes run: mapped into the recorder's memory. */
struct at_exchange {
  uint32_t rest;   /* a ring that holds more bytes than this wakes the recorder, once; 0: it comes by itself in time */
  uint32_t losses; /* not 0: some were counted since the recorder last set it to 0, and are to be read */
};
AT_STATIC_ASSERT(sizeof(struct at_exchange) == 8);

#endif
