public import CaptureFormat
public import JSON

/// Who looks at what is recorded while it is recorded. Called on the recorder's thread, which must not wait.
public protocol BlockListener: AnyObject, Sendable {
  /// A block in which there is an event of one of these is sealed within a second.
  var kinds: KindMask { get }
  /// A block was sealed.
  func take(_ block: SealedBlock)
  /// What became known of containers.
  func take(_ rows: [ContainerRow])
  /// Processes that were there before.
  func take(_ rows: [ProcessRow])
  func take(_ rows: [AnchorRow])
  /// All that happened until now and is looked for was handed over.
  func endBundle()
  /// What is told of it in the recorder's status: members of an object.
  func writeStatus(to json: inout JSONText)
}
