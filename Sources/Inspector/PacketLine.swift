internal import CaptureFormat
public import Events
public import Reconstruction

/// One packet, made to be shown.
public struct PacketLine: Hashable, Sendable {
  /// On the common line.
  public var time: BootTime
  public var container: ContainerKey
  public var process: ProcessKey?
  public var processName: String
  public var interface: String
  public var direction: String
  public var what: String
  /// A reset, an error.
  public var isFailed: Bool
  /// What the events of the same socket have in their text: `10.0.0.2:40000->10.0.0.3:80`; of datagrams the peer. Empty: it
  /// is of no socket.
  public var socketText: String

  /// - Parameter times: A packet's place on the common line.
  init(_ packet: CapturedPacket, at time: BootTime, process: ProcessKey?, name: String, container: ContainerKey) {
    self.time = time
    self.container = container
    self.process = process
    processName = name
    interface =
      packet.interface.map {
        $0.name.isEmpty ? "#\($0.index)" : EventText.printable(Array($0.name.utf8))
      } ?? "-"
    direction = packet.direction == .outbound ? "→" : packet.direction == .inbound ? "←" : " "
    what = PacketText.summary(of: packet)
    (isFailed, socketText) = packet.bytes.withUnsafeBytes { bytes in
      guard let layers = PacketLayers(bytes) else { return (false, "") }
      return (Self.isFailure(layers, bytes), Self.socketText(layers, packet.direction))
    }
  }

  private static func isFailure(_ layers: PacketLayers, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard layers.transport != nil else { return false }
    if layers.transportProtocol == PacketLayers.tcp { return bytes[layers.network.upperBound + 13] & 4 != 0 }
    return layers.quotedFlow(bytes) != nil
  }

  private static func socketText(_ layers: PacketLayers, _ direction: PacketDirection) -> String {
    guard let source = layers.sourcePort, let destination = layers.destinationPort else { return "" }
    let ends = (
      NetworkEndpoint(layers.source, source).address, NetworkEndpoint(layers.destination, destination).address
    )
    let (local, remote) = direction == .outbound ? ends : (ends.1, ends.0)
    return layers.transportProtocol == PacketLayers.tcp ? "\(local)->\(remote)" : "\(remote)"
  }

  /// In one piece: to look in, and to copy.
  public var text: String { "\(interface) \(direction) \(what) \(processName)" }
}

/// Whose packets are wanted.
public struct PacketRequest: Hashable, Sendable {
  /// Answers to an older one are of no use any more.
  public var generation: Int
  public var containers: Set<ContainerKey>?
  public var processes: Set<ProcessKey>?
  public var from: BootTime
  public var to: BootTime
  /// Only those of this event's socket.
  public var event: EventPosition?
}

public struct PacketsResult: Sendable {
  public var generation: Int
  /// Those found since the last answer.
  public var lines: [PacketLine]
  /// There are more than are shown.
  public var isCut: Bool
  public var isDone: Bool
  /// Of a request about an event: its socket's ends; nil where it has none.
  public var flow: String?
}

/// The packets pane.
public struct PacketList: Sendable {
  public var lines: [PacketLine] = []
  public var place = ListPlace()
  public var request: PacketRequest?
  public var isDone = false
  public var isCut = false
  /// Of the socket that they are of, where they are one's.
  public var flow: String?
  /// The event whose packets are shown; nil is all of the selection.
  public var event: EventPosition?
  /// The cursor goes here when it comes.
  public var wantedTime: BootTime?
  public init() {}
}
