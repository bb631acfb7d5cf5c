import Glibc

/// Why a capture device is not to be had, as a word for programs.
public enum LossReason: String, Sendable, Hashable, CaseIterable {
    /// There is no such device now: it was unplugged, or has not appeared yet (ENODEV, ENOENT, ENXIO).
    case missing
    /// Another program has it (EBUSY).
    case busy
    /// This user may not open it (EACCES, EPERM).
    case forbidden
    /// It gave neither sound nor an error for 2 s.
    case silent
    /// Anything else, such as a sound server that does not answer; the error's text says what.
    case failed

    /// The reason that an `errno` value stands for: one table for every place where a device fails.
    init(code: CInt) {
        switch code {
        case ENODEV, ENOENT, ENXIO: self = .missing
        case EBUSY: self = .busy
        case EACCES, EPERM: self = .forbidden
        default: self = .failed
        }
    }
}

/// Why a device is not to be had: the word, and the `errno` value behind it.
struct DeviceLoss: Equatable, Sendable {
    var reason: LossReason
    /// An `errno` value, positive; 0 for a device that gave neither sound nor an error.
    var code: CInt

    /// The loss that an `errno` value stands for.
    init(code: CInt) {
        reason = LossReason(code: code)
        self.code = code
    }

    private init(reason: LossReason, code: CInt) {
        self.reason = reason
        self.code = code
    }

    /// No frames for `CaptureRecovery.Limit.stall`, and no error.
    static let silence = DeviceLoss(reason: .silent, code: 0)

    /// The loss in words.
    var text: String {
        switch code {
        case 0: "No sound for 2 s"
        case EINVAL: "No capture format that is known here"
        case ECHRNG: "No channel of the number asked for; digitd devices lists how many there are"
        default: systemErrorText(code)
        }
    }
}

extension DeviceLoss {
    /// The loss that a ring's entry carries.
    init(_ entry: RingEntry) {
        let code = CInt(clamping: entry.first)
        self = code == 0 ? .silence : DeviceLoss(code: code)
    }

    /// The entry that says this.
    var entry: RingEntry { RingEntry(kind: .lost, first: Int64(code)) }
}
