import DigitEvents
import DigitRecognizer
import ResNetTraining

/// Plays recordings to a recogniser, one after the other with pauses, over a floor of noise, and notes where each was and
/// what was heard.
///
/// The pauses and the noise depend on the seed alone. Nothing but the events is kept, so a stream may last for hours.
struct StreamPlayer<Recognizer: StreamRecognizing & ~Copyable>: ~Copyable {
    /// What was heard: a digit, or an utterance that was given none.
    struct Heard: Equatable {
        var digit: Int?
        /// In seconds of the stream.
        var time: ClosedRange<Double>
    }

    /// Where a recording was played, in seconds of the stream, in order.
    private(set) var played: [ClosedRange<Double>] = []
    /// What was heard, in order.
    private(set) var heard: [Heard] = []
    private var recognizer: Recognizer
    private var random: SeededRandom
    private var noise: StreamNoise?

    /// Seconds between two recordings, as `Tests/Rigs/make-stream.sh` has them.
    static var pause: ClosedRange<Float> { 0.4...1.2 }
    /// Level that utterances are brought to, as a root mean square of full scale: -26 dB.
    static var speechLevel: Float { 0.05 }
    /// The noise floor's root mean square: 40 dB below the speech.
    static var floorLevel: Float { 0.0005 }
    /// A recording's ends are faded over so many samples (10 ms), so that a cut is no click.
    private static var fade: Int { 80 }
    private static var rate: Int { ClipStore.sampleRate }

    /// - Parameters:
    ///   - noise: what is heard besides, from the beginning to the end.
    ///   - makeRecognizer: makes the recogniser for these parameters.
    init(
        parameters: RecognizerParameters, noise: StreamNoise? = nil, seed: UInt64,
        makeRecognizer: (RecognizerParameters) throws -> Recognizer
    ) throws {
        var parameters = parameters
        parameters.reportsSpeech = false
        parameters.reportsLevel = false
        recognizer = try makeRecognizer(parameters)
        random = SeededRandom(seed: seed, epoch: -10)
        self.noise = noise
        // The recogniser learns the background first, as any that has run for a while.
        hear([Float](repeating: 0, count: Self.rate))
    }

    /// Plays a recording and a pause.
    ///
    /// - Parameters:
    ///   - samples: 8 kHz mono, -1...1.
    ///   - utterance: brought to the common level by its root mean square; nil plays the recording as loud as it is.
    mutating func play(_ samples: [Float], utterance: Range<Int>?) {
        var samples = samples
        if let utterance {
            let power = samples[utterance].reduce(Float(0)) { $0 + $1 * $1 } / Float(max(1, utterance.count))
            if power > 1e-12 {
                let gain = Self.speechLevel / power.squareRoot()
                for index in samples.indices { samples[index] *= gain }
            }
        }
        let fade = min(Self.fade, samples.count / 2)
        for index in 0..<fade {
            let weight = Float(index) / Float(fade)
            samples[index] *= weight
            samples[samples.count - 1 - index] *= weight
        }
        let start = recognizer.seconds
        hear(samples)
        played.append(start...recognizer.seconds)
        let pause = Int(random.uniform(in: Self.pause) * Float(Self.rate))
        hear([Float](repeating: 0, count: pause))
    }

    /// The end of the stream; then `played` and `heard` are complete.
    mutating func finish() {
        hear([Float](repeating: 0, count: Self.rate))
        recognizer.finish { Self.note($0, &heard) }
    }

    private mutating func hear(_ samples: [Float]) {
        var samples = samples
        noise?.add(to: &samples)
        for index in samples.indices {
            samples[index] = max(-1, min(1, samples[index] + Self.floorLevel * random.gaussian()))
        }
        recognizer.process(samples.span) { Self.note($0, &heard) }
    }

    private static func note(_ recognition: Recognition, _ heard: inout [Heard]) {
        switch recognition.event {
        case .digit(let digit):
            heard.append(Heard(digit: digit.digit, time: digit.start...max(digit.start, digit.end)))
        case .rejected(let rejected):
            heard.append(Heard(digit: nil, time: rejected.start...max(rejected.start, rejected.end)))
        default: break
        }
    }

    /// What was heard in each recording: each event belongs to the one that it overlaps most.
    ///
    /// - Returns: the events of each recording, and those that overlap none.
    func events() -> (byRecording: [[Heard]], between: [Heard]) {
        var byRecording = [[Heard]](repeating: [], count: played.count)
        var between: [Heard] = []
        var first = 0
        for event in heard {
            // Events come in order, and so do recordings: those that ended before this one are done with.
            while first < played.count, played[first].upperBound < event.time.lowerBound { first += 1 }
            var best = (index: -1, overlap: 0.0)
            var index = first
            while index < played.count, played[index].lowerBound <= event.time.upperBound {
                let overlap =
                    min(played[index].upperBound, event.time.upperBound)
                    - max(played[index].lowerBound, event.time.lowerBound)
                if overlap > best.overlap { best = (index, overlap) }
                index += 1
            }
            if best.index >= 0 { byRecording[best.index].append(event) } else { between.append(event) }
        }
        return (byRecording, between)
    }
}
