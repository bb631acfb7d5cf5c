/// Writes one flat JSON object into a byte buffer that the caller keeps: no intermediate values, no allocation once the buffer
/// has grown to a line's length.
struct JSONObjectWriter {
    private(set) var bytes: [UInt8]
    private var isFirst = true

    /// The escaped length that a string value may take. With three such strings in an object, or two and four words, a line
    /// stays under 4,096 bytes.
    static let stringLengthMaximum = 1000
    /// The escaped length of strings that are words of the protocol, names of files and the like.
    static let wordLengthMaximum = 250

    /// Appends to `bytes`, to be passed with `consume` so that it is not copied.
    init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
        self.bytes.append(UInt8(ascii: "{"))
    }

    consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func key(_ name: StaticString) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func integer(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        key(name)
        Self.append(value, to: &bytes)
    }

    mutating func boolean(_ name: StaticString, _ value: Bool) {
        key(name)
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    /// A number with at most so many decimals; NaN and infinities are unknown, hence absent.
    mutating func number(_ name: StaticString, _ value: Double?, decimals: Int) {
        guard let value, value.isFinite else { return }
        key(name)
        Self.append(value, decimals: decimals, to: &bytes)
    }

    mutating func string(_ name: StaticString, _ value: String?, limit: Int = stringLengthMaximum) {
        guard let value else { return }
        key(name)
        bytes.append(UInt8(ascii: "\""))
        Self.appendEscaped(value, limit: limit, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func time(_ name: StaticString, _ value: WallTime?) {
        guard let value else { return }
        key(name)
        bytes.append(UInt8(ascii: "\""))
        value.appendISO8601(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func alternatives(_ name: StaticString, _ values: [DigitEvent.Alternative]) {
        guard !values.isEmpty else { return }
        key(name)
        bytes.append(UInt8(ascii: "["))
        // Ten at most: there are no more digits, and the line must stay short.
        for (index, value) in values.prefix(10).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            var object = JSONObjectWriter(appendingTo: take())
            object.integer("digit", value.digit)
            object.number("confidence", value.confidence, decimals: 4)
            bytes = object.finish()
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The words of kinds, in the order of their declaration.
    mutating func kinds(_ name: StaticString, _ values: Set<DigitEvent.Kind>) {
        key(name)
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for kind in DigitEvent.Kind.allCases where values.contains(kind) {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: kind.rawValue.utf8)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func delay(_ name: StaticString, _ value: DigitEvent.Status.Delay?) {
        guard let value else { return }
        key(name)
        var object = JSONObjectWriter(appendingTo: take())
        object.integer("p50", value.p50)
        object.integer("p95", value.p95)
        object.integer("max", value.max)
        bytes = object.finish()
    }

    private mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }
}

// MARK: - Values

extension JSONObjectWriter {
    static func append(_ value: Int, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var divisor: UInt = 1
        let magnitude = value.magnitude
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(48 + magnitude / divisor % 10))
            divisor /= 10
        }
    }

    /// Rounded to `decimals` (0 to 6), without zeros at the end. Swift's own description would print 0.1 + 0.2 in full.
    static func append(_ value: Double, decimals: Int, to bytes: inout [UInt8]) {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value * Double(scale)).rounded()
        guard abs(scaled) < 1e15 else {
            bytes.append(contentsOf: value.description.utf8)
            return
        }
        var number = Int(scaled)
        if number < 0 {
            bytes.append(UInt8(ascii: "-"))
            number = -number
        }
        append(number / scale, to: &bytes)
        var fraction = number % scale
        guard fraction > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        while fraction > 0 {
            scale /= 10
            bytes.append(UInt8(48 + fraction / scale))
            fraction %= scale
        }
    }

    /// Appends characters while their escaped form fits into `limit` bytes; a longer text ends in "...".
    static func appendEscaped(_ text: String, limit: Int, to bytes: inout [UInt8]) {
        let end = bytes.count + limit
        for scalar in text.unicodeScalars {
            let before = bytes.count
            appendEscaped(scalar, to: &bytes)
            if bytes.count > end - 3 {
                bytes.removeSubrange(before...)
                bytes.append(contentsOf: "...".utf8)
                return
            }
        }
    }

    private static func appendEscaped(_ unit: UInt16, to bytes: inout [UInt8]) {
        let hexadecimal = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] { bytes.append(hexadecimal[Int(unit >> shift & 15)]) }
    }

    private static func appendEscaped(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        let backslash = UInt8(ascii: "\\")
        switch scalar {
        case "\"": bytes.append(contentsOf: [backslash, UInt8(ascii: "\"")])
        case "\\": bytes.append(contentsOf: [backslash, backslash])
        case "\n": bytes.append(contentsOf: [backslash, UInt8(ascii: "n")])
        case "\r": bytes.append(contentsOf: [backslash, UInt8(ascii: "r")])
        case "\t": bytes.append(contentsOf: [backslash, UInt8(ascii: "t")])
        case _ where PrintableText.isPrintable(scalar): bytes.append(contentsOf: UTF8.encode(scalar)!)
        // Lines are shown on terminals, which obey C1 too.
        default: for unit in UTF16.encode(scalar)! { appendEscaped(unit, to: &bytes) }
        }
    }
}
