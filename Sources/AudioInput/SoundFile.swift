import CSndFile
import Glibc

/// The sample rates that are accepted, in Hz: below, speech is no longer understood; above, it is no sound card's rate.
let acceptedRates = 4000...192_000

/// An open sound file: `sf_open_fd`, `sf_readf_float` and `sf_close` of libsndfile.
///
/// The file is opened with `open` first, because libsndfile gives every failure of the system the one code
/// `SF_ERR_SYSTEM`, and the caller must be told a missing file from an unusable one.
struct SoundFile: ~Copyable {
    /// The name given, for messages.
    let path: String
    /// Sample rate in Hz, within `acceptedRates`.
    let rate: Int
    /// Interleaved channels, at least 1.
    let channels: Int
    /// Frames that the header promises and the file's size admits, at least 1; a hint only.
    let frameCount: Int
    private let handle: OpaquePointer

    /// Opens a WAV, FLAC, Ogg or other file that libsndfile knows.
    ///
    /// - Throws: `.missing` or `.unreadable` when the system refuses, `.notUsable` for a directory, an empty file,
    ///   anything that is not sound, no frames, or a rate outside `acceptedRates`.
    init(path: String) throws(AudioInputError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .missing(path: path)
            case let code: throw .unreadable(path: path, reason: systemErrorText(code))
            }
        }
        try self.init(descriptor: descriptor, name: path)
    }

    /// Takes an open file over, which is closed with the value, and when this throws; for errors it is called `path`.
    ///
    /// - Throws: `.notUsable`, or `.unreadable` when the system refuses.
    init(descriptor: CInt, name path: String) throws(AudioInputError) {
        do throws(AudioInputError) { try Self.refuseWithoutContent(descriptor, path) } catch {
            close(descriptor)
            throw error
        }
        var info = SF_INFO()
        // libsndfile closes the descriptor, also when it fails.
        guard let handle = sf_open_fd(descriptor, CInt(SFM_READ), &info, 1) else {
            throw .notUsable(input: path, reason: Self.openFailure())
        }
        do throws(AudioInputError) { try Self.refuseUnusable(info, path) } catch {
            sf_close(handle)
            throw error
        }
        self.path = path
        self.rate = Int(info.samplerate)
        self.channels = Int(info.channels)
        self.frameCount = Int(info.frames)
        self.handle = handle
    }

    deinit {
        sf_close(handle)
    }

    /// Reads up to `buffer.count / channels` interleaved frames as floats, full scale 1.0.
    ///
    /// - Returns: the frames read, 0 at the end.
    /// - Throws: `.notUsable` when the decoder reports damage.
    mutating func readFrames(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioInputError) -> Int {
        let read = sf_readf_float(handle, buffer.baseAddress, sf_count_t(buffer.count / channels))
        if read <= 0, Int(sf_error(handle)) != SF_ERR_NO_ERROR {
            throw .notUsable(input: path, reason: "its data is damaged (\(Self.plain(sf_strerror(handle))))")
        }
        return max(0, Int(read))
    }

    private static func refuseWithoutContent(_ descriptor: CInt, _ path: String) throws(AudioInputError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .unreadable(path: path, reason: systemErrorText(errno))
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: throw .notUsable(input: path, reason: "it is a directory, not a sound file")
        case S_IFREG where status.st_size == 0: throw .notUsable(input: path, reason: "the file is empty")
        case S_IFREG:
            if let complaint = chunkComplaint(descriptor, size: Int(status.st_size)) {
                throw .notUsable(input: path, reason: complaint)
            }
        default: return
        }
    }

    private static func refuseUnusable(_ info: SF_INFO, _ path: String) throws(AudioInputError) {
        guard info.channels >= 1 else { throw .notUsable(input: path, reason: "it has no channels") }
        guard acceptedRates.contains(Int(info.samplerate)) else {
            throw .notUsable(input: path, reason: rateRefusal(Int(info.samplerate)))
        }
        guard info.frames > 0 else { throw .notUsable(input: path, reason: "it holds no samples") }
    }

    /// Why `sf_open_fd` failed, from libsndfile's own code.
    private static func openFailure() -> String {
        switch Int(sf_error(nil)) {
        case SF_ERR_UNRECOGNISED_FORMAT:
            "it is not a sound file of a known format (WAV, FLAC, Ogg)"
        case SF_ERR_UNSUPPORTED_ENCODING:
            "its encoding is not supported"
        default:
            "its header is damaged or incomplete (\(plain(sf_strerror(nil))))"
        }
    }

    /// libsndfile's text as part of a sentence: its first one, without "Error : " in front and a full stop behind.
    private static func plain(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "unknown error" }
        var result = Substring(String(cString: text))
        for prefix in ["Error : ", "Error: "] where result.hasPrefix(prefix) { result.removeFirst(prefix.count) }
        result = result.prefix { $0 != "." && $0 != "\n" }
        while result.last?.isWhitespace == true { result.removeLast() }
        return String(result)
    }
}

/// The reason given for a rate outside `acceptedRates`.
func rateRefusal(_ rate: Int) -> String {
    "its sample rate is \(rate) Hz, and only \(acceptedRates.lowerBound) to \(acceptedRates.upperBound) Hz are accepted"
}
