/// Where captures are kept, how many, and how they are written.
public struct ShelfOptions: Sendable {
  public static let standardDirectory = "/var/lib/aftertrace/captures"

  public var directory = standardDirectory
  /// Bytes of all captures together; nil is no limit. The oldest are removed first; those that are kept never are.
  public var quota: UInt64? = 10 << 30
  /// Older captures are removed; nil keeps them.
  public var maximumAge: Duration?
  /// How many there may be; nil is no limit.
  public var maximumCount: Int? = 1000
  /// No capture is begun with less room than this on the file system; nil is the smaller of 256 MiB and 5 % of it.
  ///
  /// Nothing is removed for it: whoever can fill the disk could make evidence go.
  public var reserve: UInt64?
  /// The same as a share of the file system.
  public var reservePerMille: Int?
  /// Captures that may be in the making at one time.
  public var maximumInProgress = 128
  /// Threads that write.
  public var writerCount = 2
  /// Bytes of blocks that each capture may have waiting for the disk, beside its past.
  public var queueLimit = 16 << 20
  /// A capture that should be closed, and cannot be written for so long, is given up.
  public var patience: Duration = .seconds(600)
  /// Done after each capture that was closed.
  public var hooks: [CaptureHook] = []

  func reserve(of fileSystem: UInt64) -> UInt64 {
    reserve ?? reservePerMille.map { fileSystem / 1000 * UInt64(max($0, 0)) } ?? min(256 << 20, fileSystem / 20)
  }

  public init(directory: String = standardDirectory) { self.directory = directory }
}
