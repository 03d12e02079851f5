/// Which containers have their history kept.
public struct ContainerChoice: Hashable, Sendable {
  /// Only what one of these describes; everything when there is none.
  public var only: [ContainerPattern] = []
  /// Nothing that one of these describes, even if ``only`` does.
  public var except: [ContainerPattern] = []
  /// Whether what is in no container is kept too.
  public var includesHost = true

  public init() {}
}

/// What a container can be chosen by.
public struct ContainerTraits: Hashable, Sendable {
  public var id: String
  public var name: String?
  public var image: String?
  public var podName: String?
  public var podNamespace: String?
  public var labels: [String: String]

  public init(
    id: String, name: String? = nil, image: String? = nil, podName: String? = nil, podNamespace: String? = nil,
    labels: [String: String] = [:]
  ) {
    self.id = id
    self.name = name
    self.image = image
    self.podName = podName
    self.podNamespace = podNamespace
    self.labels = labels
  }
}

/// A description of containers: all that it says has to fit.
public struct ContainerPattern: Hashable, Sendable {
  public var name: Glob?
  public var image: Glob?
  public var pod: Glob?
  public var namespace: Glob?
  /// A label's name and value.
  public var labelName: String?
  public var labelValue: Glob?

  public init() {}

  public func matches(_ container: ContainerTraits) -> Bool {
    func fits(_ glob: Glob?, _ text: String?) -> Bool {
      guard let glob else { return true }
      return text.map(glob.matches) ?? false
    }
    return fits(name, container.name) && fits(image, container.image) && fits(pod, container.podName)
      && fits(namespace, container.podNamespace)
      && (labelName.map { fits(labelValue ?? Glob("*"), container.labels[$0]) } ?? true)
  }
}

extension ContainerChoice {
  /// Whether the container's history is kept.
  ///
  /// Decided again when more is known of it: a pattern never fits what is not known.
  public func includes(_ container: ContainerTraits) -> Bool {
    (only.isEmpty || only.contains { $0.matches(container) }) && !except.contains { $0.matches(container) }
  }
}

/// A text with `*` for any characters and `?` for one. `*` reaches over `/`: an image's name is one text.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
  public let pattern: String

  public init(_ pattern: String) { self.pattern = pattern }

  public var description: String { pattern }

  /// - Complexity: O(pattern × text), whatever the pattern.
  public func matches(_ text: String) -> Bool {
    let pattern = Array(pattern.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var place = 0
    var star: (pattern: Int, text: Int)?
    var index = 0
    while index < text.count {
      if place < pattern.count, pattern[place] == "*" {
        star = (place, index)
        place += 1
      } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[index] {
        place += 1
        index += 1
      } else if let last = star {
        // The star takes one more.
        star = (last.pattern, last.text + 1)
        place = last.pattern + 1
        index = last.text + 1
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == "*" }
  }
}
