internal import CaptureFormat
internal import Events
internal import FilterLanguage

extension EventFields {
  func containerValue(_ use: FieldUse) -> FieldValue {
    guard container != .host else {
      switch use.field {
      case .containerId, .containerFullId, .containerName, .containerType: return .text("host")
      default: return .absent
      }
    }
    guard let row = context.container(container) else { return .absent }
    switch use.field {
    case .containerId: return row.id.isEmpty ? .absent : .text(String(row.id.prefix(12)))
    case .containerFullId: return row.id.isEmpty ? .absent : .text(row.id)
    case .containerName: return .optional(row.name)
    case .containerImage: return .optional(row.image)
    case .containerImageId: return .optional(row.imageID)
    case .containerImageRepository: return .optional(row.image.map { ImageName($0).repository })
    case .containerImageTag: return .optional(row.image.flatMap { ImageName($0).tag })
    case .containerImageDigest: return .optional(row.image.flatMap { ImageName($0).digest })
    case .containerType, .aftertraceContainerRuntime: return .optional(row.runtime)
    case .containerStartTs: return .optional(row.started.flatMap { wallTime($0) })
    case .containerDuration:
      guard let started = row.started, let event, event.time >= started else { return .absent }
      return .integer(Int64(clamping: event.time.nanoseconds - started.nanoseconds))
    case .containerLabel: return .optional(row.labels.first { $0.key == use.key }?.value)
    case .containerLabels:
      return row.labels.isEmpty ? .absent : .text(row.labels.map { "\($0.key):\($0.value)" }.joined(separator: ","))
    case .k8sNsName: return .optional(row.podNamespace)
    case .k8sPodName: return .optional(row.podName)
    case .k8sPodUid, .k8sPodId: return .optional(row.podUID)
    case .aftertraceContainerMetadataSource: return .optional(row.metadataSource)
    default: return .absent
    }
  }
}

/// `registry:5000/team/web:1.2@sha256:…`, taken apart.
struct ImageName {
  let repository: String
  let tag: String?
  let digest: String?

  init(_ name: String) {
    let parts = name.split(separator: "@", maxSplits: 1)
    digest = parts.count > 1 ? String(parts[1]) : nil
    let rest = parts.first.map(String.init) ?? name
    // A colon before a slash is a port.
    let lastPart = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
    if let colon = rest[lastPart...].lastIndex(of: ":") {
      repository = String(rest[..<colon])
      tag = String(rest[rest.index(after: colon)...])
    } else {
      repository = rest
      tag = nil
    }
  }
}
