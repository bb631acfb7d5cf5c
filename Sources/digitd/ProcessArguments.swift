import CArguments

/// What the process was started with, wherever `environ` points and whether there is a /proc or not.
enum ProcessArguments {
    /// The program's name.
    static var program: String { cag_argument(0).map { String(cString: $0) } ?? "digitd" }

    /// The arguments without the program's name. Bytes that are no UTF-8 are replaced.
    static var all: [String] {
        (1..<max(1, cag_count())).compactMap { cag_argument($0).map { String(cString: $0) } }
    }
}
