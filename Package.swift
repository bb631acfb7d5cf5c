// swift-tools-version: 6.1
import PackageDescription

// Bounds checks stay on everywhere; only the optimiser level is left to the configuration.
let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// What computes is optimised in debug builds too: without it the tests take 16 minutes of processor, not 4. SwiftPM refuses
// such flags in packages that others depend on, but only in the targets of the products that they use (DigitEvents has none).
let computing = swiftSettings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "digitd",
    products: [
        .executable(name: "digitd", targets: ["digitd"]),
        .library(name: "DigitEvents", targets: ["DigitEvents"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // oneDNN and its GNU OpenMP have no pkg-config file; the module map names the libraries.
        .systemLibrary(name: "CALSA", pkgConfig: "alsa", providers: [.apt(["libasound2-dev"])]),
        .systemLibrary(name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"])]),
        .systemLibrary(name: "CDNNL", providers: [.apt(["libdnnl-dev"])]),
        .systemLibrary(name: "CSndFile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"])]),

        .target(
            name: "AudioInput",
            dependencies: ["CALSA", "CSndFile", "CSoxr", .product(name: "Logging", package: "swift-log")],
            swiftSettings: computing),
        .target(name: "AtomicFile", swiftSettings: swiftSettings),
        .target(name: "MelSpectrogram", dependencies: ["AtomicFile", "CFFTW", "CPNG"], swiftSettings: computing),
        .target(name: "SpeechSegmenter", swiftSettings: computing),
        .target(name: "DigitDecoder", swiftSettings: computing),
        // Optimised in debug builds too, as what computes in Swift is.
        .target(name: "CSmallConvolution", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
        // The process's arguments, where Swift may not find them.
        .target(name: "CArguments"),
        .target(
            name: "ResNet", dependencies: ["AtomicFile", "CDNNL", "CSmallConvolution"], swiftSettings: computing),
        .target(
            name: "ResNetTraining",
            dependencies: [
                "AtomicFile", "ResNet", "CDNNL", "DigitDecoder", "MelSpectrogram", "SpeechSegmenter", "AudioInput",
            ],
            swiftSettings: computing),
        .target(
            name: "DigitEvents",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "EventServer",
            dependencies: [
                "DigitEvents",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings),
        .target(name: "ServiceManager", swiftSettings: swiftSettings),
        .target(name: "DigitTerminal", dependencies: ["DigitEvents"], swiftSettings: swiftSettings),
        .target(
            name: "DaemonConfiguration",
            dependencies: ["SpeechSegmenter", .product(name: "TOMLKit", package: "TOMLKit")],
            swiftSettings: swiftSettings),
        .target(
            name: "DigitRecognizer",
            dependencies: [
                "AudioInput", "DigitDecoder", "MelSpectrogram", "SpeechSegmenter", "ResNet", "DigitEvents",
            ],
            swiftSettings: computing),
        .target(
            name: "Evaluation",
            dependencies: [
                "AtomicFile", "DigitDecoder", "DigitEvents", "DigitRecognizer", "MelSpectrogram", "ResNet",
                "ResNetTraining",
            ],
            swiftSettings: computing),
        .target(
            name: "DigitDaemon",
            dependencies: [
                "AudioInput", "CCrypto", "DigitEvents", "DigitRecognizer", "EventServer", "ServiceManager",
                "DaemonConfiguration", "SpeechSegmenter",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "digitd",
            dependencies: [
                "AtomicFile", "AudioInput", "CArguments", "DigitDecoder", "MelSpectrogram", "SpeechSegmenter", "ResNet",
                "ResNetTraining",
                "DigitEvents", "DigitRecognizer", "Evaluation", "DigitDaemon", "DigitTerminal", "EventServer",
                "ServiceManager",
                "DaemonConfiguration",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.copy("Resources")],
            swiftSettings: swiftSettings),

        .testTarget(name: "AtomicFileTests", dependencies: ["AtomicFile"]),
        .testTarget(name: "AudioInputTests", dependencies: ["AudioInput"]),
        .testTarget(
            name: "MelSpectrogramTests", dependencies: ["MelSpectrogram"], resources: [.copy("Golden")]),
        .testTarget(name: "SpeechSegmenterTests", dependencies: ["SpeechSegmenter"]),
        .testTarget(name: "DigitDecoderTests", dependencies: ["DigitDecoder"]),
        .testTarget(name: "ResNetTests", dependencies: ["ResNet", "CSmallConvolution"], resources: [.copy("Golden")]),
        .testTarget(
            name: "ResNetTrainingTests", dependencies: ["ResNetTraining", "ResNet", "MelSpectrogram"],
            resources: [.copy("Golden")]),
        .testTarget(
            name: "EvaluationTests",
            dependencies: [
                "Evaluation", "DigitDecoder", "DigitEvents", "DigitRecognizer", "MelSpectrogram", "ResNet",
                "ResNetTraining",
            ]),
        // A daemon that tests play, for those of its clients.
        .target(name: "FakeDaemon", path: "Tests/FakeDaemon", swiftSettings: swiftSettings),
        .testTarget(name: "DigitEventsTests", dependencies: ["DigitEvents", "FakeDaemon"]),
        .testTarget(name: "EventServerTests", dependencies: ["EventServer", "DigitEvents"]),
        .testTarget(name: "ServiceManagerTests", dependencies: ["ServiceManager"]),
        .testTarget(
            name: "DaemonConfigurationTests",
            dependencies: ["DaemonConfiguration", "SpeechSegmenter", "DigitRecognizer"]),
        .testTarget(name: "DigitTerminalTests", dependencies: ["DigitTerminal", "DigitEvents"]),
        .testTarget(
            name: "DigitRecognizerTests", dependencies: ["DigitRecognizer", "DigitDecoder", "SpeechSegmenter"]),
        .testTarget(name: "DigitDaemonTests", dependencies: ["DigitDaemon"]),
        .testTarget(
            name: "digitdTests",
            dependencies: [
                "digitd", "AudioInput", "MelSpectrogram", "ResNet", "ResNetTraining", "DigitRecognizer", "EventServer",
                "DigitEvents", "FakeDaemon",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// Tests/onednn3.sh builds the network and its tests once more; the daemon has no part in them.
if Context.environment["DIGITD_NETWORK_ONLY"] != nil {
    var kept: Set<String> = []
    func keep(_ name: String) {
        guard let target = package.targets.first(where: { $0.name == name }), kept.insert(name).inserted else { return }
        for case .byNameItem(let dependency, _) in target.dependencies { keep(dependency) }
    }
    for name in ["ResNetTests", "ResNetTrainingTests"] { keep(name) }
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll()
    package.dependencies = [.package(url: "https://github.com/apple/swift-log", from: "1.16.2")]
}

// Tests/sanitizers.sh and Tests/Fuzz/run.sh build this way.
if let sanitizer = Context.environment["DIGITD_SANITIZER"] {
    // A release build, for the times of the live rigs; but to optimise tests takes longer than to run them.
    for target in package.targets where target.type == .test {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Onone"])]
    }
    if sanitizer == "address" {
        // The counters that guide libFuzzer, and a trap where the C of the shim headers does what C leaves undefined.
        let checks = SwiftSetting.unsafeFlags([
            "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table",
            "-Xcc", "-fsanitize=undefined", "-Xcc", "-fsanitize-trap=undefined",
        ])
        for target in package.targets where target.type == .regular {
            target.swiftSettings = (target.swiftSettings ?? []) + [checks]
        }
        // The program that feeds the readers of foreign bytes.
        package.targets.append(
            .executableTarget(
                name: "Fuzz",
                dependencies: [
                    "AudioInput", "DaemonConfiguration", "DigitEvents", "DigitRecognizer", "DigitTerminal",
                    "EventServer", "MelSpectrogram", "ResNet", "ServiceManager",
                    .product(name: "Logging", package: "swift-log"),
                ],
                path: "Tests/Fuzz/Program",
                swiftSettings: swiftSettings))
    }
}

// The benchmarks (Tests/Benchmarks) need a package that nothing else here does.
if Context.environment["DIGITD_BENCHMARKS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []))
    package.targets.append(
        .executableTarget(
            name: "RecognitionBenchmarks",
            dependencies: [
                "MelSpectrogram", "SpeechSegmenter", "ResNet", "DigitRecognizer",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Tests/Benchmarks/RecognitionBenchmarks", swiftSettings: swiftSettings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]))
}
