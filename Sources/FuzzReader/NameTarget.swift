internal import NameService

/// Reads the bytes as a message of the domain name system.
func readNames(_ bytes: UnsafeRawBufferPointer) {
  guard let message = NameMessage(bytes.bytes) else { return }
  for (address, name) in message.addresses {
    precondition(address.count == 4 || address.count == 16)
    precondition(name.count <= 4 * 255 && name.allSatisfy { $0 > 0x20 && $0 < 0x7f })
  }
}
