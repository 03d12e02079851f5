import Bytes
import Foundation
import Testing

@Suite struct Base64Tests {
  @Test(arguments: 0..<70) func `what was encoded is decoded`(length: Int) {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
    let text = Data(bytes).base64EncodedString()
    #expect(String(decoding: encodeBase64(bytes), as: UTF8.self) == text)
    #expect(decodeBase64(text) == bytes)
    #expect(decodeBase64(String(text.prefix { $0 != "=" })) == bytes)
  }

  @Test(arguments: ["=", "====", "a", "ab=c", "é===", "A===", "YQ=", "Y Q=", "YQ==YQ==", "YR==", "Y-_="])
  func `what is not base64 is nothing`(text: String) { #expect(decodeBase64(text) == nil) }
}
