import Testing

@testable import Events

@Suite struct ArgumentNamesTests {
  private static func call(_ abi: UInt8, _ number: UInt16 = 1) -> SystemCall { SystemCall(abi: abi, number: number) }

  @Test func `open's flags have the numbers of the interface that the call was made in`() {
    let x86 = ArgumentNames.text(0o200_000, column: .openFlags, kind: .fileOpen, call: Self.call(0))
    let arm64 = ArgumentNames.text(0o200_000, column: .openFlags, kind: .fileOpen, call: Self.call(3))
    let arm = ArgumentNames.text(0o40_000, column: .openFlags, kind: .fileOpen, call: Self.call(4))
    #expect(x86 == "O_RDONLY|O_DIRECTORY" && arm64 == "O_RDONLY|O_DIRECT" && arm == "O_RDONLY|O_DIRECTORY")
    #expect(OpenFlags.names(0o20_200_002) == "O_RDWR|O_TMPFILE")
    #expect(OpenFlags.names(0o20_040_002, isARM: true) == "O_RDWR|O_TMPFILE")
  }

  @Test func `bits and numbers without a name are told as numbers, and none is lost`() {
    #expect(
      ArgumentNames.text(4096 | 1 << 40, column: .callFlags, kind: .mountAttach, call: nil) == "MS_BIND|0x10000000000")
    #expect(ArgumentNames.text(0, column: .callFlags, kind: .mountAttach, call: nil) == "0")
    #expect(
      ArgumentNames.text(-1, column: .effectiveCapabilities, kind: .credentialsUser, call: nil)?.hasSuffix(
        "0xfffffe0000000000") == true)
    #expect(ArgumentNames.text(999, column: .operation, kind: .kernelProgram, call: nil) == "999")
    #expect(ArgumentNames.text(0x5961_6d61, column: .operation, kind: .processControl, call: nil) == "PR_SET_PTRACER")
    #expect(ArgumentNames.text(7, column: .targetPID, kind: .processSignal, call: nil) == nil)
  }

  @Test func `what one number stands for depends on what the call is`() {
    func name(_ kind: EventKind) -> String? { ArgumentNames.text(1, column: .callFlags, kind: kind, call: nil) }
    #expect(name(.fileRename) == "RENAME_NOREPLACE" && name(.memoryFile) == "MFD_CLOEXEC")
    #expect(
      ArgumentNames.text(1, column: .callFlags, kind: .kernelReplace, call: Self.call(0, 320)) == "KEXEC_FILE_UNLOAD")
    #expect(
      ArgumentNames.text(1, column: .callFlags, kind: .kernelReplace, call: Self.call(0, 246)) == "KEXEC_ON_CRASH")
    #expect(ArgumentNames.socketOption(2, level: 1) == "SO_REUSEADDR")
    #expect(ArgumentNames.socketOption(1, level: 6) == "TCP_NODELAY")
    #expect(ArgumentNames.socketOption(1, level: 999) == nil)
    #expect(ArgumentNames.operand(24, kind: .processControl, operation: 24) == "CAP_SYS_RESOURCE")
    #expect(ArgumentNames.operand(9, kind: .processControl, operation: 1) == "SIGKILL")
    #expect(ArgumentNames.operand(.max, kind: .processControl, operation: 24) == nil)
    #expect(ArgumentNames.operand(9, kind: .keyControl, operation: 1) == nil)
  }

  @Test func `a clone's low byte is a signal, an unshare's a namespace`() {
    let clone = ArgumentNames.text(0x11 | 0x2000_0000, column: .cloneFlags, kind: .processFork, call: nil)
    #expect(clone == "CLONE_NEWPID|SIGCHLD")
    #expect(ArgumentNames.text(0x80, column: .cloneFlags, kind: .namespaceUnshare, call: nil) == "CLONE_NEWTIME")
  }

  @Test(arguments: [
    ValueTables.controls, ValueTables.traces, ValueTables.keyOperations, ValueTables.bpfCommands, ValueTables.families,
    ValueTables.socketOptions, ValueTables.tcpOptions, ValueTables.ipOptions, ValueTables.ipv6Options,
    ValueTables.optionLevels, ValueTables.resources, ValueTables.socketStates,
  ])
  func `a table names a number once`(table: [(Int64, String)]) {
    #expect(Set(table.map(\.0)).count == table.count && Set(table.map(\.1)).count == table.count)
  }

  @Test func `columns and kinds have one name each`() {
    #expect(Set(ColumnID.catalogue.map(\.name)).count == ColumnID.catalogue.count)
    #expect(Set(ColumnID.catalogue.map(\.column)).count == ColumnID.catalogue.count)
    #expect(Set(EventKind.catalogue.map(\.name)).count == EventKind.catalogue.count)
  }
}
