import DigitDecoder
import DigitEvents
import DigitRecognizer
import SpeechSegmenter
import Testing

/// What must hold whatever is said, and whatever the network says of it.
@Suite struct UtterancePropertyTests {
    /// Answers that depend on every number of the input, other ones with each frame more.
    private final class HashScorer: UtteranceScorer {
        let framesPerColumn = 4
        let temperature = 1.0

        func score(_ frames: Span<Float>, into logits: inout MutableSpan<Float>) {
            var seed: UInt64 = 5
            for index in frames.indices { seed = seed &* 31 &+ UInt64(frames[index].bitPattern) }
            var random = SplitMix64(seed: seed)
            var label = 12
            for index in logits.indices {
                if index % 13 == 0, Int.random(in: 0..<3, using: &random) == 0 {
                    label = Bool.random(using: &random) ? 12 : Int.random(in: 0..<13, using: &random)
                }
                logits[index] = Float.random(in: -1...1, using: &random) + (index % 13 == label ? 6 : 0)
            }
        }
    }

    /// A stream with what happens between its samples.
    private struct Stream {
        enum Interruption { case gap(Int), restart }
        var samples: [Float] = []
        /// After how many samples, in order.
        var interruptions: [(position: Int, Interruption)] = []

        init(seed: UInt64) {
            var random = SplitMix64(seed: seed)
            var words = WordStream(seed: seed)
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                let seconds = Double.random(in: 0.01...0.6, using: &random)
                switch Int.random(in: 0..<9, using: &random) {
                case 0: words.samples += [Float](repeating: 0, count: Int(seconds * 8000))
                case 1: words.samples += [Float](repeating: .random(in: -1...1, using: &random), count: 400)
                case 2: words.noise(6 * seconds, level: .random(in: 0...1, using: &random))
                case 3: words.silence(3 * seconds)
                case 4, 5: words.silence(seconds / 3)
                case 6: words.say(.nine, 9 * seconds, level: 0.05)
                default:
                    words.say(
                        UtteranceLabel(rawValue: Int.random(in: 0..<12, using: &random))!, seconds,
                        level: .random(in: 0.001...0.9, using: &random))
                }
                if Int.random(in: 0..<9, using: &random) == 0 {
                    let lost = Int.random(in: 0...20_000, using: &random)
                    interruptions.append((words.samples.count, Bool.random(using: &random) ? .restart : .gap(lost)))
                }
            }
            samples = words.samples
        }

