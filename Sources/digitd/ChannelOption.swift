import ArgumentParser
import AudioInput

/// Which channel is heard.
struct ChannelOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which channel is heard, counted from 0, or mix for all together. (default: the configuration's, else mix)",
            valueName: "n|mix"))
    var channel: CaptureChannel?
}

extension CaptureChannel: ExpressibleByArgument {
    /// `mix` or a number.
    public init?(argument: String) { self.init(argument) }

    /// The number as the configuration has it; nil for all channels.
    var number: Int? { if case .number(let number) = self { number } else { nil } }
}
