internal import Glibc
internal import Posix

/// Where a capture's bytes come from: one for all sections of a file. Counts what is read.
final class CaptureSource {
  private(set) var bytesRead: UInt64 = 0
  private let descriptor: FileDescriptor?
  private let bytes: [UInt8]

  init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = consume descriptor
    bytes = []
  }

  static func open(_ path: String) throws(CaptureError) -> CaptureSource {
    do { return CaptureSource(try FileDescriptor.open(path, flags: O_RDONLY)) } catch { throw .system(error) }
  }

  init(_ bytes: [UInt8]) {
    descriptor = nil
    self.bytes = bytes
  }

  func length() throws(CaptureError) -> UInt64 {
    switch descriptor {
    case .some(let descriptor):
      do { return try descriptor.length() } catch { throw .system(error) }
    case .none: return UInt64(bytes.count)
    }
  }

  /// Up to `count` bytes: fewer where the bytes end.
  func read(at offset: UInt64, count: Int) throws(CaptureError) -> [UInt8] {
    let bytes = try readUncounted(at: offset, count: count)
    bytesRead += UInt64(bytes.count)
    return bytes
  }

  private func readUncounted(at offset: UInt64, count: Int) throws(CaptureError) -> [UInt8] {
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
      if let failure { throw .system(failure) }
      return result
    case .none:
      guard offset < bytes.count else { return [] }
      return Array(bytes[Int(offset)..<min(Int(offset) + count, bytes.count)])
    }
  }
}
