import Foundation
import Testing

@testable import ResNetTraining

/// What single changes do to a word, everything else left as it is.
@Suite struct AugmentationTests {
    /// The window of a clip on its own, changed as `change` sets.
    private static func window(
        _ clips: [[Float]], labels: [Int]? = nil, clip: Int = 0, model: Int? = nil, position: Int = 0,
        change: (inout AugmentationParameters) -> Void = { _ in }
    ) throws -> [Float] {
        let labels = labels ?? clips.map { _ in 1 }
        let store = ClipStore(
            clips: zip(clips, labels).map { (LabelledClip(path: "1", label: $1, speaker: "s", set: "a"), $0) })
        var parameters = AugmentationParameters.validation(ratio: nil, live: false)
        parameters.noisyRatio = 60...60
        change(&parameters)
        var maker = try WindowMaker(store: store, parameters: parameters)
        var window = [Float](repeating: 0, count: WindowShape.count)
        var output = window.mutableSpan
        maker.makeWindow(
            Draw(clip: clip, label: 1, model: model), seed: 1, epoch: 0, position: position, into: &output)
        return window
    }

    private static func distance(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(a.count)
    }

    /// Noise that rises and falls, of the given length in samples, darker behind its middle.
    private static func word(_ count: Int) -> [Float] {
        var random = SeededRandom(seed: 1)
        var word = (0..<count).map { 0.1 * random.gaussian() * sinf(.pi * Float($0) / Float(count)) }
        for i in count / 2..<count { word[i] = 0.3 * word[i] + 0.7 * word[i - 1] }
        return word
    }

    /// A word heard through a dull microphone, given the spectrum of a bright one's recording, is as if heard through that;
    /// half way it lies between.
    @Test func spectrumOfAnotherRecordingIsTaken() throws {
        let dull = Self.word(3_200)
        var bright = dull
        for i in bright.indices.dropFirst() { bright[i] = dull[i] - 0.8 * dull[i - 1] }
        func styled(_ model: Int, share: Float) throws -> [Float] {
            try Self.window([dull, bright], model: model) {
                $0.spectrumChance = 1
                $0.spectrumShare = share...share
            }
        }
        let (plain, aim) = try (Self.window([dull]), Self.window([bright]))
        let apart = Self.distance(plain, aim)
        #expect(apart > 0.05, "\(apart)")
        #expect(try Self.distance(styled(1, share: 1), aim) < 0.2 * apart)
        let between = try styled(1, share: 0.5)
        #expect(Self.distance(between, aim) < 0.6 * apart && Self.distance(between, plain) < 0.6 * apart)
        #expect(try Self.distance(styled(0, share: 1), plain) < 0.01 * apart, "its own spectrum changes nothing")
    }

    /// The microphone of another word's recording is taken, not that word's own colour.
    @Test func spectrumOfAnotherWordsRecordingIsTaken() throws {
        func bright(_ word: [Float]) -> [Float] {
            word.indices.map { $0 == 0 ? word[0] : word[$0] - 0.8 * word[$0 - 1] }
        }
        let one = Self.word(3_200)
        // A darker word: the difference between the words is as large as that between the microphones.
        var two = Self.word(3_200)
        for i in two.indices.dropFirst() { two[i] = 0.25 * two[i] + 0.75 * two[i - 1] }
        let clips = [one, bright(one), two, bright(two)]
        func styled(_ model: Int) throws -> [Float] {
            try Self.window(clips, labels: [1, 1, 2, 2], model: model) {
                $0.spectrumChance = 1
                $0.spectrumShare = 1...1
            }
        }
        let (plain, aim) = try (Self.window([one]), Self.window([bright(one)]))
        let apart = Self.distance(plain, aim)
        #expect(try Self.distance(styled(3), aim) < 0.3 * apart, "the bright microphone")
        #expect(try Self.distance(styled(2), plain) < 0.3 * apart, "the dull one, which is its own")
    }

    /// The noise beside a word is heard around another one.
    @Test func noiseBesideAWordIsHeardAgain() throws {
        // Noise that lies mostly above 2 kHz on both sides of a dull word, and a recording with silence there.
        var random = SeededRandom(seed: 2)
        var noise: [Float] = [0]
        for _ in 0..<16_000 { noise.append(random.gaussian() * 0.01 - 0.9 * noise[noise.count - 1]) }
        let word = Self.word(3_200)
        let noisy = Array(noise[..<4_000]) + word + Array(noise[4_000..<8_000])
        let silent = [Float](repeating: 0, count: 4_000) + word + [Float](repeating: 0, count: 4_000)
        func tilt(_ clips: [[Float]]) throws -> Float {
            // A window without its utterance: the columns before it hold the background.
            let window = try Self.window([word] + clips) {
                $0.noiseWeights = [0, 0, 0, 0, 0, 0, 1]
                $0.noisyRatio = 0...0
                $0.liveChance = 1
                $0.padding = 0.5...0.5
            }
            func mean(_ bands: Range<Int>) -> Float {
                let values = bands.flatMap { window[$0 * WindowShape.frames..<$0 * WindowShape.frames + 10] }
                return values.reduce(0, +) / Float(values.count)
            }
            return mean(34..<40) - mean(0..<20)
        }
        let (white, bright) = (try tilt([silent]), try tilt([noisy]))
        #expect(bright > white + 0.5, "\(white) \(bright)")
    }

    /// A recording that begins late lacks the word's first part, and nothing else.
    @Test func recordingsBeginLate() throws {
        let word = Self.word(4_000)
        let (late, whole) = (try Self.window([Array(word[1_000...])]), try Self.window([word]))
        for position in 0..<20 {
            let window = try Self.window([word], position: position) {
                $0.lateChance = 1
                $0.lateShare = 0.25...0.25
            }
            let distance = Self.distance(window, late)
            #expect(distance < 0.2 * Self.distance(whole, late), "\(position): \(distance)")
        }
    }

