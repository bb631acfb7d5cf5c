/// Why sound cannot be had, as a decision for the caller.
///
/// Each case is one thing that the person who started the program can do something about; `description` is one sentence
/// that names the input and says what to do.
public enum AudioInputError: Error, Sendable, Equatable {
    /// There is no file of that name.
    case missing(path: String)
    /// The file is there but may not or cannot be read.
    case unreadable(path: String, reason: String)
    /// The input was read and is not sound that can be used. `reason` completes "X cannot be used: ...".
    case notUsable(input: String, reason: String)
    /// No capture device has that name, or its card is unplugged.
    case deviceMissing(name: String)
    /// Another program holds the capture device.
    case deviceBusy(name: String)
    /// The system does not let this user open the capture device.
    case deviceNotPermitted(name: String)
    /// The system has no capture device at all.
    case deviceNone
    /// The capture device answers with an error that has no case of its own.
    case deviceFailed(name: String, reason: String)
    /// The system refuses something that is not the input's fault: memory, threads, descriptors.
    case system(what: String, reason: String)

    /// What kind of failure this is, for an exit status or a decision to try again.
    public enum Category: Sendable, Equatable {
        /// The input is not there or may not be read (`EX_NOINPUT`).
        case inputMissing
        /// The input was read and cannot be used (`EX_DATAERR`).
        case inputNotUsable
        /// The capture device cannot be had now (`EX_UNAVAILABLE`); it may come back.
        case deviceUnavailable
        /// Anything else.
        case failed
    }

    /// The kind of failure.
    public var category: Category {
        switch self {
        case .missing, .unreadable: .inputMissing
        case .notUsable: .inputNotUsable
        case .deviceMissing, .deviceBusy, .deviceNotPermitted, .deviceNone, .deviceFailed: .deviceUnavailable
        case .system: .failed
        }
    }
}

extension AudioInputError: CustomStringConvertible {
    /// One sentence that names the input and says what to do.
    public var description: String {
        switch self {
        case .missing(let path):
            "\(path) does not exist; give the name of a WAV, FLAC or Ogg file."
        case .unreadable(let path, let reason):
            "\(path) cannot be read (\(reason)); give a file that this user may read."
        case .notUsable(let input, let reason):
            "\(input) cannot be used: \(reason)."
        case .deviceMissing(let name):
            "The capture device \(name) is not there; plug it in, or choose one that `digitd devices` lists."
        case .deviceBusy(let name):
            "The capture device \(name) is in use by another program; stop that program or choose another device."
        case .deviceNotPermitted(let name):
            "The capture device \(name) may not be opened by this user; add the user to the group audio."
        case .deviceNone:
            "There is no microphone: the system has no capture device; plug one in and try again."
        case .deviceFailed(let name, let reason):
            "The capture device \(name) cannot be used (\(reason)); choose another that `digitd devices` lists."
        case .system(let what, let reason):
            "\(what) failed (\(reason)); free some resources and try again."
        }
    }
}
