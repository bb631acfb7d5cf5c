/// Why a front end, a mel spectrogram or its picture cannot be made; each case is a different decision for the caller.
public enum MelError: Error, Sendable, Equatable {
    /// The front-end number `name` is outside what this front end can compute.
    case parameterOutOfRange(name: String, value: String, allowed: String)
    /// A weights file's metadata lacks the front-end key `key`.
    case metadataMissing(key: String)
    /// A weights file asks for a front-end number that this program does not produce.
    case metadataUnsupported(key: String, value: String, allowed: String)
    /// FFTW could not allocate its buffers or make a plan for this length (in samples).
    case transformUnavailable(length: Int)
    /// The file is missing, a directory or not permitted (input missing or unreadable).
    case unreadable(path: String, reason: String)
    /// The file was read but is not a mel-spectrogram PNG (input not usable).
    case notUsable(path: String, reason: String)
    /// The picture could not be written.
    case notWritten(path: String, reason: String)
}

extension MelError: CustomStringConvertible {
    /// One sentence that says what is wrong and what to do.
    public var description: String {
        switch self {
        case .parameterOutOfRange(let name, let value, let allowed):
            "The front end cannot use \(name) = \(value); set it to \(allowed)."
        case .metadataMissing(let key):
            "The weights file has no \"\(key)\" in its metadata; use a weights file written by digitd train."
        case .metadataUnsupported(let key, let value, let allowed):
            "The weights file asks for \(key) = \"\(value)\" but this program produces \(allowed); "
                + "use a weights file trained with that."
        case .transformUnavailable(let length):
            "FFTW could not prepare a transform of \(length) samples; free some memory and try again."
        case .unreadable(let path, let reason):
            "Cannot read \"\(path)\": \(reason)."
        case .notUsable(let path, let reason):
            "Cannot use \"\(path)\" as a mel spectrogram: \(reason)."
        case .notWritten(let path, let reason):
            "Cannot write \"\(path)\": \(reason)."
        }
    }
}
