extension ClientRequest {
    /// The request as one line of JSON, with its LF. What it does not ask for is left out.
    public var jsonLine: String {
        var bytes: [UInt8] = []
        appendJSONLine(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the request as one line of JSON, with its LF.
    public func appendJSONLine(to bytes: inout [UInt8]) {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var object = JSONObjectWriter(appendingTo: consume taken)
        if let watch { object.kinds("watch", watch) }
        object.number("min_confidence", minConfidence, decimals: 6)
        if status { object.boolean("status", true) }
        if let mute { object.boolean("mute", mute) }
        object.integer("ping", ping)
        bytes = object.finish()
        bytes.append(UInt8(ascii: "\n"))
    }
}
