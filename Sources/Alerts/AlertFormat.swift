internal import JSON

/// The words an alert is written in.
enum AlertFormat: Equatable {
  case native
  case falco
  case alertmanager
  /// One alert without its group, as Alertmanager's own API takes them.
  case alertmanagerAlert
  case kubernetes
  /// `{"type": "ADDED", "object": {…}}`
  case kubernetesWatch

  /// Told by the fields that only this format has; nil when there are none such.
  init?(of alert: AlertObject) {
    let members = alert.members
    if case .array = members["alerts"] {
      self = .alertmanager
    } else if members["output_fields"] != nil || (members["rule"] != nil && members["output"] != nil) {
      self = .falco
    } else if members["involvedObject"] != nil || members["regarding"] != nil {
      self = .kubernetes
    } else if members["object"]?["involvedObject"] != nil || members["object"]?["regarding"] != nil {
      self = .kubernetesWatch
    } else if case .object = members["labels"] {
      self = .alertmanagerAlert
    } else if NativeAlert.scopeFields.contains(where: { members[$0] != nil })
      || members.keys.allSatisfy({ NativeAlert.fields.contains($0) })
    {
      self = .native
    } else {
      return nil
    }
  }
}
