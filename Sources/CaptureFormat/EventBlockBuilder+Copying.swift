public import Events

extension EventBlockBuilder {
  /// Adds a copy of the row that `event` stands at.
  ///
  /// - Parameter type: What a column's values are; nil for one that is not known, which is taken as a number.
  public func append(copying event: EventBlock, typed type: (ColumnID) -> ColumnValueType?) {
    let process = internProcess(event.process.key, generation: UInt32(truncatingIfNeeded: event.processIndex)) {
      event.process
    }
    beginRow(
      time: event.time, process: process, thread: event.thread, kind: event.kind, call: event.call,
      result: event.result,
      flags: event.flags, cpu: event.cpu)
    for column in event.columns where column != .call {
      switch type(column) {
      case .file:
        guard let place = event.value(column), let file = event.file(column) else { continue }
        // Files of one id may be described differently by and by: by their places they are told apart.
        set(
          column,
          Int64(
            internFile(file.id, inode: file.inode, device: file.device ^ UInt32(truncatingIfNeeded: place) << 24) {
              file
            })
        )
      case .bytes where column == .payload: event.bytes(column)?.withUnsafeBytes { set(payload: $0) }
      case .string, .list, .address, .bytes: event.bytes(column)?.withUnsafeBytes { set(column, string: $0) }
      default: if let value = event.value(column) { set(column, value) }
      }
    }
    endRow()
  }
}
