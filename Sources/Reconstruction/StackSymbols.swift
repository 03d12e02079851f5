public import CaptureFormat

/// Names for the frames of stacks, from wherever the reader's program files are.
public struct StackSymbols: Sendable {
  private let name: @Sendable (_ buildID: String, _ offset: UInt64) -> String?

  /// - Parameter name: What stands at an offset of the file with a build id, such as `main+0x3f (billing.c:14)`.
  public init(_ name: @escaping @Sendable (_ buildID: String, _ offset: UInt64) -> String?) { self.name = name }

  /// One for each frame, nil where none is known.
  ///
  /// - Parameter frames: Innermost first, as a stack has them.
  public func names(of frames: [StackFrame]) -> [String?] {
    frames.enumerated().map { index, frame in
      guard case .file(let buildID, let offset) = frame.place else { return nil }
      // A caller's frame tells where it goes on: what it called ends just before, and may be the last of its function.
      return name(buildID, index == 0 || offset == 0 ? offset : offset - 1)
    }
  }
}
