import HTTP
import Testing

@Suite struct HTTPClientTests {
  @Test func `an address is shown without what may be secret in it`() {
    for (url, shown) in [
      ("https://hooks.example.org/a/b", "https://hooks.example.org/a/b"),
      ("https://user:password@example.org:8443/a?token=x#y", "https://example.org:8443/a"),
      ("https://example.org?key=x", "https://example.org"), ("https://a@b@example.org/p", "https://example.org/p"),
      ("https://example.org/p@q", "https://example.org/p@q"), ("nonsense", "nonsense"), ("", ""),
    ] {
      #expect(HTTPClient.shown(url) == shown)
    }
  }

  @Test func `where nobody listens it may be tried again, and a wrong address may not`() {
    func failure(_ url: String) -> HTTPClientError? {
      do throws(HTTPClientError) {
        _ = try HTTPClient.post([1], to: url, limit: .seconds(2))
        return nil
      } catch {
        return error
      }
    }
    // Port 1 on loopback: nothing listens there.
    #expect(failure("http://127.0.0.1:1/")?.isTransient == true)
    #expect(failure("ftp://127.0.0.1/")?.isTransient == false)
    #expect(failure("http://")?.isTransient == false)
  }
}
