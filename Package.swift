// swift-tools-version: 6.2
import PackageDescription

// The layers, lowest first. A target may depend only on targets of the groups above its own;
// `make check` builds with `--explicit-target-dependency-import-check error`, so an import that is
// not declared here does not compile.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

// `make fuzz` sets it: every module with libFuzzer's counters and the address sanitizer, and the fuzzer itself.
let isFuzzing = Context.environment["AFTERTRACE_FUZZ"] != nil
let sanitizers = ["-sanitize=fuzzer,address"]
let instrumented: [SwiftSetting] = isFuzzing ? [.define("FUZZING"), .unsafeFlags(sanitizers)] : []

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], plugins: [Target.PluginUsage] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict + instrumented,
    plugins: plugins)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude, swiftSettings: strict)
}

let cLibraries: [Target] = [
  .systemLibrary(name: "CLibBPF", pkgConfig: "libbpf"),
  .systemLibrary(name: "CLZ4", pkgConfig: "liblz4"),
  .systemLibrary(name: "CJansson", pkgConfig: "jansson"),
  .systemLibrary(name: "CISAL"),
  .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp"),
  .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
  .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1"),
  .systemLibrary(name: "CNcurses"),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
  .systemLibrary(name: "CPcap", pkgConfig: "libpcap"),
  .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
  .systemLibrary(name: "CDW", pkgConfig: "libdw"),
  .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd"),
  .target(name: "CCurl"),
  .target(name: "CPosix"),
  .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2"), .linkedLibrary("stdc++")]),
  .target(name: "ProbeRecords"),
]

let base: [Target] = [
  module("Bytes"),
  module("Posix", ["CPosix"]),
  module("Events"),
  module("NameService", ["Bytes"]),
  module("Arguments"),
  module("Triggers", ["Events"]),
  module("Service", ["Posix"]),
]

let wrappers: [Target] = [
  module("LZ4", ["CLZ4", "Bytes"]),
  module("Digests", ["CCrypto", "CISAL", "Bytes"]),
  module("JSON", ["CJansson", "Bytes"]),
  module("YAML", ["CYAML"]),
  module("SystemCalls", ["CSeccomp", "Events"]),
  module("Terminal", ["CNcurses", "Bytes", "Posix"]),
  module("BPF", ["CLibBPF", "CPosix", "Posix"]),
  module("Gzip", ["CZlib"]),
  module("Zstd", ["CZstd"]),
  module("Symbols", ["CDW", "Posix"]),
  module("Packets", ["CPcap"]),
  module("RegularExpressions", ["CRE2"]),
  module("HTTP", ["CCurl", "CMicroHTTPD", "Posix"]),
]

let domain: [Target] = [
  module("FilterLanguage", ["Arguments", "RegularExpressions"]),
  module("Rules", ["Arguments", "FilterLanguage", "YAML"]),
  module("Configuration", ["Arguments", "Events", "Packets", "Posix", "Rules", "YAML"]),
  module("CaptureFormat", ["Bytes", "Posix", "Events", "LZ4", "Digests"]),
  module("Reconstruction", ["Bytes", "Digests", "Events", "NameService", "CaptureFormat", "FilterLanguage"]),
  module("Alerts", ["Arguments", "Bytes", "Events", "JSON", "Triggers"]),
]

let engines: [Target] = [
  .executableTarget(name: "ProbeEmbedder", dependencies: [], swiftSettings: strict),
  .plugin(name: "EmbedProbes", capability: .buildTool(), dependencies: ["ProbeEmbedder"]),
  module(
    "Probes", exclude: ["bpf"], plugins: [.plugin(name: "EmbedProbes")]),
  module(
    "Recording",
    [
      "ProbeRecords", "Probes", "Bytes", "Posix", "Events", "FilterLanguage", "SystemCalls", "BPF", "JSON",
      "CaptureFormat",
      "NameService", "Packets", "Reconstruction", "Triggers", "HTTP",
    ]),
  module(
    "Interchange",
    [
      "Bytes", "NameService", "Posix", "Events", "FilterLanguage", "LZ4", "Digests", "JSON", "SystemCalls", "Gzip",
      "Zstd",
      "CaptureFormat", "Rules", "Reconstruction",
    ]),
  module(
    "LiveRules",
    [
      "CaptureFormat", "Events", "FilterLanguage", "HTTP", "Interchange", "JSON", "Posix", "Reconstruction",
      "Recording",
      "Rules", "Triggers",
    ]),
  module("Control", ["Alerts", "Bytes", "Digests", "Gzip", "HTTP", "JSON", "Posix", "Triggers"]),
]

let faces: [Target] = [
  module(
    "Inspector",
    [
      "Posix", "Events", "JSON", "Terminal", "FilterLanguage", "Rules", "CaptureFormat", "Reconstruction",
      "Interchange",
    ])
]

