import DigitEvents
import DigitRecognizer
import Testing

/// Digits run together, in the language of `ToneStream`.
@Suite struct RunTests {
    /// Tones with these gaps (in s) between them, in silence. Returns where each lies.
    private static func string(
        _ digits: [Int], gaps: [Double], length: Double = 0.3
    ) -> (stream: ToneStream, truth: [ClosedRange<Double>]) {
        var stream = ToneStream()
        stream.silence(0.7)
        var truth: [ClosedRange<Double>] = []
        for (index, digit) in digits.enumerated() {
            truth.append(stream.tone(digit, length))
            if index < digits.count - 1 { stream.silence(gaps[index % gaps.count]) }
        }
        stream.silence(0.7)
        return (stream, truth)
    }

    /// What must hold for the events of any stream.
    private static func checkOrder(_ events: [DigitEvent]) {
        var seq = 0
        var end = 0.0
        var at = 0.0
        var isOpen = false
        func check(_ number: Int, _ start: Double, _ stop: Double, _ sent: Double?) {
            #expect(number == seq + 1)
            seq = number
            #expect(start >= end - 1e-9, "\(events)")
            #expect(stop > start)
            end = stop
            if let sent {
                #expect(sent >= stop && sent >= at, "\(events)")
                at = sent
            }
        }
        for event in events {
            switch event {
            case .digit(let digit): check(digit.seq, digit.start, digit.end, digit.at)
            case .rejected(let rejected): check(rejected.seq, rejected.start, rejected.end, rejected.at)
            case .speech(let speech):
                #expect(isOpen == (speech.state == .end), "\(events)")
                isOpen = speech.state == .start
            default: break
            }
        }
        #expect(!isOpen)
    }

    @Test(arguments: [[0.03], [0.04, 0.08], [0.05], [0.08]])
    func digitsAreGivenInOrder_withTheirTimes(gaps: [Double]) throws {
        let digits = [7, 1, 3, 9, 0, 5]
        let (stream, truth) = Self.string(digits, gaps: gaps)
        let events = try recognize(stream.samples, PureToneClassifier())
        Self.checkOrder(events)
        #expect(events.digits.map(\.digit) == digits)
        #expect(events.rejected.isEmpty)
        for (digit, truth) in zip(events.digits, truth) {
            #expect(abs(digit.start - truth.lowerBound) < 0.03, "\(digit), \(truth)")
            #expect(abs(digit.end - truth.upperBound) < 0.03, "\(digit), \(truth)")
        }
        let last = try #require(events.digits.last)
        #expect((0.06...0.12).contains(last.at - last.end))
    }

    @Test(arguments: [2, 3, 10]) func anyNumberOfDigitsIsTold(count: Int) throws {
        let digits = (0..<count).map { $0 * 7 % 10 }
        let (stream, _) = Self.string(digits, gaps: [0.04, 0.05, 0.03])
        let events = try recognize(stream.samples, PureToneClassifier())
        Self.checkOrder(events)
        #expect(events.digits.map(\.digit) == digits)
    }

    @Test func gapsOfAnyLengthLoseNothing() throws {
        // From run together to one by one: what follows closely is now the same utterance, now a tail, now the next one.
        for milliseconds in stride(from: 30, through: 400, by: 10) {
            for length in [0.15, 0.25, 0.4] {
                let (stream, _) = Self.string([2, 8, 4], gaps: [Double(milliseconds) / 1000], length: length)
                let events = try recognize(stream.samples, PureToneClassifier())
                Self.checkOrder(events)
                #expect(events.digits.map(\.digit) == [2, 8, 4], "\(milliseconds) ms, \(length) s")
                #expect(events.rejected.isEmpty, "\(milliseconds) ms, \(length) s")
            }
        }
    }

