internal import Configuration
internal import YAML

/// Reads the bytes as YAML, and looks at every node; then as a configuration, and words what is wrong with it.
func readYAML(_ bytes: UnsafeRawBufferPointer) {
  readConfiguration(Array(bytes))
  guard let documents = try? YAMLNode.documents(of: Array(bytes)) else { return }
  for document in documents { look(at: document) }
}

private func look(at node: YAMLNode) {
  precondition(node.place.line > 0 && node.place.column > 0)
  _ = (node.text, node.integer, node.bool, node.isNull, node.kind)
  for element in node.elements { look(at: element) }
  for entry in node.entries { look(at: entry.value) }
}

private func readConfiguration(_ bytes: [UInt8]) {
  do throws(InvalidConfiguration) {
    let loaded = try WatchConfiguration.merged([ConfigurationText(path: "fuzz", bytes: bytes)])
    // What is printed has to be read back as the same.
    let again = try WatchConfiguration.merged([
      ConfigurationText(path: "printed", bytes: Array(loaded.configuration.yaml.utf8))
    ])
    precondition(again.configuration == loaded.configuration)
  } catch {
    for problem in error.problems {
      precondition(problem.path != "printed", "\(problem)")
      _ = problem.description
    }
  }
}
