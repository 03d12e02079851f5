internal import Gzip
internal import LZ4
internal import Posix
internal import Zstd

/// The bytes of a file from front to back, unpacked where they are gzip, zstd or lz4, in a window that grows only with what is really there.
final class PackedSource {
  /// Fills a buffer from where the last call ended; 0 is the end.
  typealias Fill = (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int

  private enum Packing {
    case none
    case gzip(GzipUnpacker)
    case zstd(ZstdUnpacker)
    case lz4(LZ4Unpacker)
  }

  /// Of the window's first byte, in unpacked bytes.
  private(set) var position: UInt64 = 0
  /// Taken from the file so far, as it is stored.
  private(set) var bytesRead: UInt64 = 0
  /// Why nothing more comes, where the packed bytes are damaged or cut off.
  private(set) var problem: String?

  private let fill: Fill
  private var packing = Packing.none
  private var isEnded = false

  private var window: UnsafeMutableRawPointer
  private var capacity: Int
  private var start = 0
  private var end = 0

  /// What is packed and was not unpacked yet.
  private let chunk: UnsafeMutableRawBufferPointer
  private var chunkStart = 0
  private var chunkEnd = 0
  private static let chunkLength = 1 << 18

  init(_ fill: @escaping Fill) throws(SystemError) {
    self.fill = fill
    capacity = Self.chunkLength
    window = .allocate(byteCount: capacity, alignment: 16)
    chunk = .allocate(byteCount: Self.chunkLength, alignment: 16)
    try fillChunk()
    choosePacking()
  }

  deinit {
    window.deallocate()
    chunk.deallocate()
  }

  /// What is at hand; valid until the next call.
  var available: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: window + start, count: end - start) }

  /// Brings `count` bytes to hand; false when the file ends before.
  func require(_ count: Int) throws(SystemError) -> Bool {
    while end - start < count {
      if try !readMore(towards: count) { return false }
    }
    return true
  }

  /// Goes on behind `count` bytes of ``available``.
  func skip(_ count: Int) {
    precondition(count >= 0 && count <= end - start)
    start += count
    position += UInt64(count)
  }

  // MARK: Filling

  private func choosePacking() {
    let head = [UInt8](chunk[..<min(4, chunkEnd)])
    do {
      if head.starts(with: [0x1F, 0x8B]) {
        packing = .gzip(try GzipUnpacker())
      } else if head == [0x28, 0xB5, 0x2F, 0xFD] {
        packing = .zstd(try ZstdUnpacker())
      } else if head == [0x04, 0x22, 0x4D, 0x18] {
        packing = .lz4(try LZ4Unpacker())
      }
    } catch {
      end(with: "\(error)")
    }
  }

  private func end(with reason: String) {
    isEnded = true
    problem = reason
  }

  private func fillChunk() throws(SystemError) {
    chunkStart = 0
    chunkEnd = try fill(chunk)
    bytesRead += UInt64(chunkEnd)
  }

  /// Doubles at most: what is allocated has been read, by half.
  private func makeRoom(towards count: Int) {
    if start > 0 {
      (window).copyMemory(from: window + start, byteCount: end - start)
      end -= start
      start = 0
    }
    guard end == capacity else { return }
    let bigger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 16)
    bigger.copyMemory(from: window, byteCount: end)
    window.deallocate()
    window = bigger
    capacity *= 2
  }

  private func readMore(towards count: Int) throws(SystemError) -> Bool {
    if isEnded { return false }
    makeRoom(towards: count)
    let room = UnsafeMutableRawBufferPointer(start: window + end, count: capacity - end)
    if case .none = packing {
      if chunkStart == chunkEnd {
        // Straight into the window: no copy where nothing is packed.
        let got = try fill(room)
        bytesRead += UInt64(got)
        end += got
        isEnded = got == 0
        return got > 0
      }
      let count = min(room.count, chunkEnd - chunkStart)
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[chunkStart..<(chunkStart + count)]))
      chunkStart += count
      end += count
      return count > 0
    }
    while true {
      let input = UnsafeRawBufferPointer(rebasing: chunk[chunkStart..<chunkEnd])
      let step: (read: Int, written: Int)
      do { step = try unpack(input, into: room) } catch {
        end(with: "\(error)")
        return false
      }
      chunkStart += step.read
      end += step.written
      if step.written > 0 { return true }
      if chunkStart == chunkEnd {
        try fillChunk()
        if chunkEnd == 0 {
          isEnded = true
          if !isBetweenFrames { problem = "the packed bytes end early" }
          return false
        }
      } else if step.read == 0 {
        end(with: "the packed bytes are damaged")
        return false
      }
    }
  }

  private func unpack(
    _ input: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) throws -> (read: Int, written: Int) {
    switch packing {
    case .none: (0, 0)
    case .gzip(let unpacker): try unpacker.unpack(input, into: room)
    case .zstd(let unpacker): try unpacker.unpack(input, into: room)
    case .lz4(let unpacker): try unpacker.unpack(input, into: room)
    }
  }

  private var isBetweenFrames: Bool {
    switch packing {
    case .none: true
    case .gzip(let unpacker): unpacker.isAtMemberEnd
    case .zstd(let unpacker): unpacker.isAtFrameEnd
    case .lz4(let unpacker): unpacker.isAtFrameEnd
    }
  }
}
