internal import CYAML

extension YAMLNode {
  /// Reads every document of `text`; an empty one gives none.
  ///
  /// Aliases are replaced by what they stand for, and count as that: a text that would grow out of proportion is
  /// refused ("billion laughs").
  ///
  /// - Throws: ``YAMLError`` at the first thing that is wrong.
  /// - Complexity: O(n), bounded by `limits`.
  public static func documents(of text: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> [YAMLNode] {
    guard text.count <= limits.lengthInBytes else {
      throw YAMLError(.tooLong(limit: limits.lengthInBytes), at: YAMLPlace(line: 1, column: 1))
    }
    // libyaml keeps the address until the parser goes.
    let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(text.count, 1))
    defer { input.deallocate() }
    _ = input.initialize(from: text)
    let parser = Parser(UnsafeBufferPointer(start: input.baseAddress, count: text.count), limits)
    return try parser.documents()
  }

  public static func documents(of text: String, limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> [YAMLNode] {
    try documents(of: Array(text.utf8), limits: limits)
  }
}

/// Owner of libyaml's parser.
private final class Parser {
  /// A named node, and what an alias of it costs.
  private struct Anchored {
    var node: YAMLNode
    var count: Int
    var height: Int
  }

  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let input: UnsafeBufferPointer<UInt8>
  private let limits: YAMLLimits
  private var nodeCount = 0
  private var anchors: [String: Anchored] = [:]
  /// Named lists and maps that are not closed yet.
  private var openAnchors: Set<String> = []

