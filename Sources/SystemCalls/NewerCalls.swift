// A table: the calls that a Debian 12 libseccomp (2.5.4, Linux 5.17) cannot name, up to Linux 6.18.
//
// Source: scripts/syscall.tbl, arch/x86/entry/syscalls/*.tbl, arch/arm/tools/syscall.tbl. From 424 on a new call has one
// number in all interfaces.

extension SystemCallTable {
  /// Of every interface, by number.
  static let newer: [UInt16: String] = [
    451: "cachestat", 452: "fchmodat2", 453: "map_shadow_stack", 454: "futex_wake", 455: "futex_wait",
    456: "futex_requeue", 457: "statmount", 458: "listmount", 459: "lsm_get_self_attr", 460: "lsm_set_self_attr",
    461: "lsm_list_modules", 462: "mseal", 463: "setxattrat", 464: "getxattrat", 465: "listxattrat",
    466: "removexattrat", 467: "open_tree_attr", 468: "file_getattr", 469: "file_setattr",
  ]

  /// Of x86-64 alone: these are the kernel's own ways back from what it put into a program.
  static let newerOfX86: [UInt16: String] = [335: "uretprobe", 336: "uprobe"]

  /// What libseccomp lacks of one interface.
  static func newer(abi: UInt8, number: UInt16) -> String? {
    newer[number] ?? (abi == 0 ? newerOfX86[number] : nil)
  }

  private static let numbers = Dictionary(uniqueKeysWithValues: newer.map { ($1, $0) })
  private static let numbersOfX86 = Dictionary(uniqueKeysWithValues: newerOfX86.map { ($1, $0) })

  static func newer(abi: UInt8, name: String) -> UInt16? { numbers[name] ?? (abi == 0 ? numbersOfX86[name] : nil) }
}
