/// A compiled probe program: an ELF object for the BPF target, carried inside the binary.
public struct ProbeObject: Sendable {
  /// The source's name without `.bpf.c`.
  public var name: String
  /// The object, base64: a string literal of this size compiles in a tenth of a second, an array in ten.
  public var base64: StaticString
}
