internal import Bytes
internal import CaptureFormat
internal import Events

extension ProcessDeath {
  /// Presence bits, the numbers that are there, then the sender's name: what an archive keeps of a death.
  var archived: [UInt8] {
    let numbers: [UInt64?] = [
      signalCode.map { UInt64(UInt32(bitPattern: $0)) }, faultAddress, sender.map { UInt64($0.key.pid) },
      sender?.key.start.nanoseconds, sender.map { UInt64($0.container.rawValue) }, memoryLimit, memoryUsage,
      call.map { UInt64($0.packed) }, callDuration,
    ]
    var presence: UInt16 = 0
    for (bit, value) in numbers.enumerated() where value != nil { presence |= 1 << UInt16(bit) }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: presence)
    for case let number? in numbers { bytes.append(littleEndian: number) }
    return bytes + (sender?.name ?? [])
  }

  init?(archived bytes: [UInt8]) {
    guard bytes.count >= 2 else { return nil }
    let presence = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
    var position = 2
    var numbers = [UInt64?](repeating: nil, count: 9)
    for bit in 0..<9 where presence >> UInt16(bit) & 1 == 1 {
      guard position + 8 <= bytes.count else { return nil }
      numbers[bit] = bytes[position..<(position + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      position += 8
    }
    self.init()
    signalCode = numbers[0].map { Int32(truncatingIfNeeded: $0) }
    faultAddress = numbers[1]
    if let pid = numbers[2] {
      sender = Sender(
        key: ProcessKey(pid: UInt32(truncatingIfNeeded: pid), start: BootTime(nanoseconds: numbers[3] ?? 0)),
        name: Array(bytes[position...]), container: ContainerKey(rawValue: UInt32(truncatingIfNeeded: numbers[4] ?? 0)))
    }
    memoryLimit = numbers[5]
    memoryUsage = numbers[6]
    call = numbers[7].map { SystemCall(packed: UInt32(truncatingIfNeeded: $0)) }
    callDuration = numbers[8]
  }
}
