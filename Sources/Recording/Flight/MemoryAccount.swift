internal import Posix

/// What the recorder takes, by part, and what is left of the budget for blocks.
///
/// The parts are counted by who owns them; that the sum is the truth is checked against what the kernel says is resident,
/// and the difference (the allocator's, the program's own) is counted as well.
struct MemoryAccount {
  let budget: Int
  /// Rings and maps of the probes.
  var kernel = 0
  /// Of the kernel, too: for the files that containers' numbers are read from, and the rings of packets.
  var openFiles = 0
  var packetRings = 0
  var blocks = 0
  var open = 0
  var archives = 0
  var processes = 0
  var descriptors = 0
  var files = 0
  /// On their way to a block.
  var packets = 0
  var queue = 0
  /// Resident and in nobody's account: the program, stacks, the allocator's gaps.
  var rest = 0
  /// Resident memory of this process that no file is behind.
  var resident = 0

  init(budget: Int) { self.budget = budget }

  var total: Int { inKernel + resident }
  private var inKernel: Int { kernel + openFiles + packetRings }

  /// What sealed blocks may take: the budget without everything else, and without a margin for what comes until the next
  /// look.
  var blockLimit: Int { max(budget - inKernel - (resident - blocks) - margin, 1 << 20) }
  /// What open blocks may take: a third of what there is for blocks. Beyond it they are sealed early.
  var openLimit: Int { max((budget - inKernel - (resident - blocks - open) - margin) / 3, 1 << 20) }
  private var margin: Int { budget / 32 }

  /// Looks at the process. Where it is too large, the allocator is made to give back what it only keeps.
  mutating func measure() {
    resident = OwnMemory.anonymous
    if total > budget - margin {
      OwnMemory.trim()
      resident = OwnMemory.anonymous
    }
    rest = max(resident - blocks - open - archives - processes - descriptors - files - packets - queue, 0)
  }
}
