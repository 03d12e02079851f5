internal import Events
internal import ProbeRecords

extension CallRecipe {
  private static let resultDescriptor = UInt32(AT_RECIPE_RESULT_DESCRIPTOR)
  private static let writeOpen = UInt32(AT_RECIPE_WRITE_OPEN) | UInt32(AT_RECIPE_RESULT_DESCRIPTOR)
  private static let dropSuccess = UInt32(AT_RECIPE_DROP_SUCCESS)
  private static let lengthPointer = UInt32(AT_RECIPE_ADDRESS_LENGTH_POINTER)

  /// Every decoded call. What is not here is recorded as number, six raw arguments and result.
  static let all: [CallRecipe] =
    processes + opens + names + attributes + descriptors + transfers + network + powers + moreFiles

  /// Success is told by the scheduler's events, which know the new process; only failures come from here.
  private static let processes: [CallRecipe] = [
    .init(
      names: ["execve"], kind: .processExec, form: .detailed, lane: .lifecycle, failureLane: .activity,
      flags: dropSuccess, path: 1),
    .init(
      names: ["execveat"], kind: .processExec, form: .detailed, lane: .lifecycle, failureLane: .activity,
      flags: dropSuccess, path: 2, directory: 1),
    .init(
      names: ["clone", "clone3", "fork", "vfork"], kind: .processFork, form: .call, lane: .lifecycle,
      failureLane: .activity, flags: dropSuccess),
  ]

  private static let opens: [CallRecipe] = [
    .init(
      names: ["open"], kind: .fileOpen, form: .detailed, flags: writeOpen, path: 1,
      arguments: [.unsigned(.openFlags, 2), .unsigned(.mode, 3)]),
    .init(
      names: ["creat"], kind: .fileOpen, form: .detailed, lane: .activity, flags: resultDescriptor, path: 1,
      arguments: [.unsigned(.mode, 2)]),
    .init(
      names: ["openat"], kind: .fileOpen, form: .detailed, flags: writeOpen, path: 2, directory: 1,
      arguments: [.unsigned(.openFlags, 3), .unsigned(.mode, 4)]),
    .init(
      names: ["openat2"], kind: .fileOpen, form: .detailed, flags: writeOpen | UInt32(AT_RECIPE_OPEN_HOW), path: 2,
      directory: 1, arguments: [.unsigned(.openFlags, 3)]),
  ]

  private static let names: [CallRecipe] = [
    .init(names: ["rename"], kind: .fileRename, form: .detailed, lane: .activity, path: 1, secondPath: 2),
    .init(
      names: ["renameat"], kind: .fileRename, form: .detailed, lane: .activity, path: 2, directory: 1,
      secondPath: 4, secondDirectory: 3),
    .init(
      names: ["renameat2"], kind: .fileRename, form: .detailed, lane: .activity, path: 2, directory: 1,
      secondPath: 4, secondDirectory: 3, arguments: [.unsigned(.callFlags, 5)]),
    .init(names: ["unlink"], kind: .fileUnlink, form: .detailed, lane: .activity, path: 1),
    .init(
      names: ["unlinkat"], kind: .fileUnlink, form: .detailed, lane: .activity, path: 2, directory: 1),
    .init(
      names: ["mkdir"], kind: .fileMakeDirectory, form: .detailed, lane: .activity, path: 1,
      arguments: [.unsigned(.mode, 2)]),
    .init(
      names: ["mkdirat"], kind: .fileMakeDirectory, form: .detailed, lane: .activity, path: 2, directory: 1,
      arguments: [.unsigned(.mode, 3)]),
    .init(names: ["rmdir"], kind: .fileRemoveDirectory, form: .detailed, lane: .activity, path: 1),
    .init(names: ["link"], kind: .fileLink, form: .detailed, lane: .activity, path: 1, secondPath: 2),
    .init(
      names: ["linkat"], kind: .fileLink, form: .detailed, lane: .activity, path: 2, directory: 1, secondPath: 4,
      secondDirectory: 3),
    .init(names: ["symlink"], kind: .fileSymlink, form: .detailed, lane: .activity, path: 1, secondPath: 2),
    .init(
      names: ["symlinkat"], kind: .fileSymlink, form: .detailed, lane: .activity, path: 1, secondPath: 3,
      secondDirectory: 2),
  ]

