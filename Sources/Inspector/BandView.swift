internal import Events
internal import Reconstruction
internal import Terminal

extension Canvas {
  private static let levels: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The band that belongs to what is shown.
  private var parts: ResourceBandParts? {
    guard let band = state.band, band.request == state.bandRequest else { return nil }
    return band.parts
  }

  /// CPU and memory over time, each with its highest value before it.
  ///
  /// - Returns: The row below them.
  mutating func drawBands(_ axis: Rectangle, _ row: Int) -> Int {
    let parts = parts
    label(parts?.mostCPU.map { "cpu \(Self.cpuText($0))" } ?? "cpu", row)
    label(parts?.mostMemory.map { "mem \(sizeText($0))" } ?? "mem", row + 1)
    guard let parts else { return row + 2 }
    drawBand(parts.cpu.map { $0 ?? -1 }, axis.column, row)
    drawBand(parts.memory.map { $0.map { Double($0) } ?? -1 }, axis.column, row + 1)
    return row + 2
  }

  /// From zero to the highest value; nothing where nothing is known.
  private mutating func drawBand(_ values: [Double], _ column: Int, _ row: Int) {
    let most = max(values.max() ?? 0, 1e-9)
    for (place, value) in values.enumerated() where value >= 0 {
      let level = Int((value / most * 7.999).rounded(.down))
      buffer.put(
        String(Self.levels[max(0, min(level, 7))]), column: column + place, row: row,
        style: value == 0 ? theme.dim : theme.life)
    }
  }

  /// What the timeline's title says of them: at the event under the cursor, else at most.
  var resourceText: String {
    guard let parts else { return "" }
    let place = state.events.current.map { state.column(of: $0.time) } ?? -1
    let cpu = parts.cpu.element(place).flatMap { $0 }
    let memory = parts.memory.element(place).flatMap { $0 }
    if layout.bandCount > 0 {
      let texts = [cpu.map { "cpu \(Self.cpuText($0))" }, memory.map { "mem \(sizeText($0))" }].compactMap { $0 }
      return texts.isEmpty ? "" : "at ▲ " + texts.joined(separator: ", ") + " · "
    }
    let texts = [
      parts.mostCPU.map { "cpu \(Self.cpuText($0))" }, parts.mostMemory.map { "mem \(sizeText($0))" },
    ].compactMap { $0 }
    return texts.isEmpty ? "" : "at most " + texts.joined(separator: ", ") + " · "
  }

  /// Of one CPU.
  static func cpuText(_ share: Double) -> String {
    let tenths = Int((min(share, 1e6) * 1000).rounded())
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10) %" : "\((tenths + 5) / 10) %"
  }
}
