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

    /// The decision for the caller: one table for every place where a device is opened.
    func audioInputError(device: String) -> AudioInputError {
        switch code {
        case ENOENT, ENODEV, ENXIO: .deviceMissing(name: device)
        case EBUSY: .deviceBusy(name: device)
        case EACCES, EPERM: .deviceNotPermitted(name: device)
        case EINVAL: .deviceFailed(name: device, reason: "it offers no capture format that is known here")
        default: .deviceFailed(name: device, reason: systemErrorText(code))
        }
    }
}
