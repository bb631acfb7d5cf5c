/// Makes one channel of several: the one that was asked for, or their mean.
///
/// A microphone whose two wires are swapped on one side, or a balanced one behind a stereo plug, gives the same sound
/// in two channels with opposite signs, and their mean is silence. So where the mean is far weaker than its parts, the
/// stronger channel is taken alone. The parts are measured in windows of 10 ms that count from the first frame, so that
/// the samples are the same however they are cut into blocks. Nothing is allocated once the number of channels is
/// known.
struct ChannelMixer {
    /// What is heard.
    let channel: CaptureChannel
    /// Called once, when a stronger channel is first taken alone.
    private let whenCancelled: @Sendable () -> Void
    private var windowFrames = 1
    private var windowFilled = 0
    /// Energy of each channel, and of their mean, in the window so far.
    private var energies: [Float] = []
    private var meanEnergy: Float = 0
    /// The channel that is taken alone.
    private(set) var strongest: Int?
    /// How loud it was when it was last heard loudly, as a power that slowly falls.
    private var loudness: Float = 0
    /// Windows in a row that speak for a change.
    private var streak = 0
    private var wasTold = false

    /// The power of the mean, relative to that of as many sounds that have nothing to do with each other, under which
    /// the channels cancel each other out. 1 for such sounds, whatever their number, and more for equal ones.
    private static let cancelledRatio: Float = 0.1
    /// Over this they no longer do; between the two all stays as it is.
    private static let soundRatio: Float = 0.5
    /// Windows that decide: 30 ms to take a channel, and 300 ms, of those that are about as loud, to let go of it
    /// again. Noise between words need not cancel out as the words do.
    private static let windowsToTake = 3
    private static let windowsToLetGo = 30
    /// Part of the loudness that a window must have to count: -10 dB.
    private static let loudPart: Float = 0.1
    /// What is left of the loudness after a window: half of it after a minute.
    private static let loudnessDecay: Float = 0.999_88
    /// A power under which nothing is decided: -100 dB of full scale.
    private static let powerMinimum: Float = 1e-10

    init(_ channel: CaptureChannel, whenCancelled: @escaping @Sendable () -> Void = {}) {
        self.channel = channel
        self.whenCancelled = whenCancelled
    }

    /// A new signal of this form follows.
    mutating func begin(rate: Int, channels: Int) {
        windowFrames = max(1, rate / 100)
        energies = [Float](repeating: 0, count: channels)
        (windowFilled, meanEnergy, strongest, loudness, streak) = (0, 0, nil, 0, 0)
    }

    /// Converts interleaved frames to one channel, full scale 1.0; parameters as of `SampleFormat.mixToMono`.
    ///
    /// - Returns: false when a sample that was taken is NaN or infinite.
    mutating func mix(
        _ format: SampleFormat, _ bytes: UnsafeRawPointer, frames: Int, into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        let channels = energies.count
        if case .number(let number) = channel {
            return format.take(
                channel: min(number, channels - 1), bytes, frames: frames, channels: channels, into: output)
        }
        guard channels > 1 else { return format.mixToMono(bytes, frames: frames, channels: 1, into: output) }
        var allFinite = true
        var done = 0
        while done < frames {
            let count = min(frames - done, windowFrames - windowFilled)
            let start = bytes + done * channels * format.byteCount
            let isFinite =
                if let strongest {
                    format.take(channel: strongest, start, frames: count, channels: channels, into: output + done)
                } else {
                    format.mixToMono(start, frames: count, channels: channels, into: output + done)
                }
            allFinite = allFinite && isFinite
            energies.withUnsafeMutableBufferPointer {
                meanEnergy += format.addEnergies(start, frames: count, channels: channels, to: $0)
            }
            windowFilled += count
            done += count
            if windowFilled == windowFrames { judge() }
        }
        return allFinite
    }

    /// A window is full.
    private mutating func judge() {
        let channels = Float(energies.count)
        let all = energies.reduce(0, +)
        let ratio = all > 0 ? meanEnergy * channels * channels / all : 1
        let (loudest, energy) = energies.enumerated().max { $0.element < $1.element } ?? (0, 0)
        let power = energy / Float(windowFrames)
        for index in energies.indices { energies[index] = 0 }
        (meanEnergy, windowFilled) = (0, 0)
        guard strongest != nil else {
            streak = ratio < Self.cancelledRatio && power > Self.powerMinimum ? streak + 1 : 0
            guard streak >= Self.windowsToTake else { return }
            (strongest, loudness, streak) = (loudest, power, 0)
            if !wasTold { whenCancelled() }
            wasTold = true
            return
        }
        loudness = max(loudness * Self.loudnessDecay, power)
        guard power >= loudness * Self.loudPart else { return }
        streak = ratio > Self.soundRatio ? streak + 1 : 0
        if streak >= Self.windowsToLetGo { (strongest, streak) = (nil, 0) }
    }
}

/// The sentence for the log.
func cancelledChannels(_ name: String) -> String {
    "The channels of \(name) cancel each other out, as one is the inverse of another; the stronger one alone is heard."
}
