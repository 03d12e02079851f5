internal import Bytes

/// Makes blocks of tables' rows.
final class TableSealer {
  private let assembler = BlockAssembler()

  /// A table's page is sealed at this length: the next row still fits.
  private static let pageLength = 96 * 1024

  /// A block of several whole tables, which are empty afterwards.
  func seal(_ description: BlockDescription, _ tables: [TableBuilder]) -> SealedBlock {
    assembler.raw.removeAll()
    let images = tables.map { $0.finish(into: &assembler.raw) }
    defer { for table in tables { table.removeAll() } }
    return assembler.assemble(description, tables: images)
  }

  /// Rows as blocks of one table, as many as it takes, each given to `body`.
  func seal<Row, Failure: Error>(
    _ type: BlockType, _ id: TableID, _ rows: [Row], _ describe: (Row, TableBuilder) -> Void,
    body: (SealedBlock) throws(Failure) -> Void
  ) throws(Failure) {
    let table = TableBuilder(id)
    for row in rows {
      describe(row, table)
      table.endRow()
      if table.lengthBound >= Self.pageLength || table.rowCount == BlockLayout.rowLimit {
        try body(seal(BlockDescription(type: type), [table]))
      }
    }
    if table.rowCount > 0 { try body(seal(BlockDescription(type: type), [table])) }
  }
}
