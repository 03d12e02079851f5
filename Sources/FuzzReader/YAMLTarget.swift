internal import YAML

/// Reads the bytes as YAML, and looks at every node.
func readYAML(_ bytes: UnsafeRawBufferPointer) {
  guard let documents = try? YAMLNode.documents(of: Array(bytes)) else { return }
  for document in documents { look(at: document) }
}

private func look(at node: YAMLNode) {
  precondition(node.place.line > 0 && node.place.column > 0)
  _ = (node.text, node.integer, node.bool, node.isNull, node.kind)
  for element in node.elements { look(at: element) }
  for entry in node.entries { look(at: entry.value) }
}
