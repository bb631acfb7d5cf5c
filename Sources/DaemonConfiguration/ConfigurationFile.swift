/// A configuration file that was read and found good, with the lines of its options.
public struct ConfigurationFile: Sendable {
    /// The size above which a file is refused, in bytes: a megabyte.
    public static let bytesMax = 1 << 20

    /// The file, as it was named.
    public let path: String
    /// What it says.
    public let configuration: Configuration
    private let lines: [String: Int]

    /// Reads a file.
    ///
    /// - Throws: `unreadable` for a file that cannot be read, `invalid` with every problem found in it.
    public init(contentsOf path: String) throws(ConfigurationError) {
        try self.init(bytes: try FileBytes.read(path, max: Self.bytesMax), path: path)
    }

    /// Takes the bytes of a file. No bytes end the program, or keep it busy for longer than in proportion to their number.
    ///
    /// - Parameters:
    ///   - bytes: TOML in UTF-8, with or without a byte order mark.
    ///   - path: what messages call the file.
    /// - Throws: `invalid` with every problem found.
    public init(bytes: [UInt8], path: String) throws(ConfigurationError) {
        let document: TOMLDocument
        do { document = try TOMLDocument(bytes, max: Self.bytesMax) } catch {
            throw .invalid([ConfigurationProblem(path: path, fault: error)])
        }
        var reader = ConfigurationReader(document: document, path: path)
        reader.readTables()
        reader.checkOrders()
        guard reader.problems.isEmpty else { throw .invalid(reader.problems) }
        self.path = path
        configuration = reader.configuration
        lines = reader.lines
    }

    /// The line that an option is given on, from 1; nil if the file does not give it.
    public func line(of key: String) -> Int? {
        lines[key]
    }

    /// A problem with the value of an option that comes to light when it is used: a group that does not exist.
    ///
    /// - Parameter message: what is wrong, without the full stop.
    public func problem(_ key: String, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(path: path, line: line(of: key), key: key, message: message)
    }
}

extension ConfigurationProblem {
    fileprivate init(path: String, fault: TOMLScanner.Fault) {
        self.init(
            path: path, line: fault.line, column: fault.column, key: fault.path.map { TOMLScanner.shown($0) },
            message: fault.message)
    }
}
