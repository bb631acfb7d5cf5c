/// Something that sound comes from: a device, a file, standard input.
///
/// A source runs a thread of its own from its making until its sound ends or `stop`, and feeds one `AudioReader`.
public protocol AudioSource: AnyObject, Sendable {
    /// The source's name: the device's, the file's path, or `-`.
    var name: String { get }
    /// Ends the source within 200 ms; its reader gets what is in the ring and then `.end`. May be called more than once.
    func stop()
    /// What the source and its reader share.
    var stream: SourceStream { get }
}

/// What a read gave: sound, or something that happened between two pieces of it. The order is exact.
public enum AudioReading: Sendable, Equatable {
    /// So many mono samples at 8 kHz were written, at least 1.
    case samples(Int)
    /// Sound is missing here: `lostFrames` of the device's own frames (0 when not known), and why
    /// (`overrun`, `suspend` or `ring_full`).
    case gap(lostFrames: Int, cause: String)
    /// The source is open and its sound follows; `rate` in Hz and `channels` are its own.
    case opened(name: String, rate: Int, channels: Int)
    /// The device is gone, or was not there at first; `.opened` follows when it is back. Given again when the reason
    /// changes meanwhile, and not for every attempt. `error` has the reason in words.
    case lost(name: String, error: String, reason: LossReason)
    /// The device was given back as wished; `.opened` or `.lost` follows when it is wanted again.
    case released(name: String)
    /// Nothing came within the time given.
    case timeout
    /// The source has ended; every further read gives this too.
    case end
}
