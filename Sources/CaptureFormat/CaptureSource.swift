internal import Posix

/// Where a capture's bytes come from.
final class CaptureSource {
  private let descriptor: FileDescriptor?
  private let bytes: [UInt8]

  init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = consume descriptor
    bytes = []
  }

  init(_ bytes: [UInt8]) {
    descriptor = nil
    self.bytes = bytes
  }

  func length() throws(SystemError) -> UInt64 {
    switch descriptor {
    case .some(let descriptor): try descriptor.length()
    case .none: UInt64(bytes.count)
    }
  }

  /// Up to `count` bytes: fewer where the bytes end.
  func read(at offset: UInt64, count: Int) throws(SystemError) -> [UInt8] {
    switch descriptor {
    case .some(let descriptor):
      var failure: SystemError?
      let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        do throws(SystemError) {
          filled = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      return result
    case .none:
      guard offset < bytes.count else { return [] }
      return Array(bytes[Int(offset)..<min(Int(offset) + count, bytes.count)])
    }
  }
}
