/// The contract's exit codes, those of sysexits.h.
enum ExitStatus: CInt {
    /// Everything asked for was done.
    case done = 0
    /// What was asked for was not done, for a reason that has no code of its own.
    case failed = 1
    /// `EX_USAGE`; the argument parser's own.
    case usage = 64
    /// `EX_DATAERR`: the input was read and is not usable.
    case inputNotUsable = 65
    /// `EX_NOINPUT`: the input is missing or may not be read.
    case inputMissing = 66
    /// `EX_UNAVAILABLE`: the capture device or the running daemon cannot be had.
    case unavailable = 69
    /// `EX_CONFIG`.
    case badConfiguration = 78
}
