/// How training windows differ from the recordings they are made of: every probability and range in one place.
///
/// The aim is a live microphone held by a stranger in an ordinary room. Probabilities are 0...1, levels dB, times
/// seconds, frequencies Hz.
public struct AugmentationParameters: Sendable, Hashable {
    // MARK: The voice

    /// Chance that speed and pitch change together (resampling).
    public var speedChance: Float = 0.85
    /// Factor of speed and pitch.
    public var speed: ClosedRange<Float> = 0.82...1.22
    /// Chance that the frequency axis is warped, as by a shorter or longer vocal tract.
    public var vocalTractChance: Float = 0.4
    /// Factor of every frequency.
    public var vocalTract: ClosedRange<Float> = 0.91...1.1
    /// Chance that the utterance's frames are stretched in time with the pitch kept.
    public var stretchChance: Float = 0.3
    /// Factor of the utterance's length.
    public var stretch: ClosedRange<Float> = 0.85...1.2
    /// How much of such an utterance may move across its middle, either way: one part of a word is drawn out, the other
    /// hurried.
    public var stretchBend: Float = 0.12
    /// Chance that the voice swells or dies away over the utterance.
    public var slopeChance: Float = 0.25
    /// Level at the utterance's end against its beginning, either way, in dB.
    public var slope: Float = 12

    /// Chance that the voice itself is duller or brighter than it was recorded, before any noise is added: soft voices
    /// and close or averted mouths have their upper formants under the noise.
    public var effortChance: Float = 0.35
    /// Shelf gain of that, in dB.
    public var effort: ClosedRange<Float> = -30...6
    /// Corner of that shelf.
    public var effortCorner: ClosedRange<Float> = 300...1_500
    /// Below this gain, in dB, a voice is a soft one.
    public var effortSoft: Float = -8
    /// Chance that a soft voice is heard through the hiss of an amplifier.
    public var hissChance: Float = 0.4
    /// Share of those hisses that are the noise beside another recording's word; the rest are white.
    public var hissRoomToneShare: Float = 0
    /// Signal to noise ratio in that hiss.
    public var hissRatio: ClosedRange<Float> = 3...30
    /// Chance that breath is heard in the murmur of the nasals, as with a microphone beside the nose.
    public var breathChance: Float = 0
    /// Middle of the breath's band.
    public var breathFrequency: ClosedRange<Float> = 1_600...3_300
    /// Half of that band's width over its middle.
    public var breathWidth: ClosedRange<Float> = 0.08...0.25
    /// Level of the breath over the murmur's, in dB.
    public var breathLevel: ClosedRange<Float> = -30...(-8)

    // MARK: The recording

    /// Chance that an utterance lies in its clip without its soft edges, as noise gates and hard trimming leave it.
    public var gateChance: Float = 0.15
    /// How far below the utterance's loudest 10 ms such a gate opens and closes. FSDD's speakers lie between 16 and 47
    /// dB.
    public var gateLevel: ClosedRange<Float> = 12...34
    /// The most that a gate takes of an utterance at either end, so that the word stays itself.
    public var gateShareMax: Float = 0.3
    /// Chance that a recording begins too late, within the utterance, as with a key that is pressed while one speaks.
    public var lateChance: Float = 0
    /// How much of the utterance is lost.
    public var lateShare: ClosedRange<Float> = 0.05...0.4

    // MARK: The room and the microphone

    /// Chance of reverberation.
    public var reverberationChance: Float = 0.3
    /// Time to decay by 60 dB.
    public var reverberationTime: ClosedRange<Float> = 0.05...0.4
    /// Level of the direct sound over everything reverberated.
    public var directToReverberant: ClosedRange<Float> = 1...15
    /// Chance of a coloured microphone: tilt, high-pass, low-pass and resonances each with half a chance.
    public var microphoneChance: Float = 0.5
    /// Shelf gain, either way.
    public var tilt: Float = 9
    /// Corner of the shelf.
    public var tiltCorner: ClosedRange<Float> = 300...2_000
    /// Corner of the second-order high-pass.
    public var highPass: ClosedRange<Float> = 80...400
    /// Corner of the second-order low-pass.
    public var lowPass: ClosedRange<Float> = 2_800...3_800
    /// The most resonances, each a peak or a dip.
    public var resonancesMax = 2
    /// Gain at a resonance, either way.
    public var resonance: Float = 12
    /// Frequency of a resonance.
    public var resonanceFrequency: ClosedRange<Float> = 300...3_600
    /// Frequency over width of a resonance.
    public var resonanceQuality: ClosedRange<Float> = 0.7...3
    /// Chance that the utterance takes the long-term spectrum of another recording of the same word, or comes near it.
    public var spectrumChance: Float = 0.5
    /// How far: 0 is its own, 1 the other's.
    public var spectrumShare: ClosedRange<Float> = 0...1.2
    /// The most that this lifts or lowers a band, in dB.
    public var spectrumLimit: Float = 20
    /// Chance of soft clipping.
    public var clippingChance: Float = 0.06
    /// Drive into the soft clipper over full scale.
    public var clippingDrive: ClosedRange<Float> = 3...14
    /// Peak of the result against digital full scale.
    public var peakLevel: ClosedRange<Float> = -35...0

