/// Which calls have a duration.
public enum CallDurations: String, CaseIterable, Hashable, Sendable {
  /// All, from their beginning: costs a probe at each call's beginning, of unrecorded processes too.
  case all
  /// Those that slept, from when they first did.
  case blocked
  /// None.
  case off
}
