import Foundation

/// Where the network's weights are looked for.
enum ModelLocation {
    static let fileName = "digits.safetensors"
    /// The bundle that the package manager puts beside the executable.
    static let bundleName = "digitd_digitd.resources"

    /// The file named on the command line; else an installed one, `../share/digitd` from the executable; else the package's.
    ///
    /// - Throws: a sentence when there is none of them. A file that was named is not checked here.
    static func path(given: String?) throws -> String {
        if let given { return given }
        let candidates = candidates(executable: executablePath)
        if let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) { return found }
        throw CommandFailure(
            .inputMissing,
            "No network is installed (\(candidates.joined(separator: " and ")) are missing); "
                + "give one with --model, or make one with digitd train.")
    }

    /// The places in order, for an executable. `Bundle.module` is not asked: it ends the program when there is no bundle.
    static func candidates(executable: String) -> [String] {
        let directory = (executable as NSString).deletingLastPathComponent
        let prefix = (directory as NSString).deletingLastPathComponent
        return ["\(prefix)/share/digitd/\(fileName)", "\(directory)/\(bundleName)/Resources/\(fileName)"]
    }

    /// The file that runs, links resolved.
    static var executablePath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ProcessArguments.program
    }
}
