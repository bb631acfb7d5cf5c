extension DigitClient {
    /// Asks the daemon what it is doing, over a connection of its own, for ``timeout`` at most.
    public func status() async throws(DigitClientError) -> DigitEvent.Status {
        let line = try await statusLine()
        guard case .status(let status) = line.event else { preconditionFailure("ask gave another event") }
        return status
    }

    /// Asks the daemon for a sign of life, over a connection of its own, for ``timeout`` at most.
    ///
    /// - Returns: the time from the request to the answer.
    @discardableResult
    public func ping() async throws(DigitClientError) -> Duration {
        let number = Int.random(in: 1...1_000_000)
        let clock = ContinuousClock()
        return try await ask(ClientRequest(ping: number)) { line, sent in
            line.event == .pong(.init(ping: number)) ? clock.now - sent : nil
        }
    }

    /// As ``status()``, with the line that the status came in.
    public func statusLine() async throws(DigitClientError) -> Line {
        try await ask(ClientRequest(status: true)) { line, _ in
            guard case .status = line.event else { return nil }
            return line
        }
    }

    /// Connects, asks, and waits for the line that `answer` takes; it gets the time of the request too.
    private func ask<Answer: Sendable>(
        _ request: ClientRequest, _ answer: (Line, ContinuousClock.Instant) -> Answer?
    ) async throws(DigitClientError) -> Answer {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        let connection = try await ClientConnection.open(paths)
        defer { connection.close() }
        var session = ClientSession(path: connection.path, policy: .standard)
        var sent: ContinuousClock.Instant?
        while true {
            switch await connection.nextLine(within: max(.zero, deadline - clock.now)) {
            case .line(let bytes):
                switch session.receive(bytes) {
                case .greeted:
                    sent = clock.now
                    connection.send(request)
                case .event(let line):
                    if let sent, let answer = answer(line, sent) { return answer }
                    if case .error(let failure) = line.event {
                        throw .refused(connection.path, message: failure.message)
                    }
                case .skip: break
                case .bye: throw .connectionLost(connection.path)
                case .fail(let error): throw error
                }
            case .tooLong:
                let reason = "a line has more than \(DigitEvent.lineLengthMaximum) bytes"
                throw .protocolViolation(connection.path, reason: reason)
            case .ended: throw .connectionLost(connection.path)
            case .timeout: throw .noAnswer(connection.path)
            case .cancelled: throw .cancelled
            }
        }
    }
}
