/// A moment of the wall clock in UTC, to the millisecond; written as "2026-11-22T10:00:00.123Z".
///
/// Years 0 to 9999 of the Gregorian calendar. Formatting needs neither a locale nor Foundation, as it happens for each event.
public struct WallTime: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public var millisecondsSince1970: Int64

    /// A moment by its distance from 1970.
    public init(millisecondsSince1970: Int64) { self.millisecondsSince1970 = millisecondsSince1970 }

    /// The earlier of two moments is the smaller.
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.millisecondsSince1970 < right.millisecondsSince1970
    }

    private static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// Year, month, day, hour, minute, second and millisecond, clamped to the years 0 to 9999.
    var fields: (Int, Int, Int, Int, Int, Int, Int) {
        let total = min(max(millisecondsSince1970, Self.range.lowerBound), Self.range.upperBound)
        var day = Int(total / 86_400_000)
        var rest = Int(total % 86_400_000)
        if rest < 0 {
            rest += 86_400_000
            day -= 1
        }
        // Howard Hinnant's civil_from_days: years begin in March, eras have 400 years.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1,
            rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000
        )
    }
}

extension WallTime: LosslessStringConvertible {
    /// The ISO 8601 form with milliseconds.
    public var description: String {
        var bytes: [UInt8] = []
        appendISO8601(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func appendISO8601(to bytes: inout [UInt8]) {
        func append(_ value: Int, digits: Int, then mark: Character) {
            var divisor = 1
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(48 + value / divisor % 10))
                divisor /= 10
            }
            bytes.append(mark.asciiValue ?? 0)
        }
        let (year, month, day, hour, minute, second, millisecond) = fields
        append(year, digits: 4, then: "-")
        append(month, digits: 2, then: "-")
        append(day, digits: 2, then: "T")
        append(hour, digits: 2, then: ":")
        append(minute, digits: 2, then: ":")
        append(second, digits: 2, then: ".")
        append(millisecond, digits: 3, then: "Z")
    }

    /// Reads "2026-11-22T10:00:00Z", with any number of decimals; nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte) - 48
            }
            return value
        }
        let marks: [(Int, Character)] = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")]
        guard marks.allSatisfy({ bytes[$0.0] == $0.1.asciiValue }),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var milliseconds = 0
        if bytes.count > 20 {
            guard bytes[19] == UInt8(ascii: "."), bytes.count > 21 else { return nil }
            var scale = 100
            for index in 20..<bytes.count - 1 {
                guard let digit = number(index..<index + 1) else { return nil }
                milliseconds += digit * scale
                scale /= 10
            }
        }
        // Howard Hinnant's days_from_civil.
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
        self.init(millisecondsSince1970: Int64(seconds * 1000 + milliseconds))
    }
}

extension WallTime: Codable {
    /// Decodes the ISO 8601 form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = WallTime(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected a time such as 2026-11-22T10:00:00.123Z")
        }
        self = time
    }

    /// Encodes the ISO 8601 form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