    @Test func eventsDoNotDependOnChunking() throws {
        let (stream, _) = Self.string([3, 1, 4, 1, 5, 9], gaps: [0.03, 0.08, 0.13, 0.05, 0.22])
        var parameters = RecognizerParameters()
        parameters.reportsLevel = true
        let whole = try recognize(stream.samples, PureToneClassifier(), parameters)
        #expect(whole.digits.map(\.digit) == [3, 1, 4, 1, 5, 9])
        for size in [1, 79, 80, 333, 8000] {
            let events = try recognize(stream.samples, PureToneClassifier(), parameters, chunk: { size })
            #expect(events == whole, "\(size)")
        }
        var random = SplitMix64(seed: 9)
        #expect(
            try recognize(
                stream.samples, PureToneClassifier(), parameters, chunk: { .random(in: 1...900, using: &random) })
                == whole)
    }

    @Test func speechThatIsNoDigits_isTooLongOnce_atTheLongestDigit() throws {
        var stream = ToneStream()
        stream.silence(0.7)
        for index in 0..<24 {
            stream.tone(index * 3 % 10, 0.1)
            stream.tone((index * 3 + 4) % 10, 0.1)
            stream.silence(0.03)
        }
        stream.silence(0.7)
        let word = stream.tone(6)
        stream.silence(0.5)
        let classifier = PureToneClassifier()
        let events = try recognize(stream.samples, classifier)
        Self.checkOrder(events)
        #expect(events.rejected.map(\.reason) == [.tooLong])
        let rejected = try #require(events.rejected.first)
        #expect(rejected.confidence == nil)
        #expect(abs(rejected.end - rejected.start - 1.42) < 0.02)
        #expect(events.digits.map(\.digit) == [6])
        #expect(try abs(#require(events.digits.first).start - word.lowerBound) < 0.02)
        #expect(classifier.calls <= RunParameters().windowMaximum + 3)
    }

    @Test func searchIsLimited() throws {
        // Nothing but noise to this classifier, and more ways to cut it than may be tried.
        let (stream, _) = Self.string((0..<14).map { $0 % 10 }, gaps: [0.04], length: 0.12)
        for limit in [0, 5, 20] {
            var parameters = RecognizerParameters()
            parameters.runs.windowMaximum = limit
            let classifier = PureToneClassifier()
            classifier.certainty = 0.4
            let events = try recognize(stream.samples, classifier, parameters)
            Self.checkOrder(events)
            #expect(events.digits.isEmpty)
            #expect(events.rejected.map(\.reason) == [.tooLong])
            #expect(classifier.calls <= limit, "\(limit): \(classifier.calls)")
        }
    }

    @Test func uncertainDigitIsRejectedInItsPlace_ofThree() throws {
        let (stream, truth) = Self.string([1, 6, 4], gaps: [0.05])
        let classifier = PureToneClassifier()
        classifier.uncertain = 6
        let events = try recognize(stream.samples, classifier)
        Self.checkOrder(events)
        #expect(events.digits.map(\.digit) == [1, 4])
        #expect(events.digits.map(\.seq) == [1, 3])
        let rejected = try #require(events.rejected.first)
        #expect(rejected.seq == 2 && rejected.reason == .lowConfidence && rejected.confidence != nil)
        #expect(abs(rejected.start - truth[1].lowerBound) < 0.03)
    }

    @Test func soundThatIsNoDigitByItselfIsTheRestOfTheDigit() throws {
        var stream = ToneStream()
        stream.silence(0.7)
        stream.tone(6, 0.3)
        stream.silence(0.1)
        // The same tone goes on: with it the digit is as likely as without.
        stream.tone(6, 0.1, level: 0.05)
        stream.silence(0.7)
        let classifier = PureToneClassifier()
        classifier.uncertainColumns = 14
        let events = try recognize(stream.samples, classifier)
        Self.checkOrder(events)
        #expect(events.digits.map(\.digit) == [6])
        #expect(events.rejected.isEmpty)
    }

    @Test func withoutRuns_aStringIsOneLongWord_andWhatFollowsADigitIsItsRest() throws {
        var parameters = RecognizerParameters()
        parameters.runs.isEnabled = false
        let (long, _) = Self.string([7, 1, 3, 9, 0, 5], gaps: [0.04])
        let classifier = PureToneClassifier()
        var events = try recognize(long.samples, classifier, parameters)
        Self.checkOrder(events)
        #expect(events.digits.isEmpty && events.rejected.map(\.reason) == [.tooLong])
        #expect(classifier.calls == 0)

        let (short, _) = Self.string([7, 1], gaps: [0.1], length: 0.2)
        events = try recognize(short.samples, PureToneClassifier(), parameters)
        #expect(events.digits.map(\.digit) == [7])
        #expect(try recognize(short.samples, PureToneClassifier()).digits.map(\.digit) == [7, 1])
    }

    @Test func gapAfterATailGivesWhatSeemedOver() throws {
        let (stream, truth) = Self.string([7, 1], gaps: [0.1], length: 0.2)
        for (after, expected) in [(0.03, [7]), (0.08, [7, 1])] {
            let classifier = PureToneClassifier()
            // Not certain enough for the first look at it.
            classifier.certainty = 0.93
            var recognizer = try StreamRecognizer(
                classifier: classifier, parameters: .init(acceptPosterior: 0.85, earlyPosterior: 0.9))
            var events: [DigitEvent] = []
            let end = Int((truth[1].upperBound + after) * 8000)
            recognizer.process(stream.samples.span.extracting(0..<end)) { events.append($0.event) }
            recognizer.gap(lostSamples: 800) { events.append($0.event) }
            recognizer.process([Float](repeating: 0, count: 8000).span) { events.append($0.event) }
            Self.checkOrder(events)
            #expect(events.digits.map(\.digit) == expected, "\(after) s")
        }
    }
}

/// Understands `ToneStream`, and knows windows with more than one tone: the share of the loud columns that the commonest tone
/// has is how sure it is.
final class PureToneClassifier: WindowClassifier {
    /// How sure of a window with one tone.
    var certainty: Float = 0.99
    /// A digit that it is never sure of.
    var uncertain: Int?
    /// Windows with fewer loud columns are not digits.
    var uncertainColumns = 6
    private(set) var calls = 0

    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        calls += 1
        var counts = [Int](repeating: 0, count: 10)
        for column in 0..<96 {
            var loudest = (row: 0, level: -Float.infinity)
            for row in 0..<40 where window[row * 96 + column] > loudest.level {
                loudest = (row, window[row * 96 + column])
            }
            // The background lies around -0.5 deviations, a tone at 4 and more.
            if loudest.level > 2 { counts[min(loudest.row / 4, 9)] += 1 }
        }
        let total = counts.reduce(0, +)
        let best = counts.indices.max { counts[$0] < counts[$1] } ?? 0
        var share = total < uncertainColumns ? 0.05 : certainty * Float(counts[best]) / Float(total)
        if best == uncertain { share = min(share, 0.5) }
        // Half sure is not yet "not a digit".
        let other = (1 - share) * (share < 0.45 ? 0.9 : 0.5)
        for digit in 0..<10 { probabilities[digit] = (1 - share - other) / 9 }
        probabilities[best] = share
        probabilities[10] = other
    }
}
