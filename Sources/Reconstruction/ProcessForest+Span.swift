public import CaptureFormat
public import Events

extension ProcessRow {
  /// Whether any of its life lies in the span. What is not known of it is taken for "yes".
  public func livesWithin(_ from: BootTime, _ to: BootTime) -> Bool {
    key.start <= to && (end.map { $0 >= from } ?? true)
  }

  /// It was there when `time` came, as far as is known.
  public func isOlder(than time: BootTime) -> Bool {
    key.start < time || flags.contains(.foundByScan) || flags.contains(.startNotSeen)
  }
}

extension ProcessForest {
  /// Those for which `isWanted` holds, under all their ancestors. Lines are drawn as if there were no others.
  ///
  /// - Complexity: O(n).
  public func nodes(where isWanted: (ProcessRow) -> Bool) -> [(node: Node, isWanted: Bool)] {
    var kept: [(node: Node, isWanted: Bool)] = []
    // From the end: whether at some depth a later sibling was kept, and whether what follows hangs from this one.
    var hasLater: [Bool] = []
    var keptDepth = -1
    for node in nodes.reversed() {
      let depth = node.depth
      let matches = isWanted(node.process)
      while hasLater.count <= depth { hasLater.append(false) }
      // Kept before (that is: below) at a greater depth, and not yet claimed by its parent.
      let isAncestor = keptDepth > depth
      if matches || isAncestor {
        var copy = node
        if copy.isLast.count == depth + 1 {
          for level in 0...depth { copy.isLast[level] = !hasLater[level] }
        }
        kept.append((copy, matches))
        hasLater[depth] = true
        keptDepth = depth
      }
      // Whatever comes before belongs to another parent below this depth.
      for deeper in (depth + 1)..<max(hasLater.count, depth + 1) { hasLater[deeper] = false }
      if keptDepth > depth { keptDepth = depth }
    }
    return kept.reversed()
  }
}
