import ArgumentParser

@main
struct Digitd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digitd", abstract: "Recognises the spoken digits 0 to 9.", subcommands: [Train.self, Dump.self])
}
