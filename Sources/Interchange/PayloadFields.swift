internal import Bytes
public import CaptureFormat
internal import Events
public import JSON

/// What was transferred, as members of an object: text where it is UTF-8 without NUL, which many readers refuse; else base64.
public enum PayloadFields {
  /// - Parameter prefix: Of the members' names: `aftertrace.payload.` or nothing.
  public static func write(_ event: EventBlock, _ payload: [UInt8], prefix: String, to json: inout JSONText) {
    if !payload.contains(0), String(validating: payload, as: UTF8.self) != nil {
      json.set(prefix + "text", utf8: payload)
    } else {
      json.set(prefix + "base64", utf8: encodeBase64(payload))
    }
    json.set(prefix + "captured", payload.count)
    json.set(prefix + "length", ifPresent: event.value(.payloadLength))
    if event.flags.contains(.masked) { json.set(prefix + "masked", true) }
  }
}
