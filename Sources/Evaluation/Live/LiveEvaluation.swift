import Dispatch
import DigitRecognizer
import Foundation
import ResNetTraining
import Synchronization

/// Recordings through the recogniser that `digitd listen` runs.
///
/// Each recording is played whole, over a floor of white noise 40 dB below the speech and 0.4 to 1.2 s after the one
/// before. Speech is brought to one level, which differs by microphone; noises are as loud as they were recorded. A few
/// streams are heard at once, always the same number of them, so the figures do not depend on the machine.
public struct LiveEvaluation<Recognizer: StreamRecognizing & ~Copyable>: Sendable {
    /// Digits and other words.
    public var clips: [LabelledClip]
    /// Noise and music.
    public var noises: [NoiseClip]
    /// The operating point.
    public var parameters: RecognizerParameters
    /// Makes a recogniser of its own for each stream.
    public var makeRecognizer: @Sendable (RecognizerParameters) throws -> Recognizer

    private static var streams: Int { 4 }
    /// Recordings in memory at once, in each stream.
    private static var part: Int { 128 }

    /// An evaluation to run.
    public init(
        clips: [LabelledClip], noises: [NoiseClip], parameters: RecognizerParameters,
        makeRecognizer: @escaping @Sendable (RecognizerParameters) throws -> Recognizer
    ) {
        self.clips = clips
        self.noises = noises
        self.parameters = parameters
        self.makeRecognizer = makeRecognizer
    }

    /// An evaluation of a recogniser of windows.
    public init<Classifier: WindowClassifier>(
        clips: [LabelledClip], noises: [NoiseClip], parameters: RecognizerParameters,
        makeClassifier: @escaping @Sendable () throws -> Classifier
    ) where Recognizer == StreamRecognizer<Classifier> {
        self.init(clips: clips, noises: noises, parameters: parameters) {
            try StreamRecognizer(classifier: try makeClassifier(), parameters: $0)
        }
    }

    /// Plays everything.
    ///
    /// - Throws: what the classifier or the front end throws. Recordings that cannot be read are left out.
    public func run() throws -> LiveFigures { try run { try play(stream: $0) } }

    /// Plays digits and other words in the noises, without end and at a level, instead of in silence.
    ///
    /// - Parameter ratios: the speech's root mean square to the noise's, in dB.
    /// - Returns: figures for each ratio; none where there are no noises, or none that can be read.
    /// - Throws: as `run()`.
    public func run(ratios: [Double]) throws -> [LiveNoiseFigures] {
        let store = try ClipStore(DataSet(clips: [], noises: noises), allowsNone: true)
        guard !store.noises.isEmpty, !clips.isEmpty else { return [] }
        return try ratios.map { ratio in
            let level = StreamPlayer<Recognizer>.speechLevel * Float(pow(10, -ratio / 20))
            return LiveNoiseFigures(
                ratio: ratio,
                figures: try run { stream in
                    try playSpeech(
                        stream: stream, in: StreamNoise(store, level: level, seed: UInt64(stream + 1)))
                })
        }
    }

    private func run(_ play: @Sendable (Int) throws -> LiveFigures) throws -> LiveFigures {
        let results = Mutex<[Int: Result<LiveFigures, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: Self.streams) { stream in
            let result = Result { try play(stream) }
            results.withLock { $0[stream] = result }
        }
        let byStream = results.withLock { $0 }
        var sum = LiveFigures()
        for stream in 0..<Self.streams { sum.add(try byStream[stream]!.get()) }
        // In the order of the recordings, whatever stream had which.
        sum.sort(sets: clips.map(\.set) + noises.map(\.set))
        return sum
    }

    private func playSpeech(stream: Int, in noise: StreamNoise? = nil) throws -> LiveFigures {
        var figures = LiveFigures()
        var player = try StreamPlayer(
            parameters: parameters, noise: noise, seed: UInt64(stream + 1), makeRecognizer: makeRecognizer)
        let own = Self.share(clips, of: stream)
        var kept: [LabelledClip] = []
        for start in stride(from: 0, to: own.count, by: Self.part) {
            let store = try ClipStore(
                DataSet(clips: Array(own[start..<min(start + Self.part, own.count)])), allowsNone: true)
            for index in store.clips.indices {
                player.play(store.samples(of: index), utterance: store.audio[index].speech)
            }
            kept += store.clips
        }
        player.finish()
        let events = player.events()
        for (index, clip) in kept.enumerated() {
            let time = player.played[index]
            figures.count(clip, events.byRecording[index].map(\.digit), seconds: time.upperBound - time.lowerBound)
        }
        figures.extras = events.between.count { $0.digit != nil }
        return figures
    }

