internal import CCrypto

/// SHA-1: for identifiers that others define by it, never to prove anything. The corresponding C function is `EVP_Digest`.
public enum SHA1 {
  /// The 20 bytes of the digest.
  public static func digest(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 20) { target, filled in
      // Fails only where memory is out, which ends the process elsewhere too.
      precondition(
        EVP_Digest(bytes, bytes.count, target.baseAddress, nil, EVP_sha1(), nil) == 1, "OpenSSL has no SHA-1")
      filled = 20
    }
  }
}