  init(_ input: UnsafeBufferPointer<UInt8>, _ limits: YAMLLimits) {
    self.input = input
    self.limits = limits
    yaml_parser_initialize(parser)
    // Said beforehand, so that it does not guess UTF-16 from the first bytes.
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  func documents() throws(YAMLError) -> [YAMLNode] {
    var documents: [YAMLNode] = []
    while true {
      let event = try next()
      switch event.kind {
      case YAML_DOCUMENT_START_EVENT:
        anchors.removeAll()
        documents.append(try node(from: try next(), depth: 1).node)
      case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return documents
      default: break
      }
    }
  }

  /// What is wanted of libyaml's event, copied.
  private struct Event {
    var kind: yaml_event_type_t
    var place: YAMLPlace
    var end: YAMLPlace
    var anchor: String?
    var tag: String?
    var text = ""
    var style = YAMLStyle.plain
  }

  private func next() throws(YAMLError) -> Event {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw failure() }
    defer { yaml_event_delete(&raw) }
    var event = Event(kind: raw.type, place: YAMLPlace(raw.start_mark), end: YAMLPlace(raw.end_mark))
    switch raw.type {
    case YAML_SCALAR_EVENT:
      let scalar = raw.data.scalar
      event.anchor = text(scalar.anchor)
      event.tag = text(scalar.tag)
      event.text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      event.style = YAMLStyle(scalar.style)
    case YAML_SEQUENCE_START_EVENT:
      event.anchor = text(raw.data.sequence_start.anchor)
      event.tag = text(raw.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT:
      event.anchor = text(raw.data.mapping_start.anchor)
      event.tag = text(raw.data.mapping_start.tag)
    case YAML_ALIAS_EVENT: event.anchor = text(raw.data.alias.anchor)
    default: break
    }
    return event
  }

  /// Reads the node that begins with `event`.
  ///
  /// - Returns: The node, how many it is made of, and how many levels it has.
  private func node(from event: Event, depth: Int) throws(YAMLError) -> (node: YAMLNode, count: Int, height: Int) {
    if event.kind == YAML_ALIAS_EVENT { return try alias(event, depth: depth) }
    try count(1, at: event.place)
    guard depth <= limits.depth else { throw YAMLError(.tooDeep(limit: limits.depth), at: event.place) }
    if let name = event.anchor { openAnchors.insert(name) }
    let before = nodeCount
    var height = 1
    let node: YAMLNode
    switch event.kind {
    case YAML_SEQUENCE_START_EVENT:
      var elements: [YAMLNode] = []
      var next = try next()
      while next.kind != YAML_SEQUENCE_END_EVENT {
        let element = try self.node(from: next, depth: depth + 1)
        height = max(height, element.height + 1)
        elements.append(element.node)
        next = try self.next()
      }
      node = YAMLNode(.sequence(elements), at: event.place, end: next.end, tag: event.tag)
    case YAML_MAPPING_START_EVENT:
      let (entries, end) = try entries(depth: depth, height: &height)
      node = YAMLNode(.mapping(entries), at: event.place, end: end, tag: event.tag)
    default:
      node = YAMLNode(.scalar(event.text, event.style), at: event.place, end: event.end, tag: event.tag)
    }
    let count = nodeCount - before + 1
    if let name = event.anchor {
      openAnchors.remove(name)
      anchors[name] = Anchored(node: node, count: count, height: height)
    }
    return (node, count, height)
  }

  private func entries(depth: Int, height: inout Int) throws(YAMLError) -> ([YAMLEntry], end: YAMLPlace) {
    var entries: [YAMLEntry] = []
    var places: [String: YAMLPlace] = [:]
    while true {
      let event = try next()
      if event.kind == YAML_MAPPING_END_EVENT { return (entries, event.end) }
      let key = try node(from: event, depth: depth + 1).node
      guard case .scalar(let name, let style) = key.content else { throw YAMLError(.keyIsNoText, at: event.place) }
      if let first = places.updateValue(event.place, forKey: name) {
        throw YAMLError(.duplicateKey(name, first: first), at: event.place)
      }
      let value = try node(from: try next(), depth: depth + 1)
      height = max(height, value.height + 1)
      entries.append(YAMLEntry(key: name, keyPlace: event.place, keyStyle: style, value: value.node))
    }
  }

  private func alias(_ event: Event, depth: Int) throws(YAMLError) -> (node: YAMLNode, count: Int, height: Int) {
    let name = event.anchor ?? ""
    if openAnchors.contains(name) { throw YAMLError(.aliasOfItself(name), at: event.place) }
    guard let anchored = anchors[name] else { throw YAMLError(.unknownAlias(name), at: event.place) }
    guard depth + anchored.height - 1 <= limits.depth else {
      throw YAMLError(.tooDeep(limit: limits.depth), at: event.place)
    }
    try count(anchored.count, at: event.place)
    return (anchored.node, anchored.count, anchored.height)
  }

  private func count(_ nodes: Int, at place: YAMLPlace) throws(YAMLError) {
    nodeCount += nodes
    guard nodeCount <= limits.nodeCount else {
      throw YAMLError(.tooManyNodes(limit: limits.nodeCount), at: place)
    }
  }

  private func text(_ pointer: UnsafePointer<yaml_char_t>?) -> String? {
    pointer.map { String(decoding: UnsafeBufferPointer(start: $0, count: cLength($0)), as: UTF8.self) }
  }

  private func cLength(_ pointer: UnsafePointer<yaml_char_t>) -> Int {
    var length = 0
    while pointer[length] != 0 { length += 1 }
    return length
  }

  private func failure() -> YAMLError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
    if parser.pointee.error == YAML_READER_ERROR {
      var offset = min(Int(parser.pointee.problem_offset), input.count)
      // Of a broken sequence libyaml names the byte that does not fit: its first one is wanted.
      if problem.contains("trailing") {
        while offset > 0, input[offset] & 0xc0 != 0xc0 || offset == Int(parser.pointee.problem_offset) { offset -= 1 }
      }
      return YAMLError(.encoding(problem), at: place(ofByte: offset))
    }
    if parser.pointee.error == YAML_MEMORY_ERROR {
      return YAMLError(.syntax("no memory to read it", context: nil), at: YAMLPlace(parser.pointee.mark))
    }
    let context = parser.pointee.context.map { String(cString: $0) }
    return YAMLError(.syntax(problem, context: context), at: YAMLPlace(parser.pointee.problem_mark))
  }

  /// Where libyaml gives an offset only.
  private func place(ofByte offset: Int) -> YAMLPlace {
    var place = YAMLPlace(line: 1, column: 1)
    for byte in input.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        place = YAMLPlace(line: place.line + 1, column: 1)
      } else if byte & 0xc0 != 0x80 {
        place.column += 1
      }
    }
    return place
  }
}

extension YAMLPlace {
  fileprivate init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}

extension YAMLStyle {
  fileprivate init(_ style: yaml_scalar_style_t) {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: self = .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: self = .literal
    case YAML_FOLDED_SCALAR_STYLE: self = .folded
    default: self = .plain
    }
  }
}
