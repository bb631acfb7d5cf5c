import DigitEvents
import DigitTerminal

/// A person who says digits, a daemon that hears them or does not, and what was truly said: the judge of an entry.
///
/// Time is one clock, in seconds. Events arrive in order, `delay` after they happened.
struct PersonAtKeypad {
    /// What becomes of a word that is heard.
    enum Fate {
        case certain
        case uncertain
        case rejected(DigitEvent.RejectionReason)
        /// Its event is left out, and nobody says so: the next one's number does.
        case dropped
    }

    /// What swallows words between two others.
    enum Loss: CaseIterable {
        case gap, overflow, connection, device
    }

    /// A word that was truly said.
    struct Word {
        var digit: Int
        var start: Double
        var end: Double
        var isCertain: Bool
    }

    var entry: KeypadEntry
    var random: CongruentialNumbers
    private(set) var words: [Word] = []
    /// When anything happened that could have swallowed a digit.
    private(set) var lossTimes: [Double] = []
    private(set) var completed: String?
    /// What is wrong with the entry that was given; nil if nothing is.
    private(set) var fault: String?
    private(set) var now = 0.0

    private let delay: Double
    private let tellsUtterances: Bool
    private let comesTogether: Bool
    private var seq = 0
    private var utterance = 0
    /// The clock's time at which the present stream began.
    private var streamTime = -3.0
    private var waiting: [(event: DigitEvent, words: Int)] = []
    private var wordsHeard = 0
    /// Whether a number left out will show: not before the first event of a connection, nor right after OVERFLOW.
    private var numbersAreKnown = false
    private var isNumberMissing = false

    /// The silence that a reply takes, in seconds; 1 ms less, as the protocol rounds.
    private static let replyPause = 0.998

    init(seed: UInt64) {
        random = CongruentialNumbers(state: seed)
        let lengths = [3...3, 4...4, 2...5, 1...4]
        entry = KeypadEntry(
            .init(length: lengths.randomElement(using: &random)!, minConfidence: 0.9, pause: 5, timeout: 1e6), at: 0)
        delay = Bool.random(using: &random) ? 0 : Double.random(in: 0...1.5, using: &random)
        tellsUtterances = Bool.random(using: &random)
        comesTogether = Bool.random(using: &random)
        deliver(.banner)
        deliver(.openMicrophone)
    }

    /// Nobody speaks for so many seconds.
    mutating func wait(_ seconds: Double) {
        now += seconds
        elapse(to: now)
    }

    /// Says digits in one breath, each with what becomes of it, and the silence before it.
    mutating func say(
        _ digits: [(digit: Int, fate: Fate, silence: Double)], loss: (kind: Loss, place: Int, count: Int)?
    ) {
        utterance += 1
        deliver(.speech(.init(state: .start, at: 0)))
        for (index, word) in digits.enumerated() {
            if let loss, loss.place == index, loss.count == 0 { lose(loss.kind) }
            now += word.silence
            let start = now
            now += 0.3
            let isSwallowed = loss.map { ($0.place..<$0.place + $0.count).contains(index) } ?? false
            if case .certain = word.fate, !isSwallowed {
                words.append(Word(digit: word.digit, start: start, end: now, isCertain: true))
            } else {
                words.append(Word(digit: word.digit, start: start, end: now, isCertain: false))
                lossTimes.append(now)
            }
            if isSwallowed {
                if let loss, loss.place + loss.count == index + 1 || index + 1 == digits.count { lose(loss.kind) }
            } else {
                hear(word.digit, word.fate, start)
            }
            if !comesTogether { deliverWaiting() }
        }
        if isNumberMissing {
            now += 0.3
            hear(0, .rejected(.tooShort), now - 0.2)
        }
        deliverWaiting()
        deliver(.speech(.init(state: .end, at: 0)))
    }

    /// Something was lost up to now.
    mutating func lose(_ loss: Loss) {
        lossTimes.append(now)
        // A gap may be told of before the digits that were heard until then.
        if case .gap = loss, Bool.random(using: &random) { deliver(.overrun) }
        deliverWaiting()
        if loss == .overflow || loss == .connection { (numbersAreKnown, isNumberMissing) = (false, false) }
        switch loss {
        case .gap: deliver(.overrun)
        case .overflow:
            seq += Int.random(in: 0...2, using: &random)
            deliver(.overflow(.init(lost: 3)))
        case .device:
            deliver(.lostMicrophone)
            deliver(.openMicrophone)
        case .connection:
            if Bool.random(using: &random) { deliver(.bye(.init(reason: "shutdown"))) }
            (seq, streamTime) = (Int.random(in: 0...9, using: &random), now - Double.random(in: 0...9, using: &random))
            deliver(.banner)
            deliver(.openMicrophone)
        }
    }

    private mutating func hear(_ digit: Int, _ fate: Fate, _ start: Double) {
        seq += 1
        if case .dropped = fate, numbersAreKnown {
            isNumberMissing = true
            return
        }
        (numbersAreKnown, isNumberMissing) = (true, false)
        let (from, to) = (start - streamTime, now - streamTime)
        let number = tellsUtterances ? utterance : nil
        let latency = delay > 0 ? Int(delay * 1000) : nil
        switch fate {
        case .rejected(let reason):
            waiting.append(
                (.rejected(.init(seq: seq, utterance: number, reason: reason, start: from, end: to)), words.count))
        case .certain, .uncertain, .dropped:
            let confidence = if case .certain = fate { 0.95 } else { 0.5 }
            waiting.append(
                (
                    .digit(
                        .init(
                            seq: seq, utterance: number, digit: digit, confidence: confidence, start: from, end: to,
                            at: to, latencyMilliseconds: latency)), words.count
                ))
        }
    }

    private mutating func deliverWaiting() {
        let taken = waiting
        waiting = []
        for item in taken {
            wordsHeard = item.words
            guard case .digit(var digit) = item.event else {
                deliver(item.event)
                continue
            }
            // Those that come together are sent at one time.
            digit.at = now - streamTime
            digit.latencyMilliseconds = digit.latencyMilliseconds.map { $0 + Int((digit.at - digit.end) * 1000) }
            deliver(.digit(digit))
        }
    }

    private mutating func deliver(_ event: DigitEvent) {
        let time = now + delay
        elapse(to: time)
        judge(entry.take(event, at: time), isByEvent: true)
    }

    private mutating func elapse(to time: Double) {
        while entry.deadline <= time {
            wordsHeard = words.count
            judge(entry.elapse(to: entry.deadline), isByEvent: false)
        }
    }

    private mutating func judge(_ actions: [KeypadEntry.Action], isByEvent: Bool) {
        guard case .completed(let text)? = actions.last else { return }
        completed = text
        // What was said after the event that completed it is no part of it.
        var said = words.prefix(wordsHeard)
        // So is the word by which it was learnt that a pause had completed it.
        if isByEvent, said.count > 1, said[said.count - 1].start - said[said.count - 2].end > 5 { said.removeLast() }
        let last = said.suffix(text.count)
        if last.map({ String($0.digit) }).joined() != text || !last.allSatisfy(\.isCertain) {
            fault = "\(text) was not said last, but \(said.suffix(8).map { "\($0.digit)\($0.isCertain ? "" : "?")" })"
        } else if let before = said.dropLast(text.count).last, last.first!.start - before.end < Self.replyPause {
            fault = "\(text) is the tail of something"
        } else if let loss = lossTimes.last(where: { $0 < last.last!.end }),
            last.first!.start - loss < Self.replyPause
        {
            fault = "\(text) was begun \(last.first!.start - loss) s after a loss"
        }
    }
}
