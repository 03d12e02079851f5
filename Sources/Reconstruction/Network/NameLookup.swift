internal import Bytes
public import CaptureFormat
internal import Events
public import NameService

/// A message of the domain name system that an event sent or received.
public struct NameLookup: Sendable {
  public let message: NameMessage

  /// Nil for what went through another port than 53, or is no message.
  public init?(_ event: EventBlock, _ payload: [UInt8]) {
    guard Self.mayBe(event), let message = NameMessage(payload.span.bytes) else { return nil }
    self.message = message
  }

  private static func mayBe(_ event: EventBlock) -> Bool {
    if let address = event.address(.address), address.port == 53 { return true }
    guard let file = event.file(.file), file.type == .socket else { return false }
    return file.remoteAddress?.port == 53 || file.localAddress?.port == 53
  }

  /// `dns A example.com?`, `dns A example.com = 93.184.216.34, 93.184.216.35`, `dns A nowhere.test = NXDOMAIN`.
  public var text: String {
    guard let question = message.question else { return "dns" }
    let asked = "dns \(NameMessage.typeName(question.type)) \(String(decoding: question.name, as: UTF8.self))"
    guard message.isResponse else { return asked + "?" }
    if message.code != 0 { return asked + " = " + message.codeName }
    let values = message.answers.compactMap { answer -> String? in
      switch answer.value {
      case .address(let bytes): Self.text(of: bytes)
      case .name(let name): String(decoding: name, as: UTF8.self)
      case .other: nil
      }
    }
    let shown = values.prefix(8).joined(separator: ", ") + (values.count > 8 || message.isCut ? " …" : "")
    return asked + " = " + (shown.isEmpty ? "nothing" : shown)
  }

  /// The addresses that the answer gives, as text.
  public var addresses: [String] { message.addresses.map { Self.text(of: $0.address) } }

  private static func text(of address: [UInt8]) -> String {
    (address.count == 4 ? SocketAddress.ipv4(address: address, port: 0) : .ipv6(address: address, port: 0)).ip ?? ""
  }
}
