extension DigitClient {
    /// The daemon's events, as they come.
    ///
    /// Each connection begins with VERSION and ends with BYE; the client adds the BYE, with the reason ``connectionLost``, where
    /// the server gave none. Then it connects again, after 0.1 to 2 s; without ``reconnects`` the sequence ends. OVERFLOW says
    /// that the server has dropped events because this client was slow; events while there was no connection are not
    /// counted. Events of classes that this library doesn't know come as ``DigitEvent/unknown(class:)``.
    ///
    /// Nothing is read from the socket that was not asked for, apart from some kilobytes, so a slow consumer slows nobody else and its
    /// memory does not grow. Cancelling the task ends the sequence at once, and giving up the iterator closes the connection.
    /// Each iterator has its own.
    public var events: Events { Events(lines: lines) }

    /// The same as ``events``, each with the line that it came in; for programs that pass events on, even those that they
    /// don't know.
    public var lines: Lines { Lines(client: self) }

    /// An event and its line.
    public struct Line: Sendable, Hashable {
        /// The event.
        public var event: DigitEvent
        /// The JSON object as the server sent it, without LF; the client's own BYE as it would have been sent.
        public var text: String

        init(event: DigitEvent, text: String) {
            self.event = event
            self.text = text
        }

        init(bye reason: String) {
            event = .bye(.init(reason: reason))
            text = String(event.jsonLine.dropLast())
        }
    }

    /// The daemon's events; see ``DigitClient/events``.
    public struct Events: AsyncSequence, Sendable {
        /// An event.
        public typealias Element = DigitEvent
        /// Why there are no more; sequences that reconnect throw only where waiting would not help.
        public typealias Failure = DigitClientError
        fileprivate let lines: Lines

        /// An iterator, which connects when it is asked for its first event.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(lines: lines.makeAsyncIterator()) }

        /// Holds the connection.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate var lines: Lines.AsyncIterator

            /// The next event; nil at the end, or when the task is cancelled.
            public mutating func next(
                isolation actor: isolated (any Actor)? = #isolation
            ) async throws(DigitClientError) -> DigitEvent? {
                try await lines.next(isolation: actor)?.event
            }
        }
    }

    /// The daemon's events with their lines; see ``DigitClient/lines``.
    public struct Lines: AsyncSequence, Sendable {
        /// An event with its line.
        public typealias Element = Line
        /// Why there are no more; sequences that reconnect throw only where waiting would not help.
        public typealias Failure = DigitClientError
        fileprivate let client: DigitClient

        /// An iterator, which connects when it is asked for its first event.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(client: client) }
    }
}

extension DigitClient.Lines {
    /// Holds the connection.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let client: DigitClient
        private var connection: ClientConnection?
        private var session: ClientSession
        private var delay = ReconnectDelay()
        /// Whether this is not the first attempt to connect.
        private var isRetry = false
        /// What was said to be waited for.
        private var reported: DigitClientError?
        private var isFinished = false

        fileprivate init(client: DigitClient) {
            self.client = client
            session = ClientSession(path: "", policy: client.policy)
        }

        /// The next event; nil at the end, or when the task is cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(DigitClientError) -> DigitClient.Line? {
            while !isFinished {
                if Task.isCancelled { break }
                guard let connection else {
                    try await connect(isolation: actor)
                    continue
                }
                // Waiting for VERSION goes on after it was said that it is waited for.
                let timeout = session.isGreeted || reported != nil ? nil : client.timeout
                switch await connection.nextLine(within: timeout) {
                case .line(let bytes):
                    if let line = try take(bytes, from: connection) { return line }
                case .tooLong:
                    let reason = "a line has more than \(DigitEvent.lineLengthMaximum) bytes"
                    if let bye = try leave(.protocolViolation(connection.path, reason: reason)) { return bye }
                case .ended:
                    if let bye = try leave(nil) { return bye }
                case .timeout:
                    try waitOrThrow(.noAnswer(connection.path))
                case .cancelled:
                    finish()
                }
            }
            finish()
            return nil
        }

        /// Connects, or sets out to wait.
        private mutating func connect(isolation: isolated (any Actor)?) async throws(DigitClientError) {
            if isRetry {
                // Only cancellation ends the sleep, and the caller looks for it.
                do { try await Task.sleep(for: delay.next()) } catch { return }
            }
            isRetry = true
            do throws(DigitClientError) {
                let connection = try await ClientConnection.open(client.paths)
                session = ClientSession(path: connection.path, policy: client.policy)
                self.connection = connection
            } catch {
                try waitOrThrow(error)
            }
        }

        /// The event of a line, if it is one to pass on.
        private mutating func take(
            _ bytes: [UInt8], from connection: ClientConnection
        ) throws(DigitClientError) -> DigitClient.Line? {
            switch session.receive(bytes) {
            case .greeted(let line):
                reported = nil
                if client.policy != .standard {
                    connection.send(
                        ClientRequest(watch: client.policy.watch, minConfidence: client.policy.minConfidence))
                }
                return line
            case .event(let line): return line
            case .bye(let line):
                disconnect()
                return line
            case .skip: return nil
            case .fail(let error): return try leave(error)
            }
        }

        /// The connection has ended, or is to end for an error.
        ///
        /// - Returns: the BYE to give, unless the connection had not begun.
        private mutating func leave(_ error: DigitClientError?) throws(DigitClientError) -> DigitClient.Line? {
            let isGreeted = session.isGreeted
            if error != nil || !isGreeted {
                connection?.close()
                connection = nil
                try waitOrThrow(error ?? .notRunning(client.paths))
            } else {
                disconnect()
            }
            guard isGreeted else { return nil }
            return .init(bye: error == nil ? DigitClient.connectionLost : DigitClient.protocolViolation)
        }

        /// A connection to a server that works has ended.
        private mutating func disconnect() {
            connection?.close()
            connection = nil
            if session.isServed { delay.reset() }
            if !client.reconnects { isFinished = true }
        }

        /// Tells what is waited for, or ends the sequence with it.
        private mutating func waitOrThrow(_ error: DigitClientError) throws(DigitClientError) {
            if !client.reconnects || error.isPermanent {
                finish()
                throw error
            }
            if reported != error {
                reported = error
                client.whenWaiting?(error)
            }
        }

        private mutating func finish() {
            connection?.close()
            connection = nil
            isFinished = true
        }
    }
}