    private func play(stream: Int) throws -> LiveFigures {
        var figures = try playSpeech(stream: stream)
        // In a stream of its own, since it may be loud where words were not.
        var player = try StreamPlayer(
            parameters: parameters, seed: UInt64(stream + 1), makeRecognizer: makeRecognizer)
        var keptNoises: [NoiseClip] = []
        for noise in Self.share(noises, of: stream) {
            let store = try ClipStore(DataSet(clips: [], noises: [noise]), allowsNone: true)
            guard let audio = store.noises.first else { continue }
            player.play(audio.samples.map { Float($0) * 0x1p-15 }, utterance: nil)
            keptNoises.append(noise)
        }
        player.finish()
        let events = player.events()
        for (index, noise) in keptNoises.enumerated() {
            let time = player.played[index]
            figures.count(noise, events.byRecording[index].map(\.digit), seconds: time.upperBound - time.lowerBound)
        }
        figures.extras += events.between.count { $0.digit != nil }
        return figures
    }

    private static func share<Recording>(_ all: [Recording], of stream: Int) -> [Recording] {
        Array(all[all.count * stream / streams..<all.count * (stream + 1) / streams])
    }
}

extension LiveFigures {
    /// Counts what was heard in a recording of speech.
    ///
    /// - Parameter heard: each event's digit, nil where it was rejected.
    mutating func count(_ clip: LabelledClip, _ heard: [Int?], seconds: Double) {
        guard clip.label < LabelledClip.notADigit else {
            Self.count(&words, set: clip.set, word: clip.folder, heard, seconds: seconds)
            return
        }
        let index: Int
        if let found = digits.firstIndex(where: { $0.set == clip.set }) {
            index = found
        } else {
            index = digits.count
            digits.append(Digits(set: clip.set))
        }
        digits[index].spoken += 1
        let answers = heard.compactMap { $0 }
        if answers == [clip.label] {
            digits[index].right += 1
        } else if !answers.isEmpty {
            digits[index].wrong += 1
        } else if !heard.isEmpty {
            digits[index].rejected += 1
        } else {
            digits[index].missed += 1
        }
    }

    /// Counts what was heard in a recording of noise.
    mutating func count(_ noise: NoiseClip, _ heard: [Int?], seconds: Double) {
        Self.count(&noises, set: noise.set, word: "", heard, seconds: seconds)
        let answers = heard.compactMap { $0 }
        if !answers.isEmpty { noiseHits.append(NoiseHit(path: noise.path, digits: answers)) }
    }

    private static func count(
        _ groups: inout [Others], set: String, word: String, _ heard: [Int?], seconds: Double
    ) {
        let answers = heard.count { $0 != nil }
        var group = Others(set: set, word: word)
        group.recordings = 1
        group.taken = answers > 0 ? 1 : 0
        group.falseDigits = answers
        group.seconds = seconds
        add(&groups, group)
    }

    private static func add(_ groups: inout [Others], _ group: Others) {
        guard let index = groups.firstIndex(where: { $0.set == group.set && $0.word == group.word }) else {
            groups.append(group)
            return
        }
        var sum = Others.sum([groups[index], group], set: group.set)
        sum.word = group.word
        groups[index] = sum
    }

    /// Adds another stream's figures.
    mutating func add(_ other: LiveFigures) {
        extras += other.extras
        noiseHits += other.noiseHits
        for group in other.words { Self.add(&words, group) }
        for group in other.noises { Self.add(&noises, group) }
        for part in other.digits {
            if let index = digits.firstIndex(where: { $0.set == part.set }) {
                digits[index].spoken += part.spoken
                digits[index].right += part.right
                digits[index].wrong += part.wrong
                digits[index].rejected += part.rejected
                digits[index].missed += part.missed
            } else {
                digits.append(part)
            }
        }
    }

    fileprivate mutating func sort(sets: [String]) {
        var order: [String: Int] = [:]
        for set in sets where order[set] == nil { order[set] = order.count }
        func place(_ set: String) -> Int { order[set] ?? .max }
        digits.sort { place($0.set) < place($1.set) }
        words.sort { (place($0.set), $0.word) < (place($1.set), $1.word) }
        noises.sort { place($0.set) < place($1.set) }
    }
}
