import DigitEvents

extension ClientConnection {
    /// Answers one line: a request by what it asks for, watch, status, mute and ping in this order; anything else by an
    /// ERROR.
    func answer(_ line: [UInt8]) {
        guard !line.allSatisfy(Self.isSpace) else { return }
        let request: ClientRequest
        do throws(RequestError) {
            request = try ClientRequest(jsonLine: line)
        } catch {
            append(.error(.init(code: "bad_request", message: error.description)))
            return
        }
        if request.watch != nil || request.minConfidence != nil {
            policy = .init(
                watch: request.watch ?? policy.watch, minConfidence: request.minConfidence ?? policy.minConfidence)
            append(.watch(policy))
        }
        if request.status { append(.status(registry.status)) }
        if let mute = request.mute {
            isMuting = mute
            // Where something changes everybody is told, once it has.
            if registry.isMuteWished == registry.isMuted { append(.mute(.init(muted: registry.isMuted))) }
        }
        if let number = request.ping { append(.pong(.init(ping: number))) }
    }

    /// Says why and closes: what would follow of the line could be taken for requests.
    func refuseLongLine() {
        let message = "A request has at most \(DigitEvent.lineLengthMaximum) bytes, its line end included."
        finish(
            .error(.init(code: "line_too_long", message: message)),
            .bye(.init(reason: "line_too_long")))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