    /// Chance of a telephone's band, 300 to 3,400 Hz, and its mu-law. Of utterances only.
    public var telephoneChance: Float = 0

    // MARK: Joined words

    /// The longest pause between words that are joined one by one, in samples; sometimes twice that.
    public var gapMax = 1_800
    /// The longest pause between words said fluently, in samples.
    public var fluentGapMax = 480
    /// The most that they overlap, in samples (90 ms).
    public var overlapMax = 720
    /// How much of a word said fluently its neighbours may take at either end, as a part of it.
    public var wornShare: Float = 0.1
    /// Factor of the length of what is said fluently: digits of 0.2 s, where those said alone take 0.4.
    public var hurry: ClosedRange<Float> = 0.5...1.05

    // MARK: The background

    /// Background before and after the utterance.
    public var padding: ClosedRange<Float> = 0.3...0.6
    /// Chance of a background nearly digital silence (-96 to -75 dB of full scale, or none).
    public var silenceChance: Float = 0.15
    /// Chance of a noisy place; else the background is a quiet one.
    public var noisyChance: Float = 0.5
    /// Signal to noise ratio in a noisy place.
    public var noisyRatio: ClosedRange<Float> = 0...20
    /// Signal to noise ratio in a quiet place.
    public var quietRatio: ClosedRange<Float> = 15...45
    /// Weights of white, pink, brown noise, hum, recorded noise, babble, and of the noise beside another recording's
    /// word.
    public var noiseWeights: [Float] = [0.11, 0.14, 0.08, 0.06, 0.5, 0.11, 0]

    // MARK: The cut

    /// Chance that the live segmenter cuts the utterance out of the stream; else `ClipSegmenter` does it on the bare
    /// clip, as `classify` and `evaluate` do.
    public var liveChance: Float = 0.65
    /// Chance that the segmenter knows the background before the stream begins; else the microphone was just opened.
    public var warmUpChance: Float = 0.9
    /// Chance that the whole recording goes into the stream rather than the utterance alone.
    public var wholeClipChance: Float = 0.4
    /// Chance that the edges move.
    public var jitterChance: Float = 0.5
    /// How far an edge moves, in frames, either way.
    public var jitterFrames = 4
    /// Chance of masking, and the most that each of two time and two band masks covers.
    public var maskChance: Float = 0.6
    /// Frames of one time mask, at most.
    public var maskFramesMax = 9
    /// Bands of one band mask, at most.
    public var maskBandsMax = 5

    /// For live microphones: the values of `digitd train`. The shipped network's runs had those of their time (Trials).
    public static let standard = AugmentationParameters()

    /// For recordings that were cut into their words, as many of FSDD's are, besides: hard gates, recordings that begin
    /// too late, breath in the nasals, more soft voices and more hiss around them, and the noise of other recordings'
    /// microphones.
    ///
    /// A network that hears half of a word as that word hears more digits in talk and in music too (Trials).
    public static let trimmed: AugmentationParameters = {
        var p = AugmentationParameters()
        p.gateChance = 0.3
        p.gateLevel = 4...34
        p.gateShareMax = 0.5
        p.lateChance = 0.3
        p.breathChance = 0.25
        p.effortChance = 0.45
        p.hissChance = 0.6
        p.hissRoomToneShare = 0.6
        p.noiseWeights = [0.08, 0.1, 0.06, 0.05, 0.32, 0.09, 0.3]
        return p
    }()

    /// For utterances: telephones too, and narrower masks, since a fluent digit has 20 frames where one said alone has
    /// 40.
    public static let utterances: AugmentationParameters = {
        var p = AugmentationParameters()
        p.telephoneChance = 0.3
        p.maskChance = 0.5
        p.maskFramesMax = 6
        p.noisyRatio = 0...22
        p.noisyChance = 0.4
        return p
    }()

    /// The defaults.
    public init() {}

    /// No change but background noise at a fixed ratio, for validation.
    ///
    /// - Parameters:
    ///   - ratio: signal to noise ratio in dB; nil leaves the recording's own background (with faint noise around).
    ///   - live: whether the utterance is cut out of a stream by the live segmenter, or from the bare clip.
    public static func validation(ratio: Float?, live: Bool) -> AugmentationParameters {
        var p = AugmentationParameters()
        p.speedChance = 0
        p.vocalTractChance = 0
        p.stretchChance = 0
        p.effortChance = 0
        p.slopeChance = 0
        p.gateChance = 0
        p.lateChance = 0
        p.reverberationChance = 0
        p.microphoneChance = 0
        p.spectrumChance = 0
        p.clippingChance = 0
        p.peakLevel = -12...(-12)
        p.padding = 0.5...0.5
        p.silenceChance = 0
        p.noisyChance = 1
        p.noisyRatio = (ratio ?? 45)...(ratio ?? 45)
        p.noiseWeights = [0.1, 0.2, 0, 0, 0.7, 0, 0]
        p.liveChance = live ? 1 : 0
        p.wholeClipChance = 0
        p.warmUpChance = 1
        p.jitterChance = 0
        p.maskChance = 0
        return p
    }
}
