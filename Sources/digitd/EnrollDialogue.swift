import AudioInput
import DigitEvents
import DigitRecognizer
import DigitTerminal
import Foundation
import ResNetTraining

/// Asks a person for digits and listens to them, by the live path.
struct EnrollDialogue {
    /// A word that was taken.
    struct Take {
        var digit: Int
        /// 8 kHz mono, with some background on either side.
        var samples: [Float]
    }

    /// Samples of background kept before a word: 0.3 s.
    private static let before = 2_400
    /// And after it: 0.25 s, as far as it is heard before the next word.
    private static let after = 2_000

    private let prompt: EnrolmentPrompt
    private var session: EnrolmentSession
    private var history = SampleHistory(capacity: 6 * AudioReader.rate)
    private var progress = ProgressLine(plainSeconds: nil)
    /// Samples that the stream has lost: event times count them, `history` does not.
    private var lost = 0
    /// Where the last word ended, in samples that arrived.
    private var lastEnd = 0
    /// The word that was taken last, until enough is heard after it.
    private var pending: (digit: Int, samples: Range<Int>)?
    private var takes: [Take] = []
    private var failure: (any Error)?

    private init(_ session: EnrolmentSession, style: TerminalStyle) {
        self.session = session
        prompt = EnrolmentPrompt(session, style: style)
    }

    /// Runs the dialogue to its end.
    ///
    /// - Returns: the takes; nil when it was stopped.
    /// - Throws: a sentence when too many words would not do, or the sound ended before all were heard.
    static func run<Recognizer: StreamRecognizing & ~Copyable>(
        _ session: EnrolmentSession, _ recognition: inout LiveRecognition<Recognizer>, style: TerminalStyle,
        shouldStop: () -> Bool
    ) throws -> [Take]? {
        // In a box: the closures of one call would otherwise each want the dialogue for themselves.
        let box = Box(EnrollDialogue(session, style: style))
        try box.dialogue.begin()
        try recognition.run(
            hearing: { box.dialogue.history.append($0) },
            housekeeping: { recognizer in
                box.dialogue.look(
                    lost: Int((recognizer.seconds * Double(AudioReader.rate)).rounded()) - recognizer.sampleCount)
                return !box.dialogue.isOver && !shouldStop()
            }
        ) { box.dialogue.take($0) }
        return try box.dialogue.end(wasStopped: shouldStop())
    }

    private final class Box {
        var dialogue: EnrollDialogue
        init(_ dialogue: EnrollDialogue) { self.dialogue = dialogue }
    }

    /// Nothing is waited for any more.
    private var isOver: Bool { failure != nil || session.prompt == nil && pending == nil }

    private mutating func begin() throws {
        // The first digit is asked for once the source is open.
        try progress.line(prompt.invitation)
    }

    /// On a terminal the request is written over, with the level; elsewhere it is a line.
    private mutating func ask() throws {
        guard let digit = session.prompt else { return }
        if StandardOutput.isTerminal {
            try progress.update(prompt.request(digit, count: session.count))
        } else {
            try progress.line(prompt.request(digit, count: session.count))
        }
    }

    private mutating func look(lost: Int) {
        self.lost = lost
        guard let word = pending, history.positions.upperBound >= word.samples.upperBound else { return }
        keep(word.digit, word.samples)
    }

    private mutating func keep(_ digit: Int, _ samples: Range<Int>) {
        takes.append(Take(digit: digit, samples: history.samples(samples)))
        pending = nil
    }

    private mutating func take(_ event: DigitEvent) {
        guard failure == nil else { return }
        do {
            switch event {
            case .digit(let digit):
                try hear(.digit(digit.digit, digit.confidence), digit.start, digit.end)
            case .rejected(let rejected):
                try hear(Self.opinion(rejected), rejected.start, rejected.end)
            case .speech(let speech) where speech.state == .start: closePending(at: position(speech.at))
            case .level(let level):
                guard let digit = session.prompt else { break }
                try progress.update(prompt.request(digit, count: session.count, level: level.levelDecibels))
            case .device(let device): try tell(device)
            default: break
            }
        } catch {
            failure = error
        }
    }

    private mutating func hear(_ opinion: EnrolmentSession.Word.Opinion, _ start: Double, _ end: Double) throws {
        guard let digit = session.prompt else { return }
        let speech = position(start)..<max(position(start), position(end))
        let first = max(lastEnd, speech.lowerBound - Self.before)
        let heard = history.samples(first..<speech.upperBound)
        let level = SpeechLevel(samples: heard, speech: max(0, heard.count - speech.count)..<heard.count)
        closePending(at: speech.lowerBound)
        lastEnd = speech.upperBound
        let verdict = session.hear(
            .init(opinion: opinion, level: level.word, background: level.background, clipped: level.clipped))
        try progress.line(prompt.sentence(verdict, digit: digit, opinion: opinion))
        switch verdict {
        case .taken: pending = (digit, first..<speech.upperBound + Self.after)
        case .again: break
        case .gaveUp(let fault):
            throw CommandFailure(
                .inputNotUsable, EnrolmentPrompt.surrender(fault, count: session.parameters.refusalsMaximum))
        }
        try ask()
    }

    /// The next word begins: what is heard from there on does not belong to the last.
    private mutating func closePending(at position: Int) {
        guard let word = pending else { return }
        keep(word.digit, word.samples.clamped(to: word.samples.lowerBound..<max(word.samples.lowerBound, position)))
    }

    private mutating func tell(_ device: DigitEvent.Device) throws {
        let name = TerminalText.printable(device.name)
        switch device.state {
        case .open: try progress.line("Listening to \(name).")
        case .lost: try progress.line("The microphone \(name) is not there; waiting for it.")
        default: break
        }
        try ask()
    }

    /// The position in `history` of a moment of the stream.
    private func position(_ seconds: Double) -> Int {
        max(0, Int((seconds * Double(AudioReader.rate)).rounded()) - lost)
    }

    private mutating func end(wasStopped: Bool) throws -> [Take]? {
        try progress.clear()
        if let failure { throw failure }
        if let word = pending { keep(word.digit, word.samples) }
        guard session.prompt != nil else { return takes }
        if wasStopped { return nil }
        throw CommandFailure(
            .inputNotUsable,
            "The sound ended after \(session.count) of \(session.order.count) words; "
                + "digitd enroll --print-order shows what is asked for, in this order.")
    }

    private static func opinion(_ rejected: DigitEvent.Rejected) -> EnrolmentSession.Word.Opinion {
        switch rejected.reason {
        case .tooShort: .tooShort
        case .tooLong: .tooLong
        case .notADigit: .notADigit(rejected.confidence ?? 0)
        default: .uncertain
        }
    }
}
