/// What a container can be chosen by.
public protocol SelectableContainer {
  /// The runtime's id: 64 hexadecimal digits, or a name where its user chooses.
  var containerID: String { get }
  var containerName: String? { get }
}

/// Choosing containers by what a person types: a full id, an unambiguous prefix of one, or a name.
public enum ContainerSelection {
  /// A container that could have been meant.
  public struct Candidate: Hashable, Sendable {
    public var id: String
    public var name: String?
  }

  public enum Failure: Error, Equatable, Sendable {
    case unknown(String, candidates: [Candidate])
    case ambiguous(String, candidates: [Candidate])
  }

  /// Those of `containers` that `text` means: a full id before a name, a name before a prefix.
  ///
  /// Of a name all incarnations are given: a container that was removed and made again has the same name and another id.
  /// Of an id, too: a name that its user chose can have come back.
  ///
  /// - Throws: ``Failure/unknown(_:candidates:)`` with all there are when none fits;
  ///   ``Failure/ambiguous(_:candidates:)`` with those that fit when a prefix is of several ids.
  public static func containers<Container: SelectableContainer>(
    matching text: String, among containers: [Container]
  ) throws(Failure) -> [Container] {
    let byID = containers.filter { $0.containerID == text }
    if !text.isEmpty, !byID.isEmpty { return byID }
    let name = text.hasPrefix("/") ? String(text.dropFirst()) : text
    let byName = containers.filter { $0.containerName == name }
    if !name.isEmpty, !byName.isEmpty { return byName }
    let byPrefix = text.isEmpty ? [] : containers.filter { $0.containerID.hasPrefix(text) }
    switch Set(byPrefix.map(\.containerID)).count {
    case 0: throw .unknown(text, candidates: candidates(containers))
    case 1: return byPrefix
    default: throw .ambiguous(text, candidates: candidates(byPrefix))
    }
  }

  private static func candidates(_ containers: [some SelectableContainer]) -> [Candidate] {
    var seen: Set<Candidate> = []
    return containers.map { Candidate(id: $0.containerID, name: $0.containerName) }.filter { seen.insert($0).inserted }
  }
}

extension ContainerSelection.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknown(let text, let candidates) where candidates.isEmpty:
      "no container '\(text)': there is none at all"
    case .unknown(let text, let candidates):
      "no container '\(text)'\n  there is: " + Self.list(candidates)
    case .ambiguous(let text, let candidates):
      "container '\(text)' is ambiguous\n  it could be: " + Self.list(candidates)
    }
  }

  /// At most twenty, one a line, with as much of the id as tells them apart.
  private static func list(_ candidates: [ContainerSelection.Candidate]) -> String {
    let digits =
      (12...64).first { length in Set(candidates.map { $0.id.prefix(length) }).count == Set(candidates.map(\.id)).count
      } ?? 64
    var lines = candidates.prefix(20).map { candidate in
      candidate.name.map { $0 == candidate.id ? $0 : "\(candidate.id.prefix(digits)) (\($0))" }
        ?? String(candidate.id.prefix(digits))
    }
    if candidates.count > 20 { lines.append("and \(candidates.count - 20) more") }
    return lines.joined(separator: "\n            ")
  }
}
