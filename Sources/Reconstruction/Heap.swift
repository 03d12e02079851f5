/// A binary heap: the least is on top.
struct Heap<Element: Comparable> {
  private var items: [Element]

  init(_ items: [Element] = []) {
    // Sorted, it is a heap.
    self.items = items.sorted()
  }

  var top: Element? { items.first }

  mutating func insert(_ item: Element) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  @discardableResult
  mutating func pop() -> Element? {
    guard let top = items.first else { return nil }
    let last = items.removeLast()
    if !items.isEmpty { replaceTop(with: last) }
    return top
  }

  /// There has to be one.
  mutating func replaceTop(with item: Element) {
    items[0] = item
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[best] {
        best = child
      }
      if best == parent { return }
      items.swapAt(parent, best)
      parent = best
    }
  }
}
