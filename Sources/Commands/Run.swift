internal import Arguments
internal import Posix
internal import Reconstruction
internal import Recording

/// Runs the program on `arguments`, which lack its own name, and answers its exit status.
public func run(arguments: [String]) -> Int32 {
  if arguments.first == HeldCommand.holdFlag, arguments.count > 1 {
    return HeldCommand.hold(thenRun: Array(arguments.dropFirst()))
  }
  if arguments.first == DoctorActs.flag, arguments.count == 2 {
    return DoctorActs.perform(mountPoint: arguments[1])
  }
  do throws(UsageError) {
    switch try program.parse(arguments) {
    case .version: return print("\(program.name) \(program.version)\n")
    case .help(let command, let isLong): return printHelp(on: command, isLong: isLong)
    case .run(let invocation): return run(invocation)
    }
  } catch {
    complain(error.message(program: program.name))
    return UsageError.exitStatus
  }
}

private func run(_ invocation: Invocation) -> Int32 {
  switch invocation.command.name {
  case "help": return printHelp(on: invocation.operands.first, isLong: true)
  case "version": return print("\(program.name) \(program.version)\n")
  case "completions": return print(completions(for: invocation.operands[0]) ?? "")
  case "man": return print(manPage())
  case "inspect": return guarded { try runInspect(invocation) }
  case "watch": return guarded { try runWatch(invocation) }
  case "record": return guarded { try runRecord(invocation) }
  case "captures": return guarded { try CapturesCommand(invocation).run(invocation.operands) }
  case "fields": return guarded { try runFields(invocation) }
  case "findings": return guarded { try runFindings(invocation) }
  case "rules": return guarded { try runRules(invocation) }
  case "trigger": return guarded { try runTrigger(invocation) }
  case "doctor": return guarded { try runDoctor(invocation) }
  case "status": return guarded { try runStatus(invocation) }
  default: return guarded { try runReading(invocation) }
  }
}

private func printHelp(on command: String?, isLong: Bool) -> Int32 {
  let isColoured = StandardStream.output.isTerminal && environmentVariable("NO_COLOR") == nil
  return print(helpText(on: command, isLong: isLong, isColoured: isColoured))
}

private func print(_ text: String) -> Int32 {
  do {
    try StandardStream.output.write(text)
    return 0
  } catch {
    complain("standard output: \(error)")
    return 2
  }
}

/// Runs `body` and words what it throws.
private func guarded(_ body: () throws -> Int32) -> Int32 {
  do {
    return try body()
  } catch let error as CommandFailure {
    complain(error)
    return error.status
  } catch let error as SystemError where error.isBrokenPipe {
    // Whoever read us has seen enough: `events … | head` is no error.
    return 0
  } catch {
    complain("\(error)")
    return 2
  }
}

func complain(_ failure: CommandFailure) {
  complain(failure.message + (failure.remedy.map { "\n  help: " + $0 } ?? ""))
}

/// Writes to standard error. What it quotes may come from a hostile capture: control characters are shown, not sent.
func complain(_ text: String) {
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { EventText.printable(Array($0.utf8)) }
  try? StandardStream.error.write("\(program.name): \(lines.joined(separator: "\n"))\n")
}
