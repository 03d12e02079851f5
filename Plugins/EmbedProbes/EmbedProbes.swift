import Foundation
import PackagePlugin

/// Compiles each `bpf/*.bpf.c` with the toolchain's clang and embeds the object in the module as a Swift constant.
@main
struct EmbedProbes: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let sources = target.directoryURL.appending(path: "bpf")
    let records = context.package.directoryURL.appending(path: "Sources/ProbeRecords/include")
    let inputs = try files(in: sources) + files(in: records)
    let output = context.pluginWorkDirectoryURL.appending(path: "ProbeObjects.swift")
    return [
      .buildCommand(
        displayName: "Compiling the kernel probes",
        executable: try context.tool(named: "ProbeEmbedder").url,
        arguments: [
          try context.tool(named: "clang").url.path(percentEncoded: false),
          records.path(percentEncoded: false), output.path(percentEncoded: false),
        ] + inputs.filter { $0.path.hasSuffix(".bpf.c") }.map { $0.path(percentEncoded: false) },
        inputFiles: inputs, outputFiles: [output])
    ]
  }

  private func files(in directory: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
      .filter { ["c", "h"].contains($0.pathExtension) }.sorted { $0.path < $1.path }
  }
}