let program: [Target] = [
  module(
    "Commands",
    [
      "Bytes", "Posix", "Events", "Arguments", "FilterLanguage", "JSON", "NameService", "Terminal", "Configuration",
      "CaptureFormat", "Reconstruction", "Recording", "Interchange", "Rules", "Service", "YAML", "Inspector", "Control",
      "HTTP",
      "LiveRules", "Symbols", "Packets",
    ]),
  .executableTarget(name: "aftertrace", dependencies: ["Commands"], swiftSettings: strict),
  .executableTarget(
    name: "benchmarks",
    dependencies: [
      "ProbeRecords", "Posix", "Events", "JSON", "Terminal", "BPF", "CaptureFormat", "Reconstruction", "Probes",
      "Recording", "Rules", "FilterLanguage", "Triggers", "Inspector",
    ], swiftSettings: strict),
]

let fuzzing: [Target] = [
  .target(name: "CFuzzer"),
  .executableTarget(
    name: "FuzzReader",
    dependencies: [
      "CFuzzer", "Alerts", "CaptureFormat", "Configuration", "Events", "FilterLanguage", "Interchange", "NameService",
      "Reconstruction", "Posix",
      "Triggers",
      "YAML",
    ],
    swiftSettings: strict + instrumented,
    linkerSettings: [.unsafeFlags(sanitizers + ["-use-ld=lld"])]),
]

let testTargets: [Target] = [
  .executableTarget(
    name: "ShelfWriter", dependencies: ["CaptureFormat", "Events", "Posix", "Recording", "Triggers"],
    path: "Tests/ShelfWriter", swiftSettings: strict),
  .target(name: "ContainerLab", dependencies: ["Posix"], path: "Tests/ContainerLab", swiftSettings: strict),
  .target(name: "SnapshotLab", path: "Tests/SnapshotLab", swiftSettings: strict),
  .target(
    name: "PacketLab", dependencies: ["CaptureFormat", "Events"], path: "Tests/PacketLab", exclude: ["Samples"],
    swiftSettings: strict),
  .target(name: "TriggerLab", dependencies: ["Posix", "Triggers"], path: "Tests/TriggerLab", swiftSettings: strict),
  tests(of: "JSON"),
  tests(of: "HTTP"),
  tests(of: "YAML"),
  tests(of: "RegularExpressions"),
  tests(of: "Rules", ["FilterLanguage"]),
  tests(of: "FilterLanguage", ["RegularExpressions"], exclude: ["Samples"]),
  tests(of: "Service", ["Posix"]),
  tests(of: "Configuration", ["Events", "Posix", "YAML"]),
  tests(of: "BPF"),
  tests(of: "Probes", ["ProbeRecords", "BPF", "Posix"]),
  tests(of: "Events"),
  tests(of: "NameService", exclude: ["Fixtures"]),
  tests(of: "Terminal"),
  tests(
    of: "Inspector",
    [
      "CaptureFormat", "Events", "Interchange", "JSON", "PacketLab", "Posix", "Reconstruction", "SnapshotLab",
      "Terminal",
    ],
    exclude: ["Snapshots"]),
  tests(of: "Reconstruction", ["CaptureFormat", "Events", "FilterLanguage", "NameService", "PacketLab", "Posix"]),
  tests(
    of: "Interchange", ["CaptureFormat", "Digests", "Events", "JSON", "Posix", "Reconstruction"], exclude: ["Fixtures"]),
  .executableTarget(
    name: "PrivilegeProbe", dependencies: ["Posix"], path: "Tests/PrivilegeProbe", swiftSettings: strict),
  tests(of: "Posix", ["PrivilegeProbe"]),
  tests(
    of: "Recording",
    [
      "CaptureFormat", "ContainerLab", "Events", "JSON", "NameService", "PacketLab", "Posix", "ProbeRecords",
      "Reconstruction",
      "ShelfWriter",
      "SystemCalls", "Triggers",
    ],
    exclude: ["Fixtures"]),
  tests(
    of: "LiveRules",
    [
      "CaptureFormat", "Events", "FilterLanguage", "HTTP", "JSON", "Posix", "Reconstruction", "Recording", "Rules",
      "Triggers",
    ]),
  tests(of: "Arguments", ["SnapshotLab"], exclude: ["Snapshots"]),
  tests(of: "Commands", ["Arguments", "Configuration", "JSON", "Posix", "TriggerLab"]),
  tests(of: "Bytes"),
  tests(of: "LZ4"),
  tests(of: "Digests"),
  tests(of: "Gzip"),
  tests(of: "Symbols", ["Posix"]),
  tests(of: "Alerts", ["Events", "JSON", "Posix", "Triggers"], exclude: ["Fixtures"]),
  tests(of: "Control", ["Events", "HTTP", "JSON", "Posix", "TriggerLab", "Triggers"]),
  tests(of: "CaptureFormat", ["Events", "Posix", "Bytes", "Digests", "PacketLab"]),
  .testTarget(
    name: "EndToEndTests",
    dependencies: [
      "aftertrace", "ContainerLab", "Posix", "JSON", "CaptureFormat", "Events", "Control", "HTTP", "TriggerLab",
      "Triggers",
    ],
    exclude: ["Programs"], swiftSettings: strict),
]

let package = Package(
  name: "aftertrace",
  products: [.executable(name: "aftertrace", targets: ["aftertrace"])],
  targets: cLibraries + base + wrappers + domain + engines + faces + program + testTargets + (isFuzzing ? fuzzing : [])
)