  private static let attributes: [CallRecipe] = [
    .init(
      names: ["chmod"], kind: .fileChangeMode, form: .detailed, lane: .activity, path: 1,
      arguments: [.unsigned(.mode, 2)]),
    .init(
      names: ["fchmod"], kind: .fileChangeMode, form: .detailed, lane: .activity, descriptor: 1,
      arguments: [.int(.descriptor, 1), .unsigned(.mode, 2)]),
    .init(
      names: ["fchmodat", "fchmodat2"], kind: .fileChangeMode, form: .detailed, lane: .activity, path: 2,
      directory: 1, arguments: [.unsigned(.mode, 3)]),
    .init(
      names: ["chown", "lchown"], kind: .fileChangeOwner, form: .detailed, lane: .activity, path: 1,
      arguments: [.int(.userID, 2), .int(.groupID, 3)]),
    .init(
      names: ["fchown"], kind: .fileChangeOwner, form: .detailed, lane: .activity, descriptor: 1,
      arguments: [.int(.descriptor, 1), .int(.userID, 2), .int(.groupID, 3)]),
    .init(
      names: ["fchownat"], kind: .fileChangeOwner, form: .detailed, lane: .activity, path: 2, directory: 1,
      arguments: [.int(.userID, 3), .int(.groupID, 4)]),
    .init(
      names: ["truncate"], kind: .fileTruncate, form: .detailed, lane: .activity, path: 1,
      arguments: [.long(.length, 2)]),
    .init(
      names: ["ftruncate"], kind: .fileTruncate, form: .detailed, lane: .activity, descriptor: 1,
      arguments: [.int(.descriptor, 1), .long(.length, 2)]),
  ]

  private static let descriptors: [CallRecipe] = [
    .init(names: ["close"], kind: .fileClose, form: .descriptor, failureLane: .detail, descriptor: 1),
    .init(names: ["dup"], kind: .descriptorDuplicate, form: .descriptor, failureLane: .detail, descriptor: 1),
    .init(
      names: ["dup2", "dup3"], kind: .descriptorDuplicate, form: .descriptor, failureLane: .detail, descriptor: 1,
      arguments: [.int(.secondDescriptor, 2)]),
    .init(
      names: ["fcntl", "fcntl64"], kind: .descriptorDuplicate, form: .descriptor, failureLane: .detail,
      flags: UInt32(AT_RECIPE_FAMILY_BY_COMMAND), descriptor: 1),
    .init(names: ["pipe", "pipe2"], kind: .pipeCreate, form: .detailed, pair: 1),
  ]

  private static let transfers: [CallRecipe] = [
    .init(names: ["read"], kind: .fileRead, form: .transfer, failureLane: .detail, descriptor: 1, count: 3, payload: 2),
    .init(
      names: ["write"], kind: .fileWrite, form: .transfer, failureLane: .detail, descriptor: 1, count: 3,
      payload: 2 | given),
    .init(
      names: ["pread64"], kind: .fileRead, form: .transfer, failureLane: .detail, descriptor: 1, count: 3, offset: 4,
      payload: 2),
    .init(
      names: ["pwrite64"], kind: .fileWrite, form: .transfer, failureLane: .detail, descriptor: 1, count: 3, offset: 4,
      payload: 2 | given),
    .init(
      names: ["readv"], kind: .fileRead, form: .transfer, failureLane: .detail, descriptor: 1, count: 3, vector: 2,
      payload: 2),
    .init(
      names: ["writev"], kind: .fileWrite, form: .transfer, failureLane: .detail, descriptor: 1, count: 3, vector: 2,
      payload: 2 | given),
    .init(
      names: ["preadv", "preadv2"], kind: .fileRead, form: .transfer, failureLane: .detail, descriptor: 1, count: 3,
      vector: 2, offset: 4, payload: 2),
    .init(
      names: ["pwritev", "pwritev2"], kind: .fileWrite, form: .transfer, failureLane: .detail, descriptor: 1,
      count: 3, vector: 2, offset: 4, payload: 2 | given),
  ]

