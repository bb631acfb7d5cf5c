/// Turns pictures of the screen into the bytes that a terminal needs to show them: only what has changed.
///
/// The escape sequences are those of ECMA-48 that every terminal since the VT100 has.
struct ScreenPainter: Sendable {
    private let hasColour: Bool
    /// What the terminal shows; nil when that is not known.
    private var shown: [ScreenLine]?

    /// Unchanged cells in a row that are cheaper to write again than to jump over.
    private static let bridge = 6

    init(hasColour: Bool) {
        self.hasColour = hasColour
    }

    /// Forgets what the terminal shows: the next picture is painted whole.
    mutating func forget() { shown = nil }

    /// The bytes that lead from the last picture to this one; none where they are equal.
    mutating func paint(_ lines: [ScreenLine]) -> [UInt8] {
        var bytes: [UInt8] = []
        if shown == nil { bytes += "\u{1B}[0m\u{1B}[H\u{1B}[2J".utf8 }
        let before = shown ?? []
        let none = ScreenLine()
        for row in 0..<max(before.count, lines.count) {
            paint(
                from: row < before.count ? before[row] : none, to: row < lines.count ? lines[row] : none, row: row,
                &bytes)
        }
        shown = lines
        return bytes
    }

    private func paint(from old: ScreenLine, to new: ScreenLine, row: Int, _ bytes: inout [UInt8]) {
        guard old != new else { return }
        var style = CellStyle.plain
        var column = 0
        while let change = Self.nextChange(old.cells, new.cells, from: column) {
            bytes += "\u{1B}[\(row + 1);\(change.lowerBound + 1)H".utf8
            for cell in new.cells[change] {
                guard let character = cell.character else { continue }
                turn(&style, to: cell.style, &bytes)
                bytes += character.utf8
            }
            column = change.upperBound
        }
        turn(&style, to: .plain, &bytes)
        if new.columns < old.columns { bytes += "\u{1B}[\(row + 1);\(new.columns + 1)H\u{1B}[K".utf8 }
    }

    private func turn(_ style: inout CellStyle, to new: CellStyle, _ bytes: inout [UInt8]) {
        guard style != new else { return }
        style = new
        bytes += "\u{1B}[\(new.parameters(hasColour: hasColour))m".utf8
    }

    /// The next stretch of cells to write, whole characters only.
    private static func nextChange(
        _ old: [ScreenLine.Cell], _ new: [ScreenLine.Cell], from column: Int
    ) -> Range<Int>? {
        func isChanged(_ index: Int) -> Bool { index >= old.count || old[index] != new[index] }
        guard var start = (column..<new.count).first(where: isChanged) else { return nil }
        var end = start + 1
        var index = end
        while index < new.count, index < end + Self.bridge {
            if isChanged(index) { end = index + 1 }
            index += 1
        }
        while start > 0, new[start].character == nil { start -= 1 }
        while end < new.count, new[end].character == nil { end += 1 }
        return start..<end
    }
}
