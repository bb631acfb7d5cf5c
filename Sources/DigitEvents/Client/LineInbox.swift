import Synchronization

/// What has come over a connection and was not taken yet. The event loop fills it, one task empties it line by line.
///
/// Bytes are asked for only while somebody waits for a line, so it holds little more than what one read gives; when the server
/// goes, the rest of the kernel's buffer.
final class LineInbox: Sendable {
    /// What waiting for a line led to.
    enum Reading: Sendable, Equatable {
        /// A line without its LF.
        case line([UInt8])
        /// More than ``DigitEvent/lineLengthMaximum`` bytes without LF.
        case tooLong
        /// The connection has ended, and every whole line of it was taken.
        case ended
        /// Time is up.
        case timeout
        /// The waiting task was cancelled.
        case cancelled
    }

    private let state = Mutex(State())

    /// Adds bytes; from the event loop.
    func append(_ bytes: some Sequence<UInt8>) { resume { $0.append(bytes) } }

    /// The connection has ended; from the event loop.
    func end() { resume { $0.isEnded = true } }

    /// Ends the present wait and every later one.
    func cancel() { resume { $0.isCancelled = true } }

    /// Ends the wait that was given this ticket, if it goes on still.
    func expire(_ ticket: Int) { resume { $0.expiredTicket = ticket } }

    /// Whether somebody waits for a line.
    var isWaitedFor: Bool { state.withLock { $0.waiter != nil } }

    /// A ticket for the next wait: a timer that fires late ends no other wait than its own.
    func nextTicket() -> Int {
        state.withLock { state in
            state.ticket += 1
            return state.ticket
        }
    }

    /// Gives the next line to `waiter`, now or when it is there. One wait at a time.
    ///
    /// - Returns: whether bytes are needed for that.
    func wait(_ waiter: CheckedContinuation<Reading, Never>) -> Bool {
        resume { $0.waiter = waiter }
        return isWaitedFor
    }

    /// Changes the state, then resumes the waiter if there is something for it; not under the lock, as it may come back here.
    private func resume(_ change: (inout State) -> Void) {
        let answer = state.withLock { state -> (waiter: CheckedContinuation<Reading, Never>, reading: Reading)? in
            change(&state)
            guard let waiter = state.waiter, let reading = state.take() else { return nil }
            state.waiter = nil
            return (waiter, reading)
        }
        answer?.waiter.resume(returning: answer!.reading)
    }
}

extension LineInbox {
    private struct State {
        var bytes: [UInt8] = []
        /// Where the bytes not taken yet begin.
        var start = 0
        /// Up to where there is no LF.
        var searched = 0
        var isEnded = false
        var isCancelled = false
        var ticket = 0
        var expiredTicket: Int?
        var waiter: CheckedContinuation<Reading, Never>?

        mutating func append(_ more: some Sequence<UInt8>) {
            bytes.removeSubrange(..<start)
            searched -= start
            start = 0
            bytes.append(contentsOf: more)
        }

        /// What a waiter gets now, if anything. A line that is longer than allowed is not waited for to its end.
        mutating func take() -> Reading? {
            if isCancelled { return .cancelled }
            let newline = bytes[searched...].firstIndex(of: UInt8(ascii: "\n"))
            let end = newline ?? bytes.count
            searched = end
            // The LF counts too.
            if end - start >= DigitEvent.lineLengthMaximum { return .tooLong }
            if newline != nil {
                let line = Array(bytes[start..<end])
                start = end + 1
                searched = start
                return .line(line)
            }
            if isEnded { return .ended }
            return expiredTicket == ticket ? .timeout : nil
        }
    }
}
