internal import Bytes

/// One frame of a user stack, of the 32 bytes each that the column `frames` has, innermost first:
///
/// ```
///  0  u32  1: build id and offset; 2: an address
///  4  20   build id of the file, padded with zeros; zeros where there is none
/// 24  u64  offset in that file, else the address
/// ```
public struct StackFrame: Hashable, Sendable {
  public enum Place: Hashable, Sendable {
    /// `buildID` as it is written in names of debug files: lower case, hexadecimal.
    case file(buildID: String, offset: UInt64)
    case address(UInt64)
  }

  public var place: Place

  private static let length = 32
  private static let limit = 512

  /// What the column holds. A frame that is cut or empty, or of a kind that is not known, is left out.
  public static func frames(_ bytes: [UInt8]) -> [StackFrame] {
    var frames: [StackFrame] = []
    for start in stride(from: 0, to: bytes.count - Self.length + 1, by: Self.length).prefix(limit) {
      let number = integer(bytes[(start + 24)..<(start + 32)])
      switch integer(bytes[start..<(start + 4)]) {
      case 1: frames.append(StackFrame(place: .file(buildID: hex(bytes[(start + 4)..<(start + 24)]), offset: number)))
      case 2: frames.append(StackFrame(place: .address(number)))
      default: break
      }
    }
    return frames
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    let digits = Array("0123456789abcdef".utf8)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension StackFrame: CustomStringConvertible {
  /// `1a2b3c4d+0x1139`: the build id's first eight digits.
  public var description: String {
    switch place {
    case .file(let buildID, let offset): "\(buildID.prefix(8))+0x" + String(offset, radix: 16)
    case .address(let address): "0x" + String(address, radix: 16)
    }
  }
}
