import ArgumentParser
import DaemonConfiguration
import ResNet

/// The option `--precision`.
struct PrecisionOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What the network is computed in: auto (the fastest that the CPU and the weights file allow), int8, bf16 or f32.",
            valueName: "precision"))
    var precision: Configuration.Precision?

    /// nil for the fastest.
    var chosen: InferencePrecision? { .init(precision ?? .auto) }
}

extension Configuration.Precision: ExpressibleByArgument {}

extension InferencePrecision {
    /// nil for `auto`.
    init?(_ precision: Configuration.Precision) { self.init(rawValue: precision.rawValue) }
}
