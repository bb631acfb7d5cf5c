import AudioInput
import DigitEvents
import Glibc

/// The clocks that a recognition is stamped with; tests bring their own.
public struct RecognitionClocks: Sendable {
    /// The wall clock; nil leaves `time` out of the events.
    public var wallTime: @Sendable () -> WallTime?
    /// CLOCK_MONOTONIC, in nanoseconds: what capture times are given in.
    public var monotonicNanoseconds: @Sendable () -> Int64

    /// Clocks of one's own.
    public init(wallTime: @escaping @Sendable () -> WallTime?, monotonicNanoseconds: @escaping @Sendable () -> Int64) {
        self.wallTime = wallTime
        self.monotonicNanoseconds = monotonicNanoseconds
    }

    /// The system's clocks.
    public static var system: RecognitionClocks {
        RecognitionClocks(
            wallTime: { WallTime(millisecondsSince1970: read(CLOCK_REALTIME) / 1_000_000) },
            monotonicNanoseconds: { read(CLOCK_MONOTONIC) })
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Room for the samples of one reading. A class, because the optimiser leaves out the deinit of some generic structs that can't be
/// copied (Swift 6.3.1).
private final class Chunk {
    let samples: UnsafeMutableBufferPointer<Float>

    init(count: Int) { samples = .allocate(capacity: count) }

    deinit { samples.deallocate() }
}

/// The recognition thread's loop: reads a source, drives the recogniser, and gives everything that happens as events, in order.
///
/// Reading, resampling, recognition and the events' closure all run on the thread that calls `run`, which may be any plain
/// thread. A slow closure delays recognition, so hand events on and return.
public struct LiveRecognition<Recognizer: StreamRecognizing & ~Copyable>: ~Copyable {
    private var reader: AudioReader
    /// The recogniser: its levels and parameters. While `run` runs they are the housekeeping's to change.
    public var recognizer: Recognizer
    private let clocks: RecognitionClocks
    private let chunk = Chunk(count: chunkSamples)
    private var sourceRate = AudioReader.rate
    /// The last DEVICE of an open source, without a reason.
    private var openDevice: DigitEvent.Device?
    private var sound = SoundWatch()
    private var hasOpened = false
    private var isMuted = false
    /// Samples that were read and not recognised.
    private var mutedSamples = 0

    /// The longest wait for sound between two calls of the housekeeping.
    private static var timeout: Duration { .milliseconds(95) }
    /// Samples read at once: 100 ms. A live source gives what there is, sooner.
    private static var chunkSamples: Int { 800 }

    /// Recognises what `reader` gives.
    public init(
        reader: consuming AudioReader, recognizer: consuming Recognizer,
        clocks: RecognitionClocks = .system
    ) {
        self.reader = reader
        self.recognizer = recognizer
        self.clocks = clocks
    }

    /// Runs until the source ends or `shouldStop` says so. Then finishes the open utterance.
    ///
    /// - Parameters:
    ///   - shouldStop: asked between readings, ten times a second or more, whether there is a device or not.
    ///   - emit: gets each event, on this thread.
    /// - Throws: what ended the source early; the events until then have been given.
    public mutating func run(
        shouldStop: () -> Bool = { false }, _ emit: (DigitEvent) -> Void
    ) throws(AudioInputError) {
        try run(housekeeping: { _ in !shouldStop() }, emit)
    }

    /// Runs until the source ends or `housekeeping` says so. Then finishes the open utterance.
    ///
    /// - Parameters:
    ///   - isMuteWished: asked at each reading whether nothing is to be recognised for now.
    ///   - hearing: gets all samples just before they are recognised, or would be: mono at 8 kHz.
    ///   - housekeeping: called between readings, ten times a second or more, whether there is a device or not. May look at
    ///     the recogniser and change its parameters, which hold from the next reading on. Returns false to end the run.
    ///   - emit: gets each event, on this thread.
    /// - Throws: what ended the source early; the events until then have been given.
    public mutating func run(
        isMuteWished: () -> Bool = { false }, hearing: (Span<Float>) -> Void = { _ in },
        housekeeping: (inout Recognizer) -> Bool,
        _ emit: (DigitEvent) -> Void
    ) throws(AudioInputError) {
        var failure: AudioInputError?
        do throws(AudioInputError) {
            while housekeeping(&recognizer) {
                mute(isMuteWished(), emit)
                guard try step(hearing, emit) else { break }
            }
        } catch {
            failure = error
        }
        recognizer.finish { emit(Self.stamped($0, reader, clocks, mutedSamples)) }
        if let failure { throw failure }
    }

    /// What is being said when a mute begins or ends is cut, and told from no other word then.
    private mutating func mute(_ isWished: Bool, _ emit: (DigitEvent) -> Void) {
        guard isWished != isMuted else { return }
        isMuted = isWished
        recognizer.gap(lostSamples: 0) { emit(Self.stamped($0, reader, clocks, mutedSamples)) }
        emit(.mute(.init(muted: isMuted)))
    }

    /// Tells when an open source gives no sound, and when it does again.
    private mutating func watch(_ samples: Span<Float>, _ emit: (DigitEvent) -> Void) {
        guard let change = sound.hear(samples), var device = openDevice else { return }
        if change == .silent { device.reason = .silent }
        emit(.device(device))
    }

    /// One reading; false at the end.
    private mutating func step(
        _ hearing: (Span<Float>) -> Void, _ emit: (DigitEvent) -> Void
    ) throws(AudioInputError) -> Bool {
        switch try reader.read(into: chunk.samples, timeout: Self.timeout) {
        case .samples(let count):
            let samples = UnsafeBufferPointer(rebasing: chunk.samples[..<count])
            hearing(samples.span)
            watch(samples.span, emit)
            if isMuted {
                mutedSamples += count
                recognizer.gap(lostSamples: count) { emit(Self.stamped($0, reader, clocks, mutedSamples)) }
            } else {
                recognizer.process(samples.span) { emit(Self.stamped($0, reader, clocks, mutedSamples)) }
            }
            let patience = recognizer.patience
            if patience != reader.patience { reader.patience = patience }
        case .gap(let lostFrames, let cause):
            let lost = Double(lostFrames) * Double(AudioReader.rate) / Double(sourceRate)
            recognizer.gap(lostSamples: Int(lost.rounded())) { emit(Self.stamped($0, reader, clocks, mutedSamples)) }
            emit(.gap(.init(lostFrames: lostFrames, cause: cause)))
        case .opened(let name, let rate, let channels):
            // The first opening is the stream's beginning; a later one may bring another microphone in another place.
            if hasOpened { recognizer.restart { emit(Self.stamped($0, reader, clocks, mutedSamples)) } }
            hasOpened = true
            sourceRate = rate
            sound = SoundWatch()
            openDevice = .init(state: .open, name: name, rate: rate, channels: channels)
            emit(.device(.init(state: .open, name: name, rate: rate, channels: channels)))
        case .lost(let name, let error, let reason):
            recognizer.gap(lostSamples: 0) { emit(Self.stamped($0, reader, clocks, mutedSamples)) }
            emit(.device(.init(state: .lost, name: name, reason: .init(reason), error: error)))
        case .released(let name):
            recognizer.gap(lostSamples: 0) { emit(Self.stamped($0, reader, clocks, mutedSamples)) }
            emit(.device(.init(state: .released, name: name)))
        case .timeout:
            break
        case .end:
            return false
        }
        return true
    }

    /// The event with the time of its sending, and with its latency where the source has a clock.
    private static func stamped(
        _ recognition: Recognition, _ reader: borrowing AudioReader, _ clocks: RecognitionClocks, _ mutedSamples: Int
    ) -> DigitEvent {
        switch recognition.event {
        case .digit(var digit):
            digit.time = clocks.wallTime()
            if let sample = recognition.lastSpeechSample,
                let captured = reader.captureTime(ofStreamSample: sample + mutedSamples)
            {
                digit.latencyMilliseconds = Int((clocks.monotonicNanoseconds() - captured) / 1_000_000)
            }
            return .digit(digit)
        case .rejected(var rejected):
            rejected.time = clocks.wallTime()
            return .rejected(rejected)
        default:
            return recognition.event
        }
    }
}

extension DigitEvent.Device.Reason {
    /// The protocol's word for a loss.
    init(_ reason: LossReason) { self.init(rawValue: reason.rawValue) }
}
