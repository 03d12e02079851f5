public import Posix

/// What is wrong with a capture, or with what was asked of it. Facts here, wording below.
public enum CaptureError: Error, Equatable, Sendable {
  /// A system call failed.
  case system(SystemError)
  case empty(path: String)
  /// Does not begin like a pcapng file.
  case notPcapng(path: String, firstBytes: [UInt8])
  /// A big-endian pcapng file: this recorder never wrote one.
  case bigEndian(path: String)
  /// A pcapng file without a single block of ours.
  case notACapture(path: String)
  /// Ours, but of a version or with features that this reader must not guess at.
  case unsupported(offset: UInt64, what: String, value: UInt64)
  case truncated(offset: UInt64, needed: UInt64, available: UInt64)
  /// A checksum does not match what was read.
  case checksum(offset: UInt64, what: String, expected: UInt32, found: UInt32)
  /// A field holds what cannot be.
  case invalid(offset: UInt64, what: String, value: UInt64)
  /// The file became shorter while it was open.
  case shrunk(offset: UInt64)
  /// Writing: a row that does not fit in a block.
  case tooLarge(what: String, length: Int, limit: Int)
}

extension CaptureError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .empty(let path): "\(path): empty file"
    case .notPcapng(let path, let bytes):
      "\(path): not a capture: begins with \(hexadecimal(bytes)), a pcapng file begins with 0a 0d 0d 0a"
    case .bigEndian(let path): "\(path): a big-endian pcapng file: captures are little-endian"
    case .notACapture(let path): "\(path): a pcapng file with no aftertrace blocks in it"
    case .unsupported(let offset, let what, let value):
      "block at offset \(offset): \(what) \(value) is not known to this version"
    case .truncated(let offset, let needed, let available):
      "file ends early: \(needed) bytes wanted at offset \(offset), \(available) left"
    case .checksum(let offset, let what, let expected, let found):
      "block at offset \(offset): checksum of \(what) is \(hexadecimal(found)), should be \(hexadecimal(expected))"
    case .invalid(let offset, let what, let value): "offset \(offset): \(what) cannot be \(value)"
    case .shrunk(let offset): "the file became shorter while it was read: nothing at offset \(offset) any more"
    case .tooLarge(let what, let length, let limit): "\(what) is \(length) bytes long, \(limit) is the limit"
    }
  }

  /// What can be done about it; nil where there is nothing to say.
  public var remedy: String? {
    switch self {
    case .notACapture: "editcap, mergecap and `tshark -w` drop our blocks: use the original file"
    case .notPcapng(_, let bytes) where bytes.starts(with: [0x1f, 0x8b]): "it is compressed: gunzip it first"
    case .notPcapng(_, let bytes) where bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]):
      "it is compressed: unzstd it first"
    case .unsupported: "a newer aftertrace wrote it: use that one"
    case .truncated, .checksum, .invalid: "the blocks that are whole are readable: `aftertrace info FILE`"
    default: nil
    }
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}

private func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
