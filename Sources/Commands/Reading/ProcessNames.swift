internal import CaptureFormat
internal import Events
internal import Reconstruction

/// What a boot's processes are called, for lists of what they did.
struct ProcessNames {
  private let rows: [ProcessKey: ProcessRow]

  init(of boot: CaptureBoot) throws(CaptureError) {
    rows = Dictionary(try ProcessHistory(of: boot).processes.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
  }

  /// Nil: the capture does not know the process.
  func name(_ process: ProcessKey) -> String? { rows[process].map { String(decoding: $0.comm, as: UTF8.self) } }

  func executable(_ process: ProcessKey) -> [UInt8]? { rows[process]?.executable }

  /// `curl[712]`, safe for a terminal.
  func label(_ process: ProcessKey) -> String {
    "\(rows[process].map { EventText.printable($0.comm) } ?? "")[\(process.pid)]"
  }
}