    /// A soft voice loses its high bands, not the noise around it.
    @Test func softVoicesAreDuller() throws {
        func highOverLow(_ change: (inout AugmentationParameters) -> Void) throws -> Float {
            let window = try Self.window([Self.word(4_000)], change: change)
            func mean(_ bands: Range<Int>) -> Float {
                let middle = bands.flatMap { window[$0 * WindowShape.frames + 40..<$0 * WindowShape.frames + 56] }
                return middle.reduce(0, +) / Float(middle.count)
            }
            return mean(30..<40) - mean(0..<10)
        }
        let plain = try highOverLow { _ in }
        let soft = try highOverLow {
            $0.effortChance = 1
            $0.effort = -20...(-20)
        }
        #expect(soft < plain - 0.5, "\(plain) \(soft)")
    }

    /// A soft voice's hiss hides what the voice lacks: the window's high bands hold nothing but noise.
    @Test func softVoicesAreHeardThroughHiss() throws {
        func spread(_ change: (inout AugmentationParameters) -> Void) throws -> Float {
            let window = try Self.window([Self.word(4_000)], change: change)
            // The rise and fall of the word in the high bands: its mean over the middle against that near the ends.
            func mean(_ columns: Range<Int>) -> Float {
                let values = (30..<40).flatMap { band in columns.map { window[band * WindowShape.frames + $0] } }
                return values.reduce(0, +) / Float(values.count)
            }
            return mean(40..<56) - (mean(28..<32) + mean(64..<68)) / 2
        }
        let soft: (inout AugmentationParameters) -> Void = {
            $0.effortChance = 1
            $0.effort = -25...(-25)
            $0.hissRatio = 5...5
            $0.hissChance = 0
        }
        let clear = try spread(soft)
        let hissing = try spread {
            soft(&$0)
            $0.hissChance = 1
        }
        #expect(hissing < 0.4 * clear, "\(clear) \(hissing)")
    }

    /// A voice that dies away is quieter at its end than it was recorded, one that swells at its beginning.
    @Test func voicesSwellAndDieAway() throws {
        func tilt(_ position: Int, _ slope: Float) throws -> Float {
            let window = try Self.window([Self.word(4_000)], position: position) {
                $0.slopeChance = slope > 0 ? 1 : 0
                $0.slope = slope
            }
            func mean(_ columns: Range<Int>) -> Float {
                let values = (0..<20).flatMap { band in columns.map { window[band * WindowShape.frames + $0] } }
                return values.reduce(0, +) / Float(values.count)
            }
            return mean(54..<62) - mean(34..<42)
        }
        let plain = try tilt(0, 0)
        let changes = try (0..<20).map { try tilt($0, 24) - plain }
        #expect(changes.min()! < -0.2 && changes.max()! > 0.2, "\(changes)")
    }

    /// Breath is heard around its band in a murmur, as between 2 and 3 kHz in an n, and not in the sounds beside it.
    @Test func breathIsHeardInMurmursAlone() throws {
        var random = SeededRandom(seed: 1)
        // 0.25 s of hum, then 0.25 s of noise.
        let word = (0..<4_000).map { i in
            i < 2_000 ? 0.1 * sinf(2 * .pi * 220 * Float(i) / 8_000) : 0.05 * random.gaussian()
        }
        func brightness(_ columns: Range<Int>, _ change: (inout AugmentationParameters) -> Void) throws -> Float {
            let window = try Self.window([word], change: change)
            func mean(_ bands: Range<Int>) -> Float {
                let values = bands.flatMap { band in columns.map { window[band * WindowShape.frames + $0] } }
                return values.reduce(0, +) / Float(values.count)
            }
            // Bands around 2.5 kHz against those below 500 Hz.
            return mean(28..<34) - mean(0..<8)
        }
        let breath: (inout AugmentationParameters) -> Void = {
            $0.breathChance = 1
            $0.breathFrequency = 2_500...2_500
            $0.breathLevel = -10...(-10)
        }
        let (murmur, noise) = (28..<44, 54..<68)
        let added = try brightness(murmur, breath) - brightness(murmur) { _ in }
        let beside = try brightness(noise, breath) - brightness(noise) { _ in }
        #expect(added > 1, "\(added)")
        // The window as a whole is normalised, which moves the rest of it too.
        #expect(abs(beside) < 0.3 * added, "\(beside) against \(added)")
    }

    /// A bent stretch draws one part out and hurries the other; ends and length stay.
    @Test func stretchesBend() {
        let bands = WindowShape.bands
        let frames = (0..<21).flatMap { [Float](repeating: Float($0), count: bands) }
        func stretched(_ bend: (at: Float, from: Float)) -> [Float] {
            var output: [Float] = []
            FrameWarp.stretch(frames, 0..<21, by: 1, bend: bend, into: &output)
            return stride(from: 0, to: output.count, by: bands).map { output[$0] }
        }
        #expect(stretched((0.5, 0.5)).enumerated().allSatisfy { abs($1 - Float($0)) < 1e-4 })
        let bent = stretched((0.5, 0.25))
        #expect(bent.first == 0 && abs(bent[10] - 5) < 1e-4 && bent.count == 21)
        #expect(abs(bent[20] - 20) < 1e-4 && abs(bent[15] - 12.5) < 1e-4)
        #expect(zip(bent, bent.dropFirst()).allSatisfy { $0 < $1 })
    }
}
