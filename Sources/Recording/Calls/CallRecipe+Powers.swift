// A table: calls that change who a process is, what it sees, and what it can do to others and to the kernel.

internal import Events
internal import ProbeRecords

extension CallRecipe {
  private static let credentials = UInt32(AT_MORE_CREDENTIALS)
  private static let resultDescriptor = UInt32(AT_RECIPE_RESULT_DESCRIPTOR)

  /// Signals that are sent to end or to stop: HUP, INT, QUIT, ILL, TRAP, ABRT, BUS, FPE, KILL, SEGV, TERM, STOP, SYS.
  private static let endingSignals: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 19, 31]

  static let powers = processControl + signals + identities + namespaces + mounts + intrusions + kernel

  private static let processControl: [CallRecipe] = [
    .init(
      names: ["prctl"], kind: .processControl, form: .detailed, lane: .lifecycle, more: credentials,
      // PDEATHSIG, DUMPABLE, KEEPCAPS, SECCOMP, CAPBSET_DROP, SECUREBITS, MM, CHILD_SUBREAPER, NO_NEW_PRIVS, CAP_AMBIENT.
      choice: .lane([1, 4, 8, 22, 24, 28, 35, 36, 38, 47], by: 1),
      arguments: [.int(.operation, 1), .long(.operand, 2)]),
    .init(
      names: ["arch_prctl"], kind: .processControl, form: .call, failureLane: .detail,
      arguments: [.int(.operation, 1), .long(.operand, 2)]),
    .init(names: ["setsid"], kind: .processSession, form: .call, lane: .activity),
    .init(
      names: ["setpgid"], kind: .processGroup, form: .call, lane: .activity,
      arguments: [.int(.targetPID, 1), .int(.operand, 2)]),
    .init(
      names: ["setpriority"], kind: .processPriority, form: .call, lane: .activity,
      arguments: [.int(.operation, 1), .int(.targetPID, 2), .int(.operand, 3)]),
    .init(
      names: ["prlimit64"], kind: .processLimit, form: .detailed, failureLane: .detail, bytes: 3, bytesUnit: 16,
      layout: .limits, arguments: [.int(.targetPID, 1), .int(.operation, 2)]),
    .init(
      names: ["setrlimit"], kind: .processLimit, form: .detailed, failureLane: .detail, bytes: 2, bytesUnit: 16,
      layout: .limits, width: .only64, arguments: [.int(.operation, 1)]),
    .init(names: ["chdir"], kind: .processDirectory, form: .detailed, failureLane: .detail, path: 1),
    .init(
      names: ["fchdir"], kind: .processDirectory, form: .descriptor, failureLane: .detail, descriptor: 1),
  ]

  private static let signals: [CallRecipe] = [
    .init(
      names: ["kill"], kind: .processSignal, form: .detailed, lane: .lifecycle, choice: .lane(endingSignals, by: 2),
      arguments: [.int(.targetPID, 1), .int(.signal, 2)]),
    .init(
      names: ["tkill"], kind: .processSignal, form: .detailed, lane: .lifecycle, choice: .lane(endingSignals, by: 2),
      arguments: [.int(.targetThread, 1), .int(.signal, 2)]),
    .init(
      names: ["tgkill", "rt_tgsigqueueinfo"], kind: .processSignal, form: .detailed, lane: .lifecycle,
      choice: .lane(endingSignals, by: 3),
      arguments: [.int(.targetPID, 1), .int(.targetThread, 2), .int(.signal, 3)]),
    .init(
      names: ["rt_sigqueueinfo"], kind: .processSignal, form: .detailed, lane: .lifecycle,
      choice: .lane(endingSignals, by: 2), arguments: [.int(.targetPID, 1), .int(.signal, 2)]),
    .init(
      names: ["pidfd_send_signal"], kind: .processSignal, form: .detailed, lane: .lifecycle, descriptor: 1,
      choice: .lane(endingSignals, by: 2),
      arguments: [.int(.descriptor, 1), .int(.signal, 2), .unsigned(.callFlags, 4)]),
    .init(
      names: ["pidfd_open"], kind: .processHandle, form: .detailed, flags: resultDescriptor,
      arguments: [.int(.targetPID, 1), .unsigned(.callFlags, 2)]),
  ]

  private static let identities: [CallRecipe] = [
    .init(
      names: ["setuid", "setuid32", "setfsuid", "setfsuid32"], kind: .credentialsUser, form: .detailed,
      lane: .lifecycle, failureLane: .lifecycle, more: credentials, arguments: [.int(.askedID, 1)]),
    .init(
      names: ["setreuid", "setreuid32"], kind: .credentialsUser, form: .detailed, lane: .lifecycle,
      failureLane: .lifecycle, more: credentials, arguments: [.int(.askedID, 1), .int(.askedEffectiveID, 2)]),
    .init(
      names: ["setresuid", "setresuid32"], kind: .credentialsUser, form: .detailed, lane: .lifecycle,
      failureLane: .lifecycle, more: credentials,
      arguments: [.int(.askedID, 1), .int(.askedEffectiveID, 2), .int(.askedSavedID, 3)]),
    .init(
      names: ["setgid", "setgid32", "setfsgid", "setfsgid32"], kind: .credentialsGroup, form: .detailed,
      lane: .lifecycle, failureLane: .lifecycle, more: credentials, arguments: [.int(.askedID, 1)]),
    .init(
      names: ["setregid", "setregid32"], kind: .credentialsGroup, form: .detailed, lane: .lifecycle,
      failureLane: .lifecycle, more: credentials, arguments: [.int(.askedID, 1), .int(.askedEffectiveID, 2)]),
    .init(
      names: ["setresgid", "setresgid32"], kind: .credentialsGroup, form: .detailed, lane: .lifecycle,
      failureLane: .lifecycle, more: credentials,
      arguments: [.int(.askedID, 1), .int(.askedEffectiveID, 2), .int(.askedSavedID, 3)]),
    .init(
      names: ["setgroups"], kind: .credentialsGroups, form: .detailed, lane: .lifecycle, failureLane: .lifecycle,
      bytes: 2, bytesUnit: 4, bytesLength: 1, more: credentials, layout: .groups, width: .only64),
    .init(
      names: ["setgroups32"], kind: .credentialsGroups, form: .detailed, lane: .lifecycle, failureLane: .lifecycle,
      bytes: 2, bytesUnit: 4, bytesLength: 1, more: credentials, layout: .groups),
    .init(
      names: ["capset"], kind: .credentialsCapabilities, form: .detailed, lane: .lifecycle, failureLane: .lifecycle,
      bytes: 2, bytesUnit: 24, more: credentials, layout: .capabilities),
  ]

  private static let namespaces: [CallRecipe] = [
    .init(
      names: ["setns"], kind: .namespaceEnter, form: .detailed, lane: .lifecycle, descriptor: 1, more: credentials,
      arguments: [.int(.descriptor, 1), .unsigned(.cloneFlags, 2)]),
    .init(
      names: ["unshare"], kind: .namespaceUnshare, form: .detailed, lane: .lifecycle, more: credentials,
      arguments: [.unsigned(.cloneFlags, 1)]),
    .init(names: ["pivot_root"], kind: .rootPivot, form: .detailed, lane: .lifecycle, path: 1, secondPath: 2),
    .init(names: ["chroot"], kind: .rootChange, form: .detailed, lane: .lifecycle, path: 1),
  ]

  private static let mounts: [CallRecipe] = [
    .init(
      names: ["mount"], kind: .mountAttach, form: .detailed, lane: .lifecycle, path: 2, text: 1, secondText: 3,
      thirdText: 5, textColumns: [.source, .objectType, .data], arguments: [.unsigned(.callFlags, 4)]),
    .init(
      names: ["umount2"], kind: .mountDetach, form: .detailed, lane: .lifecycle, path: 1,
      arguments: [.unsigned(.callFlags, 2)]),
    .init(names: ["umount"], kind: .mountDetach, form: .detailed, lane: .lifecycle, path: 1),
    .init(
      names: ["fsopen"], kind: .mountOpen, form: .detailed, lane: .lifecycle, flags: resultDescriptor, text: 1,
      textColumns: [.objectType], arguments: [.unsigned(.callFlags, 2)]),
    .init(
      names: ["fspick"], kind: .mountOpen, form: .detailed, lane: .lifecycle, flags: resultDescriptor, path: 2,
      directory: 1, arguments: [.unsigned(.callFlags, 3)]),
    .init(
      names: ["fsconfig"], kind: .mountConfigure, form: .detailed, lane: .lifecycle, descriptor: 1, text: 3,
      secondText: 4, textColumns: [.objectName, .data],
      arguments: [.int(.descriptor, 1), .int(.operation, 2), .int(.operand, 5)]),
    .init(
      names: ["fsmount"], kind: .mountCreate, form: .detailed, lane: .lifecycle, flags: resultDescriptor,
      secondDescriptor: 1,
      arguments: [.int(.secondDescriptor, 1), .unsigned(.callFlags, 2), .unsigned(.attributesSet, 3)]),
    .init(
      names: ["move_mount"], kind: .mountMove, form: .detailed, lane: .lifecycle, path: 2, directory: 1,
      secondPath: 4, secondDirectory: 3, arguments: [.unsigned(.callFlags, 5)]),
    .init(
      names: ["open_tree", "open_tree_attr"], kind: .mountTree, form: .detailed, lane: .lifecycle,
      flags: resultDescriptor, path: 2, directory: 1, arguments: [.unsigned(.callFlags, 3)]),
    .init(
      names: ["mount_setattr"], kind: .mountAttributes, form: .detailed, lane: .lifecycle, path: 2, directory: 1,
      bytes: 4, bytesUnit: 32, layout: .mountAttributes, arguments: [.unsigned(.callFlags, 3)]),
  ]

  /// What reaches into another process, or into code that is not in a file.
  private static let intrusions: [CallRecipe] = [
    .init(
      names: ["ptrace"], kind: .processTrace, form: .detailed, lane: .lifecycle,
      // TRACEME, POKETEXT, POKEDATA, SETREGS, ATTACH; SEIZE, which shares a bit with POKETEXT.
      choice: .lane([0, 4, 5, 13, 16, 0x4206], by: 1),
      arguments: [.unsigned(.operation, 1), .int(.targetPID, 2), .long(.memoryAddress, 3), .long(.operand, 4)]),
    .init(
      names: ["process_vm_readv"], kind: .processPeek, form: .call, lane: .activity,
      arguments: [.int(.targetPID, 1)]),
    .init(
      names: ["process_vm_writev"], kind: .processPoke, form: .call, lane: .lifecycle,
      arguments: [.int(.targetPID, 1)]),
    .init(
      names: ["pidfd_getfd"], kind: .descriptorTake, form: .detailed, lane: .lifecycle, flags: resultDescriptor,
      secondDescriptor: 1, arguments: [.int(.secondDescriptor, 1), .int(.operand, 2)]),
    .init(
      names: ["mmap"], kind: .memoryMap, form: .detailed, lane: .activity, descriptor: 5, choice: .hasBits(4, in: 3),
      width: .only64, arguments: mapping),
    .init(
      names: ["mmap2"], kind: .memoryMap, form: .detailed, lane: .activity, descriptor: 5, choice: .hasBits(4, in: 3),
      width: .only32, arguments: mapping),
    .init(
      names: ["mprotect", "pkey_mprotect"], kind: .memoryProtect, form: .detailed, lane: .activity,
      choice: .hasBits(4, in: 3),
      arguments: [.long(.memoryAddress, 1), .long(.count, 2), .unsigned(.protection, 3)]),
    .init(
      names: ["memfd_create"], kind: .memoryFile, form: .detailed, lane: .activity, flags: resultDescriptor, text: 1,
      textColumns: [.objectName], arguments: [.unsigned(.callFlags, 2)]),
    .init(
      names: ["memfd_secret"], kind: .memoryFile, form: .detailed, lane: .activity, flags: resultDescriptor,
      arguments: [.unsigned(.callFlags, 1)]),
    .init(
      names: ["ioctl"], kind: .terminalControl, form: .detailed, lane: .activity, descriptor: 1, bytes: 3,
      bytesUnit: 1, choice: .isIn(0x540e...0x5412, 2), layout: .character,
      arguments: [.int(.descriptor, 1), .unsigned(.operation, 2)]),
  ]

  private static let mapping: [Argument] = [
    .long(.memoryAddress, 1), .long(.count, 2), .unsigned(.protection, 3), .unsigned(.mappingFlags, 4),
    .int(.descriptor, 5),
  ]

  private static let kernel: [CallRecipe] = [
    .init(
      names: ["seccomp"], kind: .processFilter, form: .call, lane: .lifecycle,
      arguments: [.unsigned(.operation, 1), .unsigned(.callFlags, 2)]),
    .init(
      names: ["bpf"], kind: .kernelProgram, form: .detailed, lane: .lifecycle,
      // Not what looks up or lists: a program that reads its maps does that all the time.
      choice: .lane([0, 5, 6, 7, 8, 9, 10, 17, 18, 22, 28, 29, 33, 34, 35, 36], by: 1),
      arguments: [.int(.operation, 1)]),
    .init(
      names: ["init_module"], kind: .kernelModuleLoad, form: .detailed, lane: .lifecycle, failureLane: .lifecycle,
      text: 3, textColumns: [.data], arguments: [.long(.count, 2)]),
    .init(
      names: ["finit_module"], kind: .kernelModuleLoad, form: .detailed, lane: .lifecycle, failureLane: .lifecycle,
      descriptor: 1, text: 2, textColumns: [.data], arguments: [.int(.descriptor, 1), .unsigned(.callFlags, 3)]),
    .init(
      names: ["delete_module"], kind: .kernelModuleUnload, form: .detailed, lane: .lifecycle,
      failureLane: .lifecycle, text: 1, textColumns: [.objectName], arguments: [.unsigned(.callFlags, 2)]),
    .init(
      names: ["kexec_load"], kind: .kernelReplace, form: .call, lane: .lifecycle, failureLane: .lifecycle,
      arguments: [.unsigned(.callFlags, 4)]),
    .init(
      names: ["kexec_file_load"], kind: .kernelReplace, form: .detailed, lane: .lifecycle, failureLane: .lifecycle,
      descriptor: 1, text: 4, secondDescriptor: 2, textColumns: [.data],
      arguments: [.int(.descriptor, 1), .int(.secondDescriptor, 2), .unsigned(.callFlags, 5)]),
    .init(
      names: ["keyctl"], kind: .keyControl, form: .call, lane: .activity,
      arguments: [.int(.operation, 1), .int(.operand, 2)]),
    .init(
      names: ["add_key"], kind: .keyAdd, form: .detailed, lane: .activity, text: 1, secondText: 2,
      textColumns: [.objectType, .objectName], arguments: [.long(.count, 4)]),
    .init(
      names: ["request_key"], kind: .keyRequest, form: .detailed, lane: .activity, text: 1, secondText: 2,
      thirdText: 3, textColumns: [.objectType, .objectName, .data]),
    .init(
      names: ["perf_event_open"], kind: .kernelPerformance, form: .detailed, lane: .activity, bytes: 1,
      bytesUnit: 16, layout: .performance, arguments: [.int(.targetPID, 2), .unsigned(.callFlags, 5)]),
    .init(
      names: ["userfaultfd"], kind: .kernelFaultHandler, form: .detailed, lane: .activity, flags: resultDescriptor,
      arguments: [.unsigned(.callFlags, 1)]),
  ]
}
