/// The numbers of a .scap file's blocks.
enum ScapBlockType {
  static let section: UInt32 = 0x0A0D_0D0A
  static let machine: UInt32 = 0x201
  static let descriptorsV1: UInt32 = 0x203
  static let events: UInt32 = 0x204
  static let interfaces: UInt32 = 0x205
  static let users: UInt32 = 0x206
  static let eventsWithFlags: UInt32 = 0x208
  static let processesV9: UInt32 = 0x215
  static let eventsV2: UInt32 = 0x216
  static let eventsV2WithFlags: UInt32 = 0x217
  static let descriptorsV2: UInt32 = 0x218
  static let interfacesV2: UInt32 = 0x219
  static let usersV2: UInt32 = 0x220
  static let largeEvents: UInt32 = 0x221
  static let largeEventsWithFlags: UInt32 = 0x222

  /// The version of a list of processes, 1 to 9; nil for any other block.
  static func processListVersion(_ type: UInt32) -> Int? {
    switch type {
    case 0x202: 1
    case 0x207: 2
    case 0x209: 3
    case 0x210...0x215: Int(type) - 0x210 + 4
    default: nil
    }
  }

  /// The number of today for one of before the library's first release.
  static func current(_ type: UInt32) -> UInt32 {
    switch type {
    case 0x8000_ABCD: 0x202
    case 0x8001_ABCD: descriptorsV1
    case 0x8002_ABCD: machine
    case 0x8010_ABCD: events
    case 0x8011_ABCD: interfaces
    case 0x8012_ABCD: users
    case 0x8013_ABCD: 0x207
    case 0x8014_ABCD: 0x209
    default: type
    }
  }

  static func isKnown(_ type: UInt32) -> Bool {
    let type = current(type)
    return type == section || (0x201...0x209).contains(type) || (0x210...0x222).contains(type)
  }
}