        /// All events, with how much of the stream there was when each came.
        func events(
            _ scorer: any UtteranceScorer, _ parameters: RecognizerParameters, chunk: () -> Int
        ) throws -> [(event: DigitEvent, seconds: Double)] {
            var recognizer = try UtteranceRecognizer(scorer: scorer, parameters: parameters)
            var events: [(event: DigitEvent, seconds: Double)] = []
            var new: [DigitEvent] = []
            func collect(_ seconds: Double) {
                events += new.map { ($0, seconds) }
                new = []
            }
            var position = 0
            var rest = interruptions[...]
            while position < samples.count || !rest.isEmpty {
                if let next = rest.first, next.position == position {
                    switch next.1 {
                    case .gap(let lost): recognizer.gap(lostSamples: lost) { new.append($0.event) }
                    case .restart: recognizer.restart { new.append($0.event) }
                    }
                    rest.removeFirst()
                } else {
                    let end = min(rest.first?.position ?? samples.count, position + chunk())
                    recognizer.process(samples.span.extracting(position..<end)) { new.append($0.event) }
                    position = end
                }
                collect(recognizer.seconds)
            }
            recognizer.finish { new.append($0.event) }
            collect(recognizer.seconds)
            return events
        }
    }

    private func parameters(seed: UInt64) -> RecognizerParameters {
        var random = SplitMix64(seed: seed ^ 0x5A5A)
        var parameters = RecognizerParameters(
            acceptPosterior: .random(in: 0...1, using: &random), earlyPosterior: .random(in: 0...1, using: &random))
        parameters.reportsLevel = Bool.random(using: &random)
        parameters.acceptsOh = Bool.random(using: &random)
        guard Bool.random(using: &random) else { return parameters }
        parameters.endpointer.onsetFrames = Int.random(in: 1...8, using: &random)
        parameters.endpointer.preRollFrames = Int.random(in: 0...20, using: &random)
        parameters.endpointer.hangoverFrames = Int.random(in: 1...60, using: &random)
        parameters.endpointer.floorMemoryFrames = Int.random(in: 1...300, using: &random)
        return parameters
    }

    /// What is wrong with the events, apart from what they say about the sound.
    private func violations(_ events: [(event: DigitEvent, seconds: Double)]) -> [String] {
        var found: [String] = []
        var (seq, utterance, end, at) = (0, 0, 0.0, 0.0)
        var isOpen = false
        func part(_ number: Int, _ breath: Int?, _ start: Double, _ stop: Double, _ sent: Double?, _ heard: Double) {
            if number != seq + 1 { found.append("seq \(number) after \(seq)") }
            seq = number
            if breath != utterance && breath != utterance + 1 {
                found.append("utterance \(breath ?? -1) after \(utterance)")
            }
            utterance = breath ?? utterance
            if start < 0 || start > stop || stop > heard + 1e-9 { found.append("\(start)-\(stop) of \(heard)") }
            if start < end - 0.011 { found.append("\(start) begins before \(end)") }
            end = stop
            if let sent {
                if sent < stop - 1e-9 || sent < at || sent > heard + 1e-9 {
                    found.append("sent at \(sent), \(stop), \(heard)")
                }
                at = sent
            }
        }
        for (event, heard) in events {
            switch event {
            case .digit(let digit): part(digit.seq, digit.utterance, digit.start, digit.end, digit.at, heard)
            case .rejected(let it): part(it.seq, it.utterance, it.start, it.end, it.at, heard)
            case .speech(let speech):
                if isOpen != (speech.state == .end) { found.append("\(speech.state) twice") }
                isOpen = speech.state == .start
                if speech.at < 0 || speech.at > heard + 1e-9 { found.append("speech at \(speech.at) of \(heard)") }
            case .level(let level):
                if !level.levelDecibels.isFinite || !level.floorDecibels.isFinite { found.append("\(level)") }
            default: found.append("\(event)")
            }
        }
        if isOpen { found.append("speech left open") }
        return found
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func eventsAreInOrder_andTheSameUnderAnyChunking(seed: UInt64) throws {
        let stream = Stream(seed: seed)
        let parameters = parameters(seed: seed)
        func scorer() -> any UtteranceScorer { seed % 2 == 0 ? HashScorer() : WordScorer() }
        let whole = try stream.events(scorer(), parameters, chunk: { 1 << 30 })
        #expect(violations(whole) == [], "seed \(seed)")
        var random = SplitMix64(seed: seed &+ 99)
        let most = [2, 100, 1000, 20_000].randomElement(using: &random)!
        let pieces = try stream.events(scorer(), parameters, chunk: { .random(in: 1...most, using: &random) })
        #expect(pieces.map(\.event) == whole.map(\.event), "seed \(seed), pieces of up to \(most)")
    }

    @Test func thereIsSomethingToHear() throws {
        var kinds: Set<String> = []
        for seed in 0..<20 as Range<UInt64> {
            for (event, _) in try Stream(seed: seed).events(HashScorer(), parameters(seed: seed), chunk: { 4096 }) {
                kinds.insert(event.className)
            }
        }
        #expect(kinds == ["DIGIT", "REJECTED", "SPEECH", "LEVEL"])
    }

    /// Whatever is said, digits come in the order of their times, none twice, none changed, though the end of each
    /// decoding wavers.
    @Test(arguments: 0..<40 as Range<UInt64>) func allDigitsAreGivenOnceInOrder(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var stream = WordStream(seed: seed)
        stream.silence(0.6)
        var said = ""
        for _ in 0..<Int.random(in: 1...25, using: &random) {
            let label = UtteranceLabel(rawValue: Int.random(in: 0..<11, using: &random))!
            said += "\(label.digit!)"
            stream.say(label, .random(in: 0.15...0.6, using: &random), level: .random(in: 0.1...0.4, using: &random))
            stream.silence(.random(in: 0.05...(Bool.random(using: &random) ? 0.2 : 0.9), using: &random))
        }
        stream.silence(0.6)
        let scorer = WordScorer()
        scorer.wavers = 0.3
        let events = try hear(stream.samples, scorer)
        let digits = events.digits
        #expect(digits.map { "\($0.digit)" }.joined() == said, "seed \(seed): \(events.line)")
        for (digit, next) in zip(digits, digits.dropFirst()) {
            #expect(digit.end <= next.start + 0.011 && digit.at <= next.at)
        }
    }
}
