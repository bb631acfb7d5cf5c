extension KeypadEntry {
    /// What makes an entry.
    public struct Parameters: Sendable, Equatable {
        /// How many digits, within ``lengthRange``. With different bounds, a pause after at least the lower one
        /// completes the entry too.
        public var length: ClosedRange<Int>
        /// The least confidence of a digit that is taken, from 0 to 1.
        public var minConfidence: Double
        /// The silence between two digits that clears the entry, in seconds.
        public var pause: Double
        /// How long the next digit is waited for, in seconds: the first one, and each after one that brought the entry
        /// further than it had ever been. So the whole takes at most this times one more than the length.
        public var timeout: Double

        /// The lengths that there are.
        public static let lengthRange = 1...64

        /// Creates parameters.
        public init(
            length: ClosedRange<Int> = 4...4, minConfidence: Double = 0, pause: Double = 5, timeout: Double = 30
        ) {
            self.length = length
            self.minConfidence = minConfidence
            self.pause = pause
            self.timeout = timeout
        }
    }

    /// What follows from an event, or from time that has passed.
    public enum Action: Sendable, Equatable {
        /// A digit was taken.
        case taken
        /// What was entered, or is being said, is worth nothing: all digits have to be said again, after a pause.
        case cleared(Loss)
        /// A digit came too soon after a loss or a pause to count; all digits have to be said again, after a pause.
        case tooSoon
        /// Nothing can be heard until ``resumed``.
        case waiting(Obstacle)
        /// Digits are heard again.
        case resumed
        /// The entry is complete: its digits. Nothing follows.
        case completed(String)
        /// No digit came in time. Nothing follows.
        case timedOut
        /// The daemon serves no more clients, with its sentence. Nothing follows.
        case refused(String)
    }

    /// Why an entry begins anew.
    public enum Loss: Sendable, Equatable {
        /// Nobody spoke for longer than the pause.
        case pause
        /// A digit was not certain enough.
        case uncertain
        /// Something was said that was taken for no digit; it may have been one.
        case notADigit
        /// Samples were lost between microphone and recogniser.
        case gap
        /// Events were lost between the daemon and here.
        case missedEvents
        /// The capture device was lost or exchanged.
        case device
        /// A client muted recognition, to play a prompt.
        case muted
        /// The connection to the daemon ended.
        case connection
    }

    /// What keeps digits from being heard.
    public enum Obstacle: Sendable, Equatable {
        /// The daemon has lost this capture device.
        case device(name: String)
        /// There is no daemon at present.
        case daemon
    }
}
