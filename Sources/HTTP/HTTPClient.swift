internal import CCurl
internal import Posix

/// Why a request got no answer.
public struct HTTPClientError: Error, Hashable, CustomStringConvertible {
  /// In curl's words, without the address: it can hold secrets.
  public var description: String
  /// The other side may be there later.
  public var isTransient: Bool
}

/// Sends requests over HTTP and HTTPS. The library is libcurl; certificates are checked, redirections not followed.
public enum HTTPClient {
  /// Posts `body` and answers the status.
  ///
  /// - Parameter limit: For all of it, from the name's lookup to the answer's end.
  public static func post(
    _ body: [UInt8], to url: String, contentType: String = "application/json", limit: Duration
  ) throws(HTTPClientError) -> Int {
    guard at_curl_open() != 0, let handle = at_curl_new() else {
      throw HTTPClientError("libcurl.so.4 is not installed, or does not start")
    }
    defer { at_curl_free(handle) }
    var headers: UnsafeMutablePointer<curl_slist>?
    // Without the last, curl asks first whether a long body is welcome, and waits a second for the answer.
    for line in ["Content-Type: \(contentType)", "Expect:"] { headers = at_curl_append(headers, line) }
    defer { at_curl_free_list(headers) }

    let milliseconds = Int(clamping: limit.wholeNanoseconds / 1_000_000)
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_TIMEOUT_MS, max(milliseconds, 1)),
      (CURLOPT_CONNECTTIMEOUT_MS, max(min(milliseconds, 5000), 1)), (CURLOPT_FOLLOWLOCATION, 0),
    ]
    for (option, value) in numbers { at_curl_set_number(handle, option, value) }
    for (option, value) in [
      (CURLOPT_URL, url), (CURLOPT_PROTOCOLS_STR, "http,https"), (CURLOPT_USERAGENT, "aftertrace"),
    ] {
      let code = at_curl_set_text(handle, option, value)
      guard code == CURLE_OK else { throw HTTPClientError(code) }
    }
    at_curl_set_headers(handle, headers)
    // What the other side says is not kept: its status is enough.
    at_curl_drop_answer(handle)
    let code = body.withUnsafeBytes { bytes in
      at_curl_set_body(handle, bytes.baseAddress, curl_off_t(bytes.count))
      return at_curl_perform(handle)
    }
    guard code == CURLE_OK else { throw HTTPClientError(code) }
    return Int(at_curl_status(handle))
  }

  /// The address without user, password, query and fragment, to be shown.
  public static func shown(_ url: String) -> String {
    let plain = url.prefix { $0 != "?" && $0 != "#" }
    guard let scheme = plain.firstRange(of: "://") else { return String(plain) }
    let rest = plain[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return String(plain) }
    return String(plain[..<scheme.upperBound] + rest[rest.index(after: at)...])
  }
}

extension HTTPClientError {
  fileprivate init(_ description: String) { self.init(description: description, isTransient: false) }

  fileprivate init(_ code: CURLcode) {
    let permanent: [CURLcode] = [
      CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
    ]
    let words = String(cString: at_curl_text(code))
    self.init(
      description: words.prefix(1).lowercased() + words.dropFirst(), isTransient: !permanent.contains { $0 == code })
  }
}
