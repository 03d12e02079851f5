/// What a command wants of the world outside the state.
public enum Effect: Hashable, Sendable {
  case ask(WorkerRequest)
  case copy(String)
  case suspend
  case redraw
  case quit
}
