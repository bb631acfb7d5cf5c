import TOMLKit

/// Takes the options out of a document, and collects everything that is wrong with them.
struct ConfigurationReader: ~Copyable {
    let document: TOMLDocument
    let path: String
    private(set) var configuration = Configuration()
    /// The lines of the options that the document gives.
    private(set) var lines: [String: Int] = [:]
    private var found: [ConfigurationProblem] = []

    init(document: consuming TOMLDocument, path: String) {
        self.document = document
        self.path = path
    }

    /// In the order of their lines.
    var problems: [ConfigurationProblem] {
        // Sorting is not stable by promise, and problems of one line keep their order.
        found.enumerated().sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }.map(
            \.element)
    }

    /// Reads every option of the document.
    mutating func readTables() {
        for name in document.root.keys {
            guard let value = document.root[name] else { continue }
            guard ConfigurationOption.tables.contains(where: { $0.name == name }) else {
                addUnknownTable(name, isTable: value.type == .table)
                continue
            }
            guard let table = value.table else {
                add([name], "\(name) is \(written([name])), but must be a table: write [\(name)] above its options")
                continue
            }
            for key in table.keys {
                if let value = table[key] { read([name, key], value) }
            }
        }
    }

    /// Checks what must be true of two options together.
    mutating func checkOrders() {
        let faulty = Set(found.compactMap(\.key))
        for order in ConfigurationOrder.all where !faulty.contains(order.lower) && !faulty.contains(order.upper) {
            guard let breach = order.breach(in: configuration, given: Set(lines.keys)) else { continue }
            found.append(
                ConfigurationProblem(path: path, line: lines[breach.key], key: breach.key, message: breach.message))
        }
    }

    private mutating func read(_ path: [String], _ value: any TOMLValueConvertible) {
        let key = TOMLScanner.shown(path)
        guard let option = ConfigurationOption.named(path.joined(separator: ".")) else {
            addUnknownOption(path)
            return
        }
        let written = written(path)
        guard let read = ConfigurationOption.Value(value),
            let accepted = option.kind.accepts(read, isOctal: written.hasPrefix("0o"))
        else {
            add(path, "\(key) is \(written), but must be \(option.kind.allowed)")
            return
        }
        option.set(&configuration, accepted)
        lines[key] = line(path)
    }

    // MARK: - Problems

    private mutating func add(_ path: [String], _ message: String) {
        found.append(
            ConfigurationProblem(path: self.path, line: line(path), key: TOMLScanner.shown(path), message: message))
    }

    private mutating func addUnknownTable(_ name: String, isTable: Bool) {
        let shown = isTable ? "[\(TOMLScanner.shown([name]))]" : TOMLScanner.shown([name])
        let tables = ConfigurationOption.tables.map(\.name)
        if !isTable, let home = ConfigurationOption.all.first(where: { $0.name == name }) {
            add([name], "\(shown) stands outside of a table; it belongs below [\(home.table)]")
        } else if isTable, let nearest = nearest(to: name, among: tables) {
            add([name], "the table \(shown) is unknown; did you mean [\(nearest)]")
        } else if let nearest = nearest(to: name, among: ConfigurationOption.all.map(\.name)),
            let home = ConfigurationOption.all.first(where: { $0.name == nearest })
        {
            add([name], "\(shown) is unknown; did you mean \(nearest) below [\(home.table)]")
        } else {
            let names = tables.map { "[\($0)]" }.joined(separator: ", ")
            add([name], "\(shown) is unknown; the tables are \(names)")
        }
    }

    private mutating func addUnknownOption(_ path: [String]) {
        let shown = TOMLScanner.shown(path)
        let own = ConfigurationOption.all.filter { $0.table == path[0] }.map(\.name)
        if let nearest = nearest(to: path[1], among: own) {
            add(path, "\(shown) is unknown; did you mean \(nearest)")
        } else if let home = ConfigurationOption.all.first(where: { $0.name == path[1] }) {
            add(path, "\(shown) is unknown; \(home.name) belongs below [\(home.table)]")
        } else {
            add(path, "\(shown) is unknown; the options of [\(path[0])] are \(own.joined(separator: ", "))")
        }
    }

    // MARK: - Places

    /// The entry of a key; for a table without a header of its own the first of its keys.
    private func entry(_ path: [String]) -> TOMLScanner.Entry? {
        document.entries.first { $0.path == path } ?? document.entries.first { $0.path.starts(with: path) }
    }

    private func line(_ path: [String]) -> Int? {
        entry(path)?.line
    }

    /// The value as the file has it.
    private func written(_ path: [String]) -> String {
        guard let entry = entry(path), entry.path == path, !entry.isHeader else { return "a table" }
        return entry.value
    }
}

extension ConfigurationOption.Value {
    /// A value of a document; nil for tables and for text of more than 4,096 bytes, which no option is.
    fileprivate init?(_ value: any TOMLValueConvertible) {
        switch value.type {
        case .bool:
            guard let flag = value.bool else { return nil }
            self = .flag(flag)
        case .int:
            guard let integer = value.int else { return nil }
            self = .integer(integer)
        case .double:
            guard let number = value.double else { return nil }
            self = .number(number)
        case .string:
            // No option is longer, and to compare a megabyte of accents takes seconds.
            guard let text = value.string, text.utf8.count <= 4096 else { return nil }
            self = .text(text)
        default: return nil
        }
    }
}
