/// As much of a terminal as the painter needs: cursor positions, erasing, and characters of one or two columns.
///
/// Anything else fails the test that feeds it.
struct VirtualScreen {
    private(set) var rows: [[Character?]]
    private var row = 0
    private var column = 0
    /// What it did not understand.
    private(set) var failures: [String] = []
    /// The parameters of the last graphic rendition.
    private(set) var rendition = "0"

    init(columns: Int, rows: Int) {
        self.rows = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    var text: [String] {
        rows.map { row in
            var line = String(row.compactMap { $0 })
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    mutating func take(_ bytes: [UInt8]) {
        var rest = Substring(String(decoding: bytes, as: UTF8.self))
        while let character = rest.popFirst() {
            if character == "\u{1B}" { obey(&rest) } else { put(character) }
        }
    }

    private mutating func put(_ character: Character) {
        // The tests' own wide characters.
        let width = character.unicodeScalars.first!.value >= 0x4E00 ? 2 : 1
        guard rows.indices.contains(row), column + width <= rows[row].count else {
            failures.append("\(character) at \(row), \(column)")
            return
        }
        rows[row][column] = character
        if width == 2 { rows[row][column + 1] = nil }
        column += width
    }

    private mutating func obey(_ rest: inout Substring) {
        guard rest.popFirst() == "[" else { return failures.append("no CSI") }
        let parameters = rest.prefix { "0123456789;".contains($0) }
        rest.removeFirst(parameters.count)
        let numbers = parameters.split(separator: ";").compactMap { Int($0) }
        switch rest.popFirst() {
        case "H":
            row = (numbers.first ?? 1) - 1
            column = (numbers.last ?? 1) - 1
        case "J" where numbers == [2]: rows = rows.map { $0.map { _ in " " } }
        case "K" where numbers.isEmpty: for index in column..<rows[row].count { rows[row][index] = " " }
        case "m": rendition = String(parameters)
        case let other: failures.append("CSI \(parameters) \(other.map(String.init) ?? "")")
        }
    }
}
