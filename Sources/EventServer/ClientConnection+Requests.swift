import DigitEvents

extension ClientConnection {
    /// Answers one line: a request by what it asks for, watch, status and ping in this order; anything else by an ERROR.
    func answer(_ line: [UInt8]) {
        guard !line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") })
        else {
            return
        }
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
        if let number = request.ping { append(.pong(.init(ping: number))) }
    }

    /// Says why and closes: what would follow of the line could be taken for requests.
    func refuseLongLine() {
        let maximum = DigitEvent.lineLengthMaximum
        finish(
            .error(
                .init(code: "line_too_long", message: "A request has at most \(maximum) bytes, its line end included.")),
            .bye(.init(reason: "line_too_long")))
    }
}
