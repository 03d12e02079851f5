import Bytes
import Testing

@Suite struct ByteReaderTests {
  @Test func `integers are little-endian, and what was written is read back`() throws {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(0x1234))
    bytes.append(littleEndian: Int64(-2))
    #expect(bytes.prefix(3) == [0x34, 0x12, 0xFE])
    var reader = ByteReader(bytes.span.bytes)
    let (first, second) = (try reader.read(UInt16.self), try reader.read(Int64.self))
    #expect(first == 0x1234)
    #expect(second == -2)
    let isAtEnd = reader.isAtEnd
    #expect(isAtEnd)
  }

  @Test(arguments: [0, 1, 127, 128, 300, 1 << 35, UInt64.max])
  func `a variable-length number is read back, and cut at any byte is an error`(number: UInt64) throws {
    var bytes: [UInt8] = []
    bytes.append(variable: number)
    var reader = ByteReader(bytes.span.bytes)
    let read = try reader.readVariable()
    #expect(read == number)
    let isAtEnd = reader.isAtEnd
    #expect(isAtEnd)
    for length in 0..<bytes.count {
      var cut = ByteReader(bytes.span.bytes.extracting(0..<length))
      var found: ByteError?
      do { _ = try cut.readVariable() } catch { found = error }
      #expect(found == .truncated(at: length, needed: 1, available: 0))
    }
  }

  @Test func `a variable-length number of more than 64 bits is refused`() throws {
    let bytes = [UInt8](repeating: 0xFF, count: 9) + [0x02]
    var reader = ByteReader(bytes.span.bytes)
    var found: ByteError?
    do { _ = try reader.readVariable() } catch { found = error }
    #expect(found == .invalid(at: 0, what: "variable-length number", value: 2))
  }

  @Test(arguments: [-1, 5, Int.max, Int.min]) func `a length that does not fit is refused, and says what is left`(
    length: Int
  ) throws {
    let bytes: [UInt8] = [1, 2, 3, 4]
    var reader = ByteReader(bytes.span.bytes)
    var found: ByteError?
    do { try reader.skip(length) } catch { found = error }
    #expect(found == .truncated(at: 0, needed: length, available: 4))
    let offset = reader.offset
    #expect(offset == 0)
  }

  @Test func `an integer that would reach past the end is nil`() {
    let bytes: [UInt8] = [1, 0, 0]
    #expect(bytes.span.bytes.integer(at: 1, as: UInt16.self) == 0)
    #expect(bytes.span.bytes.integer(at: 2, as: UInt16.self) == nil)
    #expect(bytes.span.bytes.integer(at: -1, as: UInt8.self) == nil)
    #expect(bytes.span.bytes.integer(at: Int.max, as: UInt64.self) == nil)
  }

  @Test func `a buffer keeps its bytes while it grows`() {
    var buffer = ByteBuffer()
    for index in 0..<1000 { buffer.append(littleEndian: UInt32(index)) }
    buffer.append(variable: 300)
    let bytes = Array(buffer.bytes)
    #expect(bytes.count == 4002)
    #expect(bytes.suffix(2) == [0xAC, 0x02])
    #expect(bytes.span.bytes.integer(at: 999 * 4, as: UInt32.self) == 999)
  }
}
