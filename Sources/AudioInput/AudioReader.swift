import Glibc
import Logging

/// The consumer's end of a source: mono samples at 8 kHz, full scale 1.0, and what happened between them.
///
/// Mixing and resampling are done here, on the thread that reads, and nothing is allocated per read. The samples are
/// the same whether they come from a file, standard input or a device, and however they are cut into blocks; 8 kHz is
/// passed through bit for bit. At a gap, a loss or the end the resampler gives out what it holds back and starts anew,
/// so that nothing is smeared over lost sound. NaN or infinity from a device becomes 0, and a direct-current offset is
/// taken off (`OffsetRemover`). One reader for a source.
public struct AudioReader: ~Copyable {
    /// Rate of the samples given, in Hz.
    public static let rate = 8000

    /// Samples given so far: the stream position of the next sample.
    public private(set) var position = 0

    /// How long a device may let sound gather before it hands it on, where nobody waits for it; zero at first.
    ///
    /// Between two periods that are handed on the capture thread and this one sleep, instead of waking up for every 10
    /// ms. Only a third of the device's buffer is used, and nothing is lost or reordered. Less patience ends such a
    /// sleep at once.
    public var patience: Duration {
        get { .nanoseconds(ring.patience) }
        set {
            let (seconds, attoseconds) = newValue.components
            ring.patience = min(seconds, 3600) * 1_000_000_000 + attoseconds / 1_000_000_000
        }
    }

    private let source: any AudioSource
    private var ring: RingReader
    private var format: StreamFormat?
    private var resampler: Resampler
    private var mixer: ChannelMixer
    private var offset = OffsetRemover()
    /// Mono samples at the source's rate that the resampler has not taken yet.
    private let mono: UnsafeMutableBufferPointer<Float>
    private var monoTaken = 0
    private var monoCount = 0
    /// Whether the resampler was given anything since it last began.
    private var hasHistory = false
    private var hasEnded = false
    /// When a source that was stopped counts as ended, whether it says so or not.
    private var stopDeadline: Int64?
    private var clock = CaptureClock(rate: AudioReader.rate)

    /// Most frames of a block that a source puts into the ring.
    static let blockFramesMax = 4096

    /// - Parameter source: the source to read; only one reader may be made of it.
    /// - Throws: `.system` when there are no resources left.
    public init(_ source: any AudioSource) throws(AudioInputError) {
        let resampler = try Resampler(from: Self.rate, to: Self.rate)
        self.source = source
        self.resampler = resampler
        ring = RingReader(source.stream.ring)
        let (name, logger) = (source.name, source.stream.logger)
        mixer = ChannelMixer(source.stream.channel) { logger?.warning("\(cancelledChannels(name))") }
        mono = .allocate(capacity: Self.blockFramesMax)
    }

    deinit {
        mono.deallocate()
    }

    /// Reads the next samples, or what happened before them.
    ///
    /// Waits for the first sample only: returns as soon as there is any and no more is waiting.
    /// - Parameters:
    ///   - output: room for at least 1 sample.
    ///   - timeout: how long to wait at most; `.zero` does not wait.
    /// - Throws: at the end, what ended the source early: `.notUsable` for a file with damage, NaN or infinity.
    public mutating func read(
        into output: UnsafeMutableBufferPointer<Float>, timeout: Duration
    ) throws(AudioInputError) -> AudioReading {
        precondition(!output.isEmpty)
        let (seconds, attoseconds) = timeout.components
        // A day stands for any longer wait, so that the sum cannot overflow.
        let deadline = monotonicNanoseconds() + min(seconds, 86_400) * 1_000_000_000 + attoseconds / 1_000_000_000
        var written = 0
        while written < output.count {
            if monoTaken < monoCount {
                written += resampleMono(into: UnsafeMutableBufferPointer(rebasing: output[written...]))
                continue
            }
            guard let entry = hasEnded ? RingEntry(kind: .end) : ring.peek() else {
                if written > 0 { break }
                if !waitForEntry(until: deadline) { return .timeout }
                continue
            }
            if entry.kind == .samples {
                takeSamples(entry)
                ring.advance(past: entry)
                continue
            }
            if hasHistory {
                let count = resampler.flush(into: UnsafeMutableBufferPointer(rebasing: output[written...]))
                written += count
                if count == 0 { endSegment(written) }
                continue
            }
            if written > 0 { break }
            if !hasEnded { ring.advance(past: entry) }
            return try takeMarker(entry)
        }
        position += written
        offset.process(UnsafeMutableBufferPointer(rebasing: output[..<written]))
        return .samples(written)
    }

