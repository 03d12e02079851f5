internal import CCrypto

/// A SHA-256 computation that is used again and again. The corresponding C functions are `EVP_Digest*`.
public final class SHA256 {
  private let context: OpaquePointer

  public init() {
    // Fails only where memory is out, which ends the process elsewhere too.
    context = EVP_MD_CTX_new()!
    precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "OpenSSL has no SHA-256")
  }

  deinit { EVP_MD_CTX_free(context) }

  public func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

  public func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes(update) }

  /// The 32 bytes of the digest; what follows begins a new one.
  public func finish() -> [UInt8] {
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { target, filled in
      EVP_DigestFinal_ex(context, target.baseAddress, nil)
      filled = 32
    }
    EVP_DigestInit_ex2(context, nil, nil)
    return digest
  }

  /// The digest of `bytes` alone.
  public static func digest(_ bytes: [UInt8]) -> [UInt8] {
    let computation = SHA256()
    computation.update(bytes)
    return computation.finish()
  }
}
