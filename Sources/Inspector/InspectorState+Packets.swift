internal import CaptureFormat
internal import Events
internal import Reconstruction

extension InspectorState {
  /// What the packets pane is to show, where it is seen.
  var wantedPackets: PacketRequest? {
    guard tables.hasPackets, layout.panes[.packets] != nil else { return nil }
    var processes: Set<ProcessKey>?
    if let key = filter.process { processes = filter.hasDescendants ? tables.family(of: key) : [key] }
    // An event's socket is the whole selection.
    let isOfEvent = packets.event != nil
    return PacketRequest(
      generation: packets.request?.generation ?? 0, containers: filter.container.map { [$0] },
      processes: isOfEvent ? nil : processes, from: isOfEvent ? tables.first : range.from,
      to: isOfEvent ? BootTime(nanoseconds: .max) : range.to, event: packets.event)
  }

  /// Asks for packets where others are shown than are wanted.
  mutating func askForPackets() -> [Effect] {
    guard var request = wantedPackets, request != packets.request else { return [] }
    request.generation += 1
    var list = PacketList()
    list.event = packets.event
    list.wantedTime = packets.wantedTime ?? packets.lines.element(packets.place.cursor)?.time
    list.request = request
    packets = list
    return [.ask(.packets(request))]
  }

  /// Opens the pane: from an event with the packets of its socket, from elsewhere with all of the selection.
  mutating func visitPackets() {
    guard tables.hasPackets else {
      message = Message(text: "this capture has no packets: they are recorded unless they are switched off")
      return
    }
    if focus == .packets {
      // The other way round: all of the selection, or back.
      if packets.event != nil {
        packets.event = nil
      } else {
        focus = .detail
        focus = .events
      }
      return
    }
    let isOfEvent = (focus == .events || focus == .detail) && events.current?.isEvent ?? false
    packets.event = isOfEvent ? events.current?.position : nil
    packets.wantedTime = events.current?.time
    focus = .packets
  }

  mutating func take(_ result: PacketsResult) {
    guard result.generation == packets.request?.generation else { return }
    if packets.event != nil, result.flow == nil {
      // An event of no socket: what went over the network around it.
      packets.event = nil
      message = Message(text: "this event is of no network socket: all packets of the selection")
      return
    }
    packets.flow = result.flow
    packets.lines += result.lines
    packets.isCut = result.isCut
    packets.isDone = result.isDone
    guard let time = packets.wantedTime else { return }
    if let place = packets.lines.firstIndex(where: { $0.time >= time }) {
      packets.place.cursor = place
      packets.wantedTime = nil
    } else if packets.isDone {
      packets.place.cursor = packets.lines.count - 1
      packets.wantedTime = nil
    }
  }

  /// On to the events of the socket that the packet is of.
  mutating func choosePacket() -> [Effect] {
    guard let line = packets.lines.element(packets.place.cursor) else { return [] }
    guard !line.socketText.isEmpty, let pattern = TextPattern(line.socketText) else {
      message = Message(text: "this packet is of no socket")
      return []
    }
    filter.text = pattern
    focus = .detail
    focus = .events
    message = Message(text: "events of \(line.socketText); Esc shows all again")
    anchor = .before(line.time)
    return refilter()
  }
}

extension EventLine {
  var isEvent: Bool { if case .event = body { true } else { false } }
}
