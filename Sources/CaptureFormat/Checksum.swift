/// Whether a checksum read from a file is that of the bytes.
///
/// Any is, while fuzzing: the fuzzer would otherwise be stopped at each block's door and test nothing behind it.
@inline(__always) func checksumHolds(_ expected: UInt32, found: UInt32) -> Bool {
  #if FUZZING
    true
  #else
    found == expected
  #endif
}
