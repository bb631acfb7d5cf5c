import ArgumentParser
import DaemonConfiguration
import DigitEvents
import Foundation
import Glibc

/// `digitd config`: the configuration file.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks and shows the configuration.",
        discussion: """
            The configuration is the file of --config; else $XDG_CONFIG_HOME/digitd/digitd.toml or \
            ~/.config/digitd/digitd.toml; else the one installed with the program, PREFIX/etc/digitd/digitd.toml, which for \
            the prefix /usr is /etc/digitd/digitd.toml. Without any of them all options have their defaults.
            """,
        subcommands: [ConfigCheck.self, ConfigShow.self, ConfigDefault.self])

    /// The file given, or else the one in use; nil when there is none.
    static func path(given: String?) -> String? {
        Configuration.path(
            given: given, executable: ModelLocation.executablePath, environment: ProcessInfo.processInfo.environment)
    }
}

/// `digitd config check`: says everything that is wrong with a file.
struct ConfigCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validates a configuration.",
        discussion: """
            Prints "FILE: good", or one sentence on standard error for each thing that is wrong, with its line, and ends with \
            78. The weights file and the group that the configuration names must be there, unless --file-only leaves them \
            out. No device is opened.
            """)

    @Argument(
        help: "The file to check; without one, the file that digitd listen would use.",
        completion: .file(extensions: ["toml"]))
    var file: String?
    @Flag(help: "Check the file alone, for use on another machine.")
    var fileOnly = false

    func run() throws {
        guard let path = ConfigCommand.path(given: file) else { throw Self.noFile }
        do throws(ConfigurationError) {
            let file = try ConfigurationFile(contentsOf: path)
            let problems = fileOnly ? [] : file.problemsOfThisMachine
            guard problems.isEmpty else { throw .invalid(problems) }
        } catch {
            guard case .invalid(let problems) = error else { throw error }
            for problem in problems { StandardError.report(problem.description) }
            throw ExitCode(ExitStatus.badConfiguration.rawValue)
        }
        try StandardOutput.line("\(path): good")
    }

    private static var noFile: CommandFailure {
        let places = Configuration.candidates(
            executable: ModelLocation.executablePath, environment: ProcessInfo.processInfo.environment)
        return CommandFailure(
            .inputMissing,
            "There is no configuration file (looked for \(places.joined(separator: " and "))), so all options have their "
                + "defaults; digitd config default prints a file to begin with.")
    }
}

/// `digitd config show`: what is in force.
struct ConfigShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints every option with its value.",
        discussion: "Options that the file does not give are printed with their defaults.")

    @Argument(
        help: "The file to read; without one, the file that digitd listen would use, or the defaults.",
        completion: .file(extensions: ["toml"]))
    var file: String?

    func run() throws {
        let path = ConfigCommand.path(given: file)
        let configuration = try path.map { path throws(ConfigurationError) in try Configuration(contentsOf: path) }
        var text =
            "# \(path.map(PrintableText.of) ?? "No file: the defaults.")\n" + (configuration ?? Configuration()).text
        try text.withUTF8 { try StandardOutput.write(UnsafeRawBufferPointer($0)) }
    }
}

/// `digitd config default`: a file to begin with.
struct ConfigDefault: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "default",
        abstract: "Prints the default configuration, every option commented.")

    func run() throws {
        var text = Configuration.defaultText
        try text.withUTF8 { try StandardOutput.write(UnsafeRawBufferPointer($0)) }
    }
}

extension ConfigurationFile {
    /// What the file names and this machine does not have.
    fileprivate var problemsOfThisMachine: [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        if let model = configuration.recognition.model {
            do { _ = try ModelFile(given: model) } catch {
                let reason = CommandFailure(error).sentence ?? "The weights file \(model) cannot be used."
                problems.append(problem("recognition.model", "recognition.model cannot be used: \(reason.dropLast())"))
            }
        }
        if let group = configuration.server.group, !isGroup(group) {
            let message = "server.group is \"\(group)\", but there is no such group; make it or name another"
            problems.append(problem("server.group", message))
        }
        return problems.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
    }

    /// Whether it is the name of a group, or a number that may be one.
    private func isGroup(_ group: String) -> Bool {
        // The largest number stands for no group at all in chown(2).
        if let number = UInt32(group), number < .max { return true }
        return getgrnam(group) != nil
    }
}
