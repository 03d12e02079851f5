internal import Posix

/// Two ends of a connection on this machine's loopback that answer each other: four calls a round, two of them sends.
enum PingPong {
  static func run(_ rounds: Int) throws {
    let listener = try ListeningSocket(address: "127.0.0.1", port: 0)
    guard let port = listener.port else { throw Refusal(reason: "the listener has no port") }
    let answering = try WorkerThread(name: "answers") {
      guard let near = try? ConnectedSocket(to: "127.0.0.1", port: port) else { return }
      try? play(near, rounds, isFirst: false)
    }
    let far = try listener.accept()
    try play(far, rounds, isFirst: true)
    answering.join()
  }

  private static func play(_ socket: borrowing ConnectedSocket, _ rounds: Int, isFirst: Bool) throws {
    let message = [UInt8](repeating: UInt8(ascii: "x"), count: 64)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: message.count, alignment: 8)
    defer { room.deallocate() }
    for _ in 0..<rounds {
      if isFirst { try socket.send(message) }
      guard try socket.descriptor.read(into: room) > 0 else { throw Refusal(reason: "the other end is gone") }
      if !isFirst { try socket.send(message) }
    }
  }
}
