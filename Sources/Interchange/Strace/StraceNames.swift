internal import Events

/// Numbers for the names that strace prints.
enum StraceNames {
  /// A number, a name, or several of either with `|` between them; nil for anything else.
  static func number(_ text: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for part in text.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false) {
      guard let number = single(part) else { return nil }
      value |= number
    }
    return value
  }

  private static func single(_ part: ArraySlice<UInt8>) -> Int64? {
    guard let first = part.first else { return nil }
    if first == UInt8(ascii: "-") || (48...57).contains(first) { return literal(part) }
    let word = part.prefix { StraceText.isWord($0) }
    if word.elementsEqual("NULL".utf8) { return 0 }
    guard word.count == part.count || part[part.startIndex + word.count] == UInt8(ascii: "<") else { return nil }
    let name = String(decoding: word, as: UTF8.self)
    return names[name] ?? signal(word)
  }

  /// `-1`, `0x1f`, `0644`, `3</etc/passwd>`, `8192*1024`.
  private static func literal(_ part: ArraySlice<UInt8>) -> Int64? {
    let isNegative = part.first == UInt8(ascii: "-")
    let digits = (isNegative ? part.dropFirst() : part).prefix { StraceText.isWord($0) }
    let text = String(decoding: digits, as: UTF8.self)
    let value: UInt64? =
      text.hasPrefix("0x")
      ? UInt64(text.dropFirst(2), radix: 16)
      : text.hasPrefix("0") && text.count > 1 ? UInt64(text, radix: 8) : UInt64(text)
    return value.map { isNegative ? 0 &- Int64(bitPattern: $0) : Int64(bitPattern: $0) }
  }

  static func signal(_ name: ArraySlice<UInt8>) -> Int64? {
    let name = String(decoding: name, as: UTF8.self)
    if let number = signals[name] { return number }
    // SIGRT_1, SIGRTMIN
    if name == "SIGRTMIN" { return 34 }
    if name.hasPrefix("SIGRT_"), let offset = Int64(name.dropFirst(6)), (1...30).contains(offset) { return 34 + offset }
    return nil
  }

  private static let signals = Dictionary(
    uniqueKeysWithValues: (1...31 as ClosedRange<Int32>).map { (ExitStatus.signalName($0), Int64($0)) })

  static let errors = Dictionary(
    uniqueKeysWithValues: (1...133 as ClosedRange<Int64>).compactMap { number in
      ErrorNumber.name(number).map { ($0, number) }
    } + [("ERESTARTSYS", 512), ("ERESTARTNOINTR", 513), ("ERESTARTNOHAND", 514), ("ERESTART_RESTARTBLOCK", 516)])

  private static let names: [String: Int64] = {
    var names = ArgumentNames.numbers
    names["AT_FDCWD"] = -100
    names["AF_LOCAL"] = 1
    for (name, number) in [
      ("IPPROTO_IP", 0), ("IPPROTO_ICMP", 1), ("IPPROTO_TCP", 6), ("IPPROTO_UDP", 17), ("IPPROTO_IPV6", 41),
      ("IPPROTO_ICMPV6", 58), ("S_IFSOCK", 0o140_000), ("S_IFLNK", 0o120_000), ("S_IFREG", 0o100_000),
      ("S_IFBLK", 0o60_000), ("S_IFDIR", 0o40_000), ("S_IFCHR", 0o20_000), ("S_IFIFO", 0o10_000), ("S_ISUID", 0o4_000),
      ("S_ISGID", 0o2_000), ("S_ISVTX", 0o1_000),
    ] as [(String, Int64)] {
      names[name] = number
    }
    for (bit, name) in OpenFlags.named { names[name] = bit }
    names["O_RDONLY"] = 0
    names["O_WRONLY"] = 1
    names["O_RDWR"] = 2
    return names
  }()
}
