import ArgumentParser

@main
struct Digitd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "digitd")
}
