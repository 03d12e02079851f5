extension Duration {
  /// As clocks count it; 0 for what is negative.
  public var wholeNanoseconds: UInt64 {
    guard self > .zero else { return 0 }
    return UInt64(components.seconds) &* 1_000_000_000 &+ UInt64(components.attoseconds / 1_000_000_000)
  }
}
