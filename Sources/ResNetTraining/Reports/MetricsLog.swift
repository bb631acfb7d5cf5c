import Foundation

/// The figures of a training run, one row an epoch, as a CSV file that a resumed run continues.
///
/// The whole file is written anew for each row, by rename: it is a few kilobytes, and a kill leaves no half row.
public struct MetricsLog: Sendable {
    /// One epoch.
    public struct Row: Sendable, Equatable {
        /// From 1.
        public var epoch: Int
        /// Values by column name; a missing one is an empty cell.
        public var values: [String: Double]

        /// The figures of an epoch.
        public init(epoch: Int, values: [String: Double]) {
            self.epoch = epoch
            self.values = values
        }
    }

    /// Where the file is.
    public let path: String
    /// Column names after `epoch`, in order. Without commas, quotes and line breaks.
    public let columns: [String]
    /// The rows so far, by epoch.
    public private(set) var rows: [Row]

    /// Opens a log.
    ///
    /// - Parameters:
    ///   - resumingAfter: epochs already done: their rows are read from the file and kept, later ones dropped. 0 begins
    ///     a new log.
    public init(path: String, columns: [String], resumingAfter epoch: Int = 0) {
        self.path = path
        self.columns = columns
        rows = epoch > 0 ? Self.read(path).filter { $0.epoch <= epoch } : []
    }

    /// Adds or replaces an epoch's row and writes the file.
    public mutating func append(_ row: Row) throws(ReportError) {
        rows.removeAll { $0.epoch >= row.epoch }
        rows.append(row)
        try writeReport(text, to: path)
    }

    /// The file's text: a heading and a row an epoch, LF.
    public var text: String {
        var lines = [(["epoch"] + columns).joined(separator: ",")]
        for row in rows {
            lines.append(
                ([String(row.epoch)] + columns.map { row.values[$0].map(Self.number) ?? "" }).joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The values of a column with their epochs.
    public func series(_ column: String) -> [(x: Double, y: Double)] {
        rows.compactMap { row in row.values[column].map { (Double(row.epoch), $0) } }
    }

    /// Rows of a log file; none if there is no file. Rows that are not whole are left out.
    public static func read(_ path: String) -> [Row] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        let lines = text.split(whereSeparator: \.isNewline)
        guard let heading = lines.first else { return [] }
        let names = heading.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return lines.dropFirst().compactMap { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == names.count, let epoch = Int(cells[0]) else { return nil }
            var values: [String: Double] = [:]
            for (name, cell) in zip(names, cells).dropFirst() { values[name] = Double(cell) }
            return Row(epoch: epoch, values: values)
        }
    }

    private static func number(_ value: Double) -> String { String(format: "%.6g", value) }
}
