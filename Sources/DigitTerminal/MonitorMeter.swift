import DigitEvents

/// The level bar with its marks and scale.
struct MonitorMeter: Sendable {
    let isUnicode: Bool

    /// The left end of the scale, in dB: a little under the lowest noise floor there is. The right end is 0.
    static let lowest = -80.0

    /// Where a level lies on a scale, in columns from the left end.
    private static func position(_ decibels: Double, width: Int) -> Double {
        guard decibels.isFinite else { return 0 }
        return min(max((decibels - lowest) / -lowest, 0), 1) * Double(width)
    }

    private static func column(_ decibels: Double, width: Int) -> Int {
        min(Int(position(decibels, width: width)), width - 1)
    }

    /// The bar: faint up to the threshold, and a mark for the loudest level of the last seconds.
    func bar(_ level: DigitEvent.Level?, peak: Double?, width: Int) -> ScreenLine {
        var line = ScreenLine()
        guard let level, width > 0 else { return line }
        let eighths = Int((Self.position(level.levelDecibels, width: width) * 8).rounded(.down))
        let threshold = Self.column(level.thresholdDecibels, width: width)
        let full = eighths / 8
        for column in 0..<full { line.append(isUnicode ? "\u{2588}" : "#", column < threshold ? .plain : .good) }
        // Left blocks of one to seven eighths, from U+258F down.
        if isUnicode, eighths % 8 > 0, let block = Unicode.Scalar(UInt32(0x2590 - eighths % 8)) {
            line.append(String(block), full < threshold ? .plain : .good)
        }
        line.pad(to: width)
        if let peak {
            let column = Self.column(peak, width: width)
            if column >= full { line.put(isUnicode ? "\u{2502}" : "|", .warning, at: column) }
        }
        return line
    }

    /// The places of the floor (f) and of the threshold (t).
    func marks(_ level: DigitEvent.Level?, width: Int) -> ScreenLine {
        var line = ScreenLine()
        guard let level, width > 0 else { return line }
        line.pad(to: width)
        line.put("f", .strong, at: Self.column(level.floorDecibels, width: width))
        line.put("t", .strong, at: Self.column(level.thresholdDecibels, width: width))
        return line
    }

    /// Figures under their places: -80, -60, -40, -20 and 0 dB.
    func scale(width: Int) -> ScreenLine {
        var line = ScreenLine()
        guard width >= 24 else { return line }
        line.pad(to: width)
        for decibels in stride(from: Int(Self.lowest), to: 0, by: 20) {
            line.write("\(decibels)", .faint, at: Self.column(Double(decibels), width: width))
        }
        line.write("0 dB", .faint, at: width - 4)
        return line
    }
}

/// Levels as text.
enum Decibels {
    /// One decimal, at the right of so many columns.
    static func text(_ value: Double, columns: Int = 0) -> String {
        guard value.isFinite else { return padded("?", columns) }
        let tenths = Int((min(max(value, -999), 999) * 10).rounded())
        let text = "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
        return padded(text, columns)
    }

    private static func padded(_ text: String, _ columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - text.count)) + text
    }
}
