internal import CCrypto

/// Bytes nobody can foretell. The corresponding C function is `RAND_bytes`.
public func randomBytes(_ count: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: count) { target, filled in
    precondition(RAND_bytes(target.baseAddress, Int32(clamping: count)) == 1, "OpenSSL has no random numbers")
    filled = count
  }
}
