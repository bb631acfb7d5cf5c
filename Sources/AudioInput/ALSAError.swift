import CALSA
import Glibc

/// A negative result of libasound, as the positive `errno` value that it stands for.
struct ALSAError: Error, Equatable {
    /// The `errno` value, positive.
    let code: CInt

    /// What libasound's result means: nothing, or an error.
    static func check(_ result: CInt) throws(ALSAError) {
        if result < 0 { throw ALSAError(code: -result) }
    }

    /// The decision for the caller.
    func audioInputError(device: String) -> AudioInputError {
        switch LossReason(code: code) {
        case .missing: .deviceMissing(name: device)
        case .busy: .deviceBusy(name: device)
        case .forbidden: .deviceNotPermitted(name: device)
        case .silent, .failed:
            .deviceFailed(
                name: device,
                reason: code == EINVAL ? "it offers no capture format that is known here" : systemErrorText(code))
        }
    }
}
