import Testing

@testable import Recording

/// What is hidden of a payload, and what is not. Brackets stand around what is to be hidden.
@Suite struct SecretMaskTests {
  @Test(arguments: [
    "password=[hunter2] ok", "DB_PASSWORD=[a]", "PASSWORD: '[with space]'", #"{"token": "[abc]", "user": "me"}"#,
    "a=1&client_secret=[xyz]&b=2",
    "aws_secret_access_key = [wJalrXUtnFEMI/K7MDENG]\n", "Authorization: Bearer [abc.def]\r\nHost: x",
    "authorization: [anything at all]\r\n", "Proxy-Authorization: Basic [dXNlcjpwYXNz]\r\n",
    "Cookie: [a=b; c=d]\r\nX: y", "Set-Cookie: [sid=1]\n", "postgres://me:[secret]@db/x",
    "root:[$6$salt$hash]:19000:0:", "-----BEGIN RSA PRIVATE KEY-----[\nMIIE\nabc\n]-----END RSA PRIVATE KEY-----\n",
    "-----BEGIN OPENSSH PRIVATE KEY-----[\nb3BlbnNza]", "ghp_[abcdefghijklmnopqrstuvwxyz0123456789] x",
    "key AKIA[IOSFODNN7EXAMPLE] x", "glpat-[abcdefghij0123456789]",
    "jwt eyJ[hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln] x",
  ])
  func `secrets are found`(marked: String) { check(marked) }

  @Test(arguments: [
    "", "=", ":", "Password: ", "password:\n", "token", "GET /token HTTP/1.1\r\nHost: a:80\r\n", "a:b=c", "x://y/z:@",
    "sk-short", "-----BEGIN CERTIFICATE-----\nMIID\n", "the secret of the sea", "12:30:00 http://host:80/", "monkey=1",
    "root:*:20228:0:99999", "mask-rate-limited-requests-now",
  ])
  func `what is no secret stays`(text: String) { check(text) }

  @Test func `no bytes whatever make it look beyond their end`() {
    let seeds = ["password=\"", "-----BEGIN X PRIVATE KEY-----\n-----END ", "://a:b@", ":$6$", "eyJ", "cookie:"]
    for seed in seeds {
      let bytes = Array(seed.utf8)
      for end in 0...bytes.count {
        for flipped in 0..<max(end, 1) {
          var cut = Array(bytes.prefix(end))
          if flipped < cut.count { cut[flipped] ^= 0x20 }
          for range in cut.withUnsafeBytes({ SecretMask.secrets(in: $0) }) {
            #expect(range.lowerBound >= 0 && range.upperBound <= cut.count)
          }
        }
      }
    }
  }

  private func check(_ marked: String) {
    var plain: [UInt8] = []
    var expected: [Range<Int>] = []
    var start = 0
    for byte in marked.utf8 {
      switch byte {
      case UInt8(ascii: "["): start = plain.count
      case UInt8(ascii: "]"): expected.append(start..<plain.count)
      default: plain.append(byte)
      }
    }
    #expect(plain.withUnsafeBytes { SecretMask.secrets(in: $0) } == expected, "\(marked)")
  }
}
