internal import Glibc
internal import Posix

/// The one value of a map of that kind, in this process's memory: what either side writes the other sees at once, without a
/// system call.
///
/// The map is a data section of the probes, or an array that was made to be mapped. The corresponding C function is `mmap`.
public struct MappedValue<Value: BitwiseCopyable>: ~Copyable {
  public let pointer: UnsafeMutablePointer<Value>

  /// Maps it. It may outlive `map`.
  public init(_ map: borrowing KernelMap) throws(BPFError) {
    guard MemoryLayout<Value>.size == map.valueSize else {
      throw .sizeMismatch(map: map.name, expected: map.valueSize, actual: MemoryLayout<Value>.size)
    }
    let memory = mmap(nil, map.valueSize, PROT_READ | PROT_WRITE, MAP_SHARED, map.descriptor.number, 0)
    guard let memory, memory != MAP_FAILED else { throw .mapRefused(map: map.name, operation: "map", code: errno) }
    pointer = memory.bindMemory(to: Value.self, capacity: 1)
  }

  deinit { munmap(pointer, MemoryLayout<Value>.size) }
}
