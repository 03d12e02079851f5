public import CaptureFormat
public import Events

/// The processes as trees: by parent, then by start.
public struct ProcessForest: Sendable {
  /// One process with its place in the forest.
  public struct Node: Sendable {
    public var process: ProcessRow { processes[number] }
    /// All of them, shared: a copy of its row in each node would double a large capture's.
    private let processes: [ProcessRow]
    private let number: Int
    public var depth: Int
    /// Whether it is its parent's last child, for each level above and for itself: what the lines are drawn from.
    public var isLast: [Bool]
    /// The parent, where it is outside what is shown.
    public var missingParent: ProcessKey?

    fileprivate init(_ number: Int, of processes: [ProcessRow], isLast: [Bool]) {
      self.processes = processes
      self.number = number
      self.isLast = isLast
      depth = isLast.count - 1
      missingParent = depth == 0 ? processes[number].parent : nil
    }
  }

  /// In the order they are printed: each process before its children.
  public private(set) var nodes: [Node] = []

  /// - Parameter processes: What is to be shown. A process whose parent is not among them is a root.
  /// - Complexity: O(n log n).
  public init(_ processes: [ProcessRow]) {
    let numbers = Dictionary(processes.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { _, last in last })
    var children: [Int: [Int]] = [:]
    var roots: [Int] = []
    for (number, process) in processes.enumerated() {
      if let parent = process.parent.flatMap({ numbers[$0] }), parent != number {
        children[parent, default: []].append(number)
      } else {
        roots.append(number)
      }
    }
    let byStart = { (left: Int, right: Int) in
      let (one, other) = (processes[left].key, processes[right].key)
      return (one.start, one.pid) < (other.start, other.pid)
    }
    // Iterative, and each process once: a hostile file can make parents a ring or a very long chain.
    var visited = Set<Int>()
    var pending: [(number: Int, isLast: [Bool])] = []
    func push(_ numbers: [Int], below lines: [Bool]) {
      for (place, number) in numbers.sorted(by: byStart).enumerated().reversed() {
        pending.append((number, lines + [place == numbers.count - 1]))
      }
    }
    push(roots, below: [])
    var rest = processes.indices.makeIterator()
    while true {
      while let (number, isLast) = pending.popLast() {
        guard visited.insert(number).inserted else { continue }
        nodes.append(Node(number, of: processes, isLast: isLast))
        push(children[number] ?? [], below: isLast.count < 64 ? isLast : Array(isLast.suffix(63)))
      }
      // What only a ring of parents leads to.
      guard let next = rest.next() else { break }
      if !visited.contains(next) { pending.append((next, [true])) }
    }
  }
}
