internal import Events

/// A catalogue as it is written into captures: made once, written into however many.
///
/// Its digests have the same salts in all of them. There is nothing in it to be kept from anybody.
public struct SealedCatalogue: Sendable {
  let blocks: [SealedBlock]

  public init(_ catalogue: Catalogue) {
    func described(_ id: TableID, _ kinds: [Catalogue.Kind]) -> TableBuilder {
      let table = TableBuilder(id)
      for kind in kinds {
        table.set(.number, kind.number)
        table.set(.name, kind.name)
        table.set(.summary, kind.summary)
        table.endRow()
      }
      return table
    }
    let columns = TableBuilder(.columns)
    for column in catalogue.columns {
      columns.set(.number, column.column.rawValue)
      columns.set(.name, column.name)
      columns.set(.valueType, column.valueTypeNumber)
      columns.set(.unit, column.unit)
      columns.set(.summary, column.summary)
      columns.endRow()
    }
    let tables = [described(.kinds, catalogue.kinds), described(.causes, catalogue.causes), columns]
    let sealer = TableSealer()
    var blocks = [sealer.seal(BlockDescription(type: .catalogue), tables)]
    // By far the longest: on its own pages.
    sealer.seal(.catalogue, .calls, catalogue.calls) { call, table in
      table.set(.abi, call.abi)
      table.set(.number, call.number)
      table.set(.name, call.name)
    } body: {
      blocks.append($0)
    }
    self.blocks = blocks
  }
}
