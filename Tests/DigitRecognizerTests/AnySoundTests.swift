import DigitEvents
import DigitRecognizer
import SpeechSegmenter
import Testing

/// What must hold for any sound, any parameters and any answers of the classifier.
@Suite struct AnySoundTests {
    /// A stream with what happens between its samples.
    private struct Stream {
        enum Interruption { case gap(Int), restart }
        var samples: [Float] = []
        /// After how many samples, in order.
        var interruptions: [(position: Int, Interruption)] = []

        init(seed: UInt64) {
            var random = SplitMix64(seed: seed)
            var tones = ToneStream()
            for _ in 0..<Int.random(in: 1...14, using: &random) {
                let seconds = Double.random(in: 0.01...0.6, using: &random)
                switch Int.random(in: 0..<9, using: &random) {
                case 0: tones.samples += [Float](repeating: 0, count: Int(seconds * 8000))
                case 1: tones.samples += [Float](repeating: .random(in: -1...1, using: &random), count: 400)
                case 2:
                    let level = Float.random(in: 0...1, using: &random)
                    for _ in 0..<Int(seconds * 8000) {
                        tones.samples.append(.random(in: -level...level, using: &random))
                    }
                case 3: tones.silence(3 * seconds)
                case 4, 5: tones.silence(seconds / 3)
                case 6: tones.tone(Int.random(in: 0...9, using: &random), 4 * seconds, level: 0.05)
                default:
                    let level = Float.random(in: 0.001...0.9, using: &random)
                    tones.tone(Int.random(in: 0...9, using: &random), seconds, level: level)
                }
                if Int.random(in: 0..<6, using: &random) == 0 {
                    let lost = Int.random(in: 0...20_000, using: &random)
                    interruptions.append((tones.samples.count, Bool.random(using: &random) ? .restart : .gap(lost)))
                }
            }
            samples = tones.samples
        }

        /// All events, with how much of the stream there was when each came.
        func events(
            _ parameters: RecognizerParameters, chunk: () -> Int
        ) throws -> [(event: DigitEvent, seconds: Double)] {
            var recognizer = try StreamRecognizer(classifier: WindowHash(), parameters: parameters)
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

    /// Answers that depend on every number of the window, and are certain, uncertain or "not a digit".
    private struct WindowHash: WindowClassifier {
        func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
            var seed: UInt64 = 5
            for index in window.indices { seed = seed &* 31 &+ UInt64(window[index].bitPattern) }
            var random = SplitMix64(seed: seed)
            let best = [0.999, 0.98, 0.9, 0.6, 0.3].randomElement(using: &random)! as Float
            for index in probabilities.indices { probabilities[index] = (1 - best) / 10 }
            probabilities[Int.random(in: 0...10, using: &random)] = best
        }
    }

    private func parameters(seed: UInt64) -> RecognizerParameters {
        var random = SplitMix64(seed: seed ^ 0x5A5A)
        var parameters = RecognizerParameters(
            acceptPosterior: .random(in: 0...1, using: &random), earlyPosterior: .random(in: 0...1, using: &random))
        parameters.reportsLevel = Bool.random(using: &random)
        parameters.runs.isEnabled = Int.random(in: 0..<4, using: &random) > 0
        guard Bool.random(using: &random) else { return parameters }
        parameters.segmenter.onsetFrames = Int.random(in: 1...8, using: &random)
        parameters.segmenter.preRollFrames = Int.random(in: 0...20, using: &random)
        parameters.segmenter.postRollFrames = Int.random(in: 0...20, using: &random)
        parameters.segmenter.pauseFrames = Int.random(in: 1...10, using: &random)
        parameters.segmenter.hangoverFrames = Int.random(in: 5...40, using: &random)
        parameters.segmenter.tailGapFrames = Int.random(in: 1...30, using: &random)
        parameters.segmenter.tailLengthMaximum = Int.random(in: 1...40, using: &random)
        parameters.segmenter.lengthMaximum = Int.random(in: 50...200, using: &random)
        parameters.segmenter.runLengthMaximum = Int.random(in: 1...400, using: &random)
        return parameters
    }

    /// What is wrong with the events, apart from what they say about the sound.
    private func violations(
        _ events: [(event: DigitEvent, seconds: Double)], _ parameters: RecognizerParameters
    ) -> [String] {
        var found: [String] = []
        var seq = 0
        var isOpen = false
        var end = 0.0
        var at = 0.0
        let segmenter = parameters.segmenter
        // Both edges are rounded to frames of 10 ms.
        let longest = Double(segmenter.segmentMaximum + 2) / 100
        func utterance(_ number: Int, _ start: Double, _ stop: Double, _ sent: Double?, _ heard: Double) {
            if number != seq + 1 { found.append("seq \(number) after \(seq)") }
            seq = number
            if start < 0 || start > stop || stop > heard + 1e-9 { found.append("\(start)-\(stop) of \(heard)") }
            if start < end - 1e-9 { found.append("\(start) begins before \(end)") }
            if stop - start > longest { found.append("\(start)-\(stop) is longer than \(longest)") }
            end = stop
            if let sent {
                if sent < stop - 1e-9 || sent < at || sent > heard + 1e-9 {
                    found.append("sent at \(sent), \(stop), \(heard)")
                }
                at = sent
            }
        }
        for (event, heard) in events {
            if event.jsonLine.utf8.count > DigitEvent.lineLengthMaximum { found.append("a long line") }
            switch event {
            case .digit(let digit): utterance(digit.seq, digit.start, digit.end, digit.at, heard)
            case .rejected(let rejected): utterance(rejected.seq, rejected.start, rejected.end, rejected.at, heard)
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
        let whole = try stream.events(parameters, chunk: { 1 << 30 })
        #expect(violations(whole, parameters) == [], "seed \(seed)")
        var random = SplitMix64(seed: seed &+ 99)
        let most = [2, 100, 1000, 20_000].randomElement(using: &random)!
        let pieces = try stream.events(parameters, chunk: { .random(in: 1...most, using: &random) })
        #expect(pieces.map(\.event) == whole.map(\.event), "seed \(seed), pieces of up to \(most)")
    }

    @Test func thereIsSomethingToHear() throws {
        var kinds: Set<String> = []
        for seed in 0..<20 as Range<UInt64> {
            for (event, _) in try Stream(seed: seed).events(parameters(seed: seed), chunk: { 4096 }) {
                kinds.insert(event.className)
            }
        }
        #expect(kinds == ["DIGIT", "REJECTED", "SPEECH", "LEVEL"])
    }
}
