// A table: calls on files beyond opening, reading and renaming them.

internal import Events
internal import ProbeRecords

extension CallRecipe {
  private static let resultDescriptor = UInt32(AT_RECIPE_RESULT_DESCRIPTOR)

  static let moreFiles = nodes + extendedAttributes + flows + watches

  private static let nodes: [CallRecipe] = [
    .init(
      names: ["mknod"], kind: .fileMakeNode, form: .detailed, lane: .activity, path: 1,
      arguments: [.unsigned(.mode, 2), .unsigned(.deviceNumber, 3)]),
    .init(
      names: ["mknodat"], kind: .fileMakeNode, form: .detailed, lane: .activity, path: 2, directory: 1,
      arguments: [.unsigned(.mode, 3), .unsigned(.deviceNumber, 4)]),
    .init(
      names: ["fallocate"], kind: .fileAllocate, form: .detailed, lane: .activity, descriptor: 1, width: .only64,
      arguments: [.int(.descriptor, 1), .unsigned(.callFlags, 2), .long(.offset, 3), .long(.length, 4)]),
    .init(
      names: ["fallocate"], kind: .fileAllocate, form: .detailed, lane: .activity, descriptor: 1, width: .only32,
      arguments: [.int(.descriptor, 1), .unsigned(.callFlags, 2)]),
    .init(
      names: ["utimensat"], kind: .fileTimes, form: .detailed, lane: .activity, path: 2, directory: 1, bytes: 3,
      bytesUnit: 32, layout: .times, width: .only64, arguments: [.unsigned(.callFlags, 4)]),
    .init(
      names: ["utimensat", "utimensat_time64"], kind: .fileTimes, form: .detailed, lane: .activity, path: 2,
      directory: 1, width: .only32, arguments: [.unsigned(.callFlags, 4)]),
    .init(names: ["utime", "utimes"], kind: .fileTimes, form: .detailed, lane: .activity, path: 1),
    .init(names: ["futimesat"], kind: .fileTimes, form: .detailed, lane: .activity, path: 2, directory: 1),
  ]

  private static let extendedAttributes: [CallRecipe] = [
    .init(
      names: ["setxattr", "lsetxattr"], kind: .attributeSet, form: .detailed, lane: .activity, path: 1, text: 2,
      textColumns: [.objectName], arguments: [.long(.count, 4), .unsigned(.callFlags, 5)]),
    .init(
      names: ["fsetxattr"], kind: .attributeSet, form: .detailed, lane: .activity, descriptor: 1, text: 2,
      textColumns: [.objectName], arguments: [.int(.descriptor, 1), .long(.count, 4), .unsigned(.callFlags, 5)]),
    .init(
      names: ["setxattrat"], kind: .attributeSet, form: .detailed, lane: .activity, path: 2, directory: 1, text: 4,
      textColumns: [.objectName]),
    .init(
      names: ["getxattr", "lgetxattr"], kind: .attributeGet, form: .detailed, failureLane: .detail, path: 1, text: 2,
      textColumns: [.objectName], arguments: [.long(.count, 4)]),
    .init(
      names: ["fgetxattr"], kind: .attributeGet, form: .detailed, failureLane: .detail, descriptor: 1, text: 2,
      textColumns: [.objectName], arguments: [.int(.descriptor, 1), .long(.count, 4)]),
    .init(
      names: ["getxattrat"], kind: .attributeGet, form: .detailed, failureLane: .detail, path: 2, directory: 1,
      text: 4, textColumns: [.objectName]),
    .init(
      names: ["listxattr", "llistxattr"], kind: .attributeList, form: .detailed, failureLane: .detail, path: 1,
      arguments: [.long(.count, 3)]),
    .init(
      names: ["flistxattr"], kind: .attributeList, form: .detailed, failureLane: .detail, descriptor: 1,
      arguments: [.int(.descriptor, 1), .long(.count, 3)]),
    .init(
      names: ["listxattrat"], kind: .attributeList, form: .detailed, failureLane: .detail, path: 2, directory: 1),
    .init(
      names: ["removexattr", "lremovexattr"], kind: .attributeRemove, form: .detailed, lane: .activity, path: 1,
      text: 2, textColumns: [.objectName]),
    .init(
      names: ["fremovexattr"], kind: .attributeRemove, form: .detailed, lane: .activity, descriptor: 1, text: 2,
      textColumns: [.objectName], arguments: [.int(.descriptor, 1)]),
    .init(
      names: ["removexattrat"], kind: .attributeRemove, form: .detailed, lane: .activity, path: 2, directory: 1,
      text: 4, textColumns: [.objectName]),
  ]

  /// From the first descriptor to the second, whatever their order in the call.
  private static let flows: [CallRecipe] = [
    .init(
      names: ["sendfile", "sendfile64"], kind: .fileTransfer, form: .detailed, failureLane: .detail, descriptor: 2,
      secondDescriptor: 1, arguments: [.int(.descriptor, 2), .int(.secondDescriptor, 1), .long(.count, 4)]),
    .init(
      names: ["splice", "copy_file_range"], kind: .fileTransfer, form: .detailed, failureLane: .detail, descriptor: 1,
      secondDescriptor: 3,
      arguments: [
        .int(.descriptor, 1), .int(.secondDescriptor, 3), .long(.count, 5), .unsigned(.callFlags, 6),
      ]),
    .init(
      names: ["tee"], kind: .fileTransfer, form: .detailed, failureLane: .detail, descriptor: 1, secondDescriptor: 2,
      arguments: [
        .int(.descriptor, 1), .int(.secondDescriptor, 2), .long(.count, 3), .unsigned(.callFlags, 4),
      ]),
  ]

  private static let watches: [CallRecipe] = [
    .init(
      names: ["inotify_add_watch"], kind: .fileWatch, form: .detailed, failureLane: .detail, path: 2, descriptor: 1,
      arguments: [.int(.descriptor, 1), .unsigned(.eventMask, 3)]),
    .init(
      names: ["fanotify_init"], kind: .fileMonitor, form: .detailed, lane: .activity, flags: resultDescriptor,
      arguments: [.unsigned(.callFlags, 1), .unsigned(.openFlags, 2)]),
    .init(
      names: ["fanotify_mark"], kind: .fileMonitorMark, form: .detailed, lane: .activity, path: 5, directory: 4,
      descriptor: 1, width: .only64,
      arguments: [.int(.descriptor, 1), .unsigned(.callFlags, 2), .long(.eventMask, 3)]),
    .init(
      names: ["fanotify_mark"], kind: .fileMonitorMark, form: .detailed, lane: .activity, path: 6, directory: 5,
      descriptor: 1, width: .only32,
      arguments: [.int(.descriptor, 1), .unsigned(.callFlags, 2), .unsigned(.eventMask, 3)]),
  ]
}
