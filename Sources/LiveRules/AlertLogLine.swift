/// What the log is to say.
public struct AlertLogLine: Sendable {
  public enum Gravity: Sendable { case error, warning, notice, information }
  public var gravity: Gravity
  public var text: String
}
