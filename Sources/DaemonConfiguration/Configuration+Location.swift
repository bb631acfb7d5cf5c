import Glibc

/// Where the configuration file is looked for.
extension Configuration {
    /// The file in use: the one given; else the first that exists of ``candidates(executable:environment:)``; nil when there
    /// is none, and all options have their defaults.
    ///
    /// - Parameters:
    ///   - given: the file of the command line; not checked here.
    ///   - executable: the absolute path of the running program.
    ///   - environment: the program's environment.
    public static func path(given: String?, executable: String, environment: [String: String]) -> String? {
        given
            ?? candidates(executable: executable, environment: environment).first { path in
                // A link that leads nowhere is there: to go on without it would hide the mistake.
                var status = stat()
                return lstat(path, &status) == 0
            }
    }

    /// The places where a file is looked for, in their order: the user's own, and the one installed with the program.
    ///
    /// The user's is `$XDG_CONFIG_HOME/digitd/digitd.toml`, or `~/.config/digitd/digitd.toml`. The installed one of
    /// `PREFIX/bin/digitd` is `PREFIX/etc/digitd/digitd.toml`; for the prefix `/usr` it is `/etc/digitd/digitd.toml`.
    public static func candidates(executable: String, environment: [String: String]) -> [String] {
        var directories: [String] = []
        // A relative path in these is no path at all, says the XDG base directory specification.
        if let directory = absolute(environment["XDG_CONFIG_HOME"]) {
            directories.append(directory)
        } else if let home = absolute(environment["HOME"]) {
            directories.append(home + "/.config")
        }
        if let executable = absolute(executable) {
            let prefix = parent(parent(executable))
            directories.append((prefix == "/usr" ? "" : prefix) + "/etc")
        }
        return directories.map { $0 + "/digitd/digitd.toml" }
    }

    /// The path without slashes at its end ("" for the root), if it is absolute.
    private static func absolute(_ path: String?) -> String? {
        guard var rest = path?.utf8[...], rest.first == UInt8(ascii: "/") else { return nil }
        while rest.last == UInt8(ascii: "/") { rest.removeLast() }
        return String(Substring(rest))
    }

    /// The directory of an absolute path; "" for the root.
    private static func parent(_ path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
    }
}
