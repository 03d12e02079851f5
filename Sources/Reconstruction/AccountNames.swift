public import CaptureFormat
public import Events

/// What containers call their users and groups, by number.
public struct AccountNames: Sendable {
  private var users: [ContainerKey: [UInt32: [UInt8]]] = [:]
  private var groups: [ContainerKey: [UInt32: [UInt8]]] = [:]

  public static let none = AccountNames([])

  public init(_ containers: [ContainerRow]) { take(containers) }

  /// Adds what is known of containers, in the place of what was.
  mutating func take(_ containers: [ContainerRow]) {
    func table(_ names: [AccountName]) -> [UInt32: [UInt8]] {
      Dictionary(names.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    }
    for container in containers {
      if !container.users.isEmpty { users[container.key] = table(container.users) }
      if !container.groups.isEmpty { groups[container.key] = table(container.groups) }
    }
  }

  public func user(_ id: UInt32, in container: ContainerKey) -> [UInt8]? { users[container]?[id] }
  public func group(_ id: UInt32, in container: ContainerKey) -> [UInt8]? { groups[container]?[id] }

  /// `33 (www-data)`, safe for a terminal; the number alone where it has no name.
  public func userText(_ id: UInt32, in container: ContainerKey) -> String {
    "\(id)" + (user(id, in: container).map { " (\(EventText.printable($0)))" } ?? "")
  }

  /// Of a column that holds such a number; nil for any other.
  func name(of value: Int64, _ column: ColumnID, in container: ContainerKey) -> [UInt8]? {
    guard !(users.isEmpty && groups.isEmpty), let id = UInt32(exactly: value) else { return nil }
    if Self.userColumns.contains(column) { return user(id, in: container) }
    return Self.groupColumns.contains(column) ? group(id, in: container) : nil
  }

  private static let userColumns: Set<ColumnID> = [
    .userID, .effectiveUserID, .savedUserID, .filesystemUserID, .oldUserID, .oldEffectiveUserID,
  ]
  private static let groupColumns: Set<ColumnID> = [
    .groupID, .effectiveGroupID, .savedGroupID, .filesystemGroupID, .oldGroupID, .oldEffectiveGroupID,
  ]
}