    /// When a sample was captured, as well as the device tells: to about a period (10 ms).
    ///
    /// - Parameter sample: position in the stream at 8 kHz, of the last 5 s that were read.
    /// - Returns: CLOCK_MONOTONIC in ns; nil for a source without a clock (a file that is not played in real time) and
    ///   for samples too long ago.
    public func captureTime(ofStreamSample sample: Int) -> Int64? {
        clock.time(ofSample: sample)
    }

    /// Waits for an entry, or for the end of a source that was stopped and is stuck in a call of a hanging sound
    /// server.
    ///
    /// - Returns: false when `deadline` (CLOCK_MONOTONIC ns) has passed; after true there need not be an entry.
    private mutating func waitForEntry(until deadline: Int64) -> Bool {
        guard source.stream.isStopping else { return ring.wait(until: deadline) }
        let limit = stopDeadline ?? monotonicNanoseconds() + 150_000_000
        stopDeadline = limit
        if !ring.wait(until: min(deadline, limit)) {
            guard monotonicNanoseconds() >= limit else { return false }
            hasEnded = true
        }
        return true
    }

    private mutating func resampleMono(into output: UnsafeMutableBufferPointer<Float>) -> Int {
        let step = resampler.process(UnsafeBufferPointer(rebasing: mono[monoTaken..<monoCount]), into: output)
        monoTaken += step.taken
        hasHistory = true
        return step.written
    }

    private mutating func takeSamples(_ entry: RingEntry) {
        guard let format else { preconditionFailure("A source opens before it gives samples.") }
        let frames = Int(entry.first)
        precondition(frames <= mono.count)
        clock.add(frames: frames, at: entry.time)
        let allFinite = mixer.mix(format.sample, ring.payload, frames: frames, into: mono.baseAddress!)
        if !allFinite {
            for index in 0..<frames where !mono[index].isFinite { mono[index] = 0 }
        }
        monoTaken = 0
        monoCount = frames
    }

    /// The resampler is empty: what comes next is a new signal. `written` samples are not in `position` yet.
    private mutating func endSegment(_ written: Int) {
        resampler.reset()
        hasHistory = false
        clock.beginSegment(atSample: position + written)
    }

    private mutating func takeMarker(_ entry: RingEntry) throws(AudioInputError) -> AudioReading {
        switch entry.kind {
        case .gap:
            return .gap(lostFrames: Int(entry.first), cause: (GapCause(rawValue: entry.second) ?? .overrun).text)
        case .opened:
            let opened = OpenedMarker(entry)
            if opened.format.rate != resampler.inputRate {
                resampler = try Resampler(from: opened.format.rate, to: Self.rate)
            }
            format = opened.format
            mixer.begin(rate: opened.format.rate, channels: opened.format.channels)
            offset = OffsetRemover()
            clock.setInputRate(opened.format.rate)
            return .opened(name: source.name, rate: opened.format.rate, channels: opened.deviceChannels)
        case .lost:
            let loss = DeviceLoss(entry)
            return .lost(name: source.name, error: loss.text, reason: loss.reason)
        case .released:
            return .released(name: source.name)
        case .end:
            let isFirst = !hasEnded
            hasEnded = true
            if isFirst, let failure = source.stream.endFailure { throw failure }
            return .end
        case .samples, .padding:
            preconditionFailure("not a marker")
        }
    }
}

/// The contents of an `.opened` entry.
struct OpenedMarker {
    /// What the bytes in the ring are.
    var format: StreamFormat
    /// Channels of the source itself; a file is mixed before the ring.
    var deviceChannels: Int

    init(format: StreamFormat, deviceChannels: Int) {
        self.format = format
        self.deviceChannels = deviceChannels
    }

    init(_ entry: RingEntry) {
        let sample = SampleFormat(rawValue: UInt8(truncatingIfNeeded: entry.second)) ?? .int16
        format = StreamFormat(sample: sample, rate: Int(entry.first), channels: Int(entry.second >> 8 & 0xffff))
        deviceChannels = Int(entry.second >> 24)
    }

    /// The entry that says this.
    var entry: RingEntry {
        let packed = Int64(deviceChannels) << 24 | Int64(format.channels) << 8 | Int64(format.sample.rawValue)
        return RingEntry(kind: .opened, first: Int64(format.rate), second: packed)
    }
}
