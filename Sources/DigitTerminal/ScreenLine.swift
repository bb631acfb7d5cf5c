/// How a part of the screen looks.
enum CellStyle: Sendable, Equatable {
    case plain
    case strong
    case faint
    case good
    case warning
    case bad

    /// The parameters of Select Graphic Rendition (ECMA-48, 8.3.117) that lead here from anywhere.
    func parameters(hasColour: Bool) -> String {
        switch self {
        case .plain: "0"
        case .strong: "0;1"
        case .faint: "0;2"
        case .good: hasColour ? "0;32" : "0"
        case .warning: hasColour ? "0;33" : "0;1"
        case .bad: hasColour ? "0;31" : "0;1"
        }
    }
}

/// A line of the screen: a cell for each column.
struct ScreenLine: Sendable, Equatable {
    struct Cell: Sendable, Equatable {
        /// What stands here; nil in the second column of a wide character.
        var character: Character?
        var style: CellStyle
    }

    private(set) var cells: [Cell] = []

    init() {}

    init(_ text: String, _ style: CellStyle = .plain) {
        append(text, style)
    }

    /// The columns that the line takes.
    var columns: Int { cells.count }

    /// The line without its styles.
    var text: String { String(cells.compactMap(\.character)) }

    mutating func append(_ text: String, _ style: CellStyle = .plain) {
        for character in text {
            switch TerminalText.columns(character) {
            case 0: break
            case 1: cells.append(Cell(character: character, style: style))
            default:
                cells.append(Cell(character: character, style: style))
                cells.append(Cell(character: nil, style: style))
            }
        }
    }

    /// Fills up with spaces.
    mutating func pad(to columns: Int) {
        while cells.count < columns { cells.append(Cell(character: " ", style: .plain)) }
    }

    /// Puts one narrow character where another narrow one stands, or nothing at all for a column that the line lacks.
    mutating func put(_ character: Character, _ style: CellStyle, at column: Int) {
        guard cells.indices.contains(column) else { return }
        cells[column] = Cell(character: character, style: style)
    }

    /// Puts ASCII text over what stands at a column and after it.
    mutating func write(_ text: String, _ style: CellStyle, at column: Int) {
        for (offset, character) in text.enumerated() { put(character, style, at: column + offset) }
    }

    func appending(_ line: ScreenLine) -> ScreenLine {
        var sum = self
        sum.cells += line.cells
        return sum
    }

    /// The line, at most so many columns of it, without spaces at its end.
    func cut(to columns: Int) -> ScreenLine {
        var line = self
        if line.cells.count > columns {
            line.cells.removeLast(line.cells.count - max(0, columns))
            // Half a wide character is none.
            if cells[line.cells.count].character == nil { line.put(" ", .plain, at: line.cells.count - 1) }
        }
        while line.cells.last == Cell(character: " ", style: .plain) { line.cells.removeLast() }
        return line
    }
}
