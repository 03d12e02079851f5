internal import Arguments

func runRecord(_ invocation: Invocation) throws -> Int32 {
  throw CommandFailure("record: not in this build")
}
