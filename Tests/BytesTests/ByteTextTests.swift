import Bytes
import Testing

@Suite struct ByteTextTests {
  private static let numbers: [UInt64] =
    [0, 1, 9, 10, 11, 99, 100, 101, 105, 999, 1000, 1005, 12_345, 1 << 32, .max, .max - 1, UInt64(Int64.max)]
    + (0..<64).map { 1 << $0 }

  @Test(arguments: numbers) func `numbers are written as Swift writes them`(number: UInt64) {
    var bytes: [UInt8] = [0x78]
    bytes.append(decimal: number)
    #expect(String(decoding: bytes, as: UTF8.self) == "x\(number)")
    bytes = []
    bytes.append(decimal: Int64(bitPattern: number))
    #expect(String(decoding: bytes, as: UTF8.self) == "\(Int64(bitPattern: number))")
    bytes = []
    bytes.append(hexadecimal: number)
    #expect(String(decoding: bytes, as: UTF8.self) == String(number, radix: 16))
  }
}
