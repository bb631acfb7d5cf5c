import ArgumentParser
import Glibc

/// The command line. Without a subcommand it listens.
struct Digitd: ParsableCommand {
    static let release = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "digitd",
        abstract: "Recognises the spoken digits 0 to 9, live from a microphone or in recordings.",
        discussion: """
            Without a subcommand digitd listens to the default microphone.

            Exit codes: 0 done, 1 failed, 64 wrong usage, 65 input not usable, 66 input missing or unreadable, \
            69 device or daemon unavailable, 78 bad configuration.
            """,
        version: release,
        subcommands: [
            Listen.self, Devices.self, Monitor.self, Subscribe.self, Keypad.self, Status.self, ConfigCommand.self,
            Classify.self, Mel.self, Train.self, Enroll.self, Evaluate.self, TrainBenchmark.self, EnrollBenchmark.self,
            SpeedBenchmark.self,
        ],
        defaultSubcommand: Listen.self)
}

@main
enum Main {
    static func main() {
        holdStandardDescriptors()
        // libdispatch complains to the system's log of each thread whose priority an ordinary user may not raise.
        setenv("LIBDISPATCH_LOG", "NO", 0)
        // A reader that has gone is an error of `write`, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // So is a file that may not grow (ulimit -f): what was half written is then taken away with a sentence.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try Digitd.parseAsRoot(ProcessArguments.all)
            try command.run()
        } catch {
            let failure = CommandFailure(error)
            guard let sentence = failure.sentence else {
                // Help, a version or a usage error: what the parser has to say, with its exit code (64 for usage).
                Digitd.exit(withError: error)
            }
            StandardError.report(sentence)
            exit(failure.status.rawValue)
        }
    }

    /// Standard streams that were closed would be taken by the next files opened, to be read or written by mistake. What
    /// takes their place refuses both, as a closed one does.
    private static func holdStandardDescriptors() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