  private static let network: [CallRecipe] = [
    .init(
      names: ["socket"], kind: .networkSocket, form: .detailed, flags: resultDescriptor,
      arguments: [.int(.family, 1), .int(.socketType, 2), .int(.networkProtocol, 3)]),
    .init(
      names: ["connect"], kind: .networkConnect, form: .detailed, lane: .activity, descriptor: 1, address: 2,
      addressLength: 3, more: UInt32(AT_MORE_OUTCOME), arguments: [.int(.descriptor, 1)]),
    .init(
      names: ["accept", "accept4"], kind: .networkAccept, form: .detailed, lane: .activity, failureLane: .detail,
      flags: resultDescriptor | lengthPointer, address: 2, addressLength: 3),
    .init(
      names: ["bind"], kind: .networkBind, form: .detailed, lane: .activity, descriptor: 1, address: 2,
      addressLength: 3, arguments: [.int(.descriptor, 1)]),
    .init(
      names: ["listen"], kind: .networkListen, form: .descriptor, lane: .activity, descriptor: 1,
      arguments: [.int(.backlog, 2)]),
    .init(
      names: ["sendto"], kind: .networkSend, form: .detailed, failureLane: .detail, descriptor: 1, address: 5,
      addressLength: 6, payload: 2 | given, arguments: [.int(.descriptor, 1), .long(.count, 3)]),
    .init(
      names: ["recvfrom"], kind: .networkReceive, form: .detailed, failureLane: .detail, flags: lengthPointer,
      descriptor: 1, address: 5, addressLength: 6, payload: 2, arguments: [.int(.descriptor, 1), .long(.count, 3)]),
    .init(
      names: ["sendmsg"], kind: .networkSend, form: .detailed, failureLane: .detail, descriptor: 1, message: 2,
      payload: 2 | given, more: UInt32(AT_MORE_RIGHTS), arguments: [.int(.descriptor, 1), .long(.count, 6)]),
    .init(
      names: ["recvmsg"], kind: .networkReceive, form: .detailed, failureLane: .detail, descriptor: 1, message: 2,
      payload: 2, more: UInt32(AT_MORE_RIGHTS), arguments: [.int(.descriptor, 1), .long(.count, 6)]),
    .init(
      names: ["sendmmsg"], kind: .networkSend, form: .detailed, failureLane: .detail, descriptor: 1, message: 2,
      payload: 2 | given | messages, more: UInt32(AT_MORE_RIGHTS), arguments: [.int(.descriptor, 1)]),
    .init(
      names: ["recvmmsg"], kind: .networkReceive, form: .detailed, failureLane: .detail, descriptor: 1, message: 2,
      payload: 2 | messages, more: UInt32(AT_MORE_RIGHTS), arguments: [.int(.descriptor, 1)]),
    .init(
      names: ["setsockopt"], kind: .networkOption, form: .detailed, lane: .activity, failureLane: .detail,
      descriptor: 1, bytes: 4, bytesUnit: 1, bytesLength: 5,
      // What attaches a filter, a device or a mark; 64 replaces a table of iptables, and shares its bit with 0, which is none's.
      choice: .lane([25, 26, 36, 50, 51, 52, 64], by: 3), layout: .option,
      arguments: [.int(.descriptor, 1), .int(.optionLevel, 2), .int(.optionName, 3)]),
    .init(
      names: ["socketpair"], kind: .networkPair, form: .detailed, pair: 4,
      arguments: [.int(.family, 1), .int(.socketType, 2), .int(.networkProtocol, 3)]),
    .init(
      names: ["shutdown"], kind: .networkShutdown, form: .descriptor, lane: .activity, failureLane: .detail,
      descriptor: 1, arguments: [.int(.operation, 2)]),
    // Becomes the call that it stands for.
    .init(names: ["socketcall"], kind: .call, form: .call, failureLane: .detail, flags: UInt32(AT_RECIPE_SOCKETCALL)),
  ]
}
