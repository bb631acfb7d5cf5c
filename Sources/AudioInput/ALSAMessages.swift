import CALSA
import Logging
import Synchronization

/// Where libasound's own messages go. It would print them on standard error, one for each attempt to open a device.
enum ALSAMessages {
    private static let logger = Mutex<Logger?>(nil)

    /// Sends the messages to `logger` at debug level, or nowhere. Holds for the process.
    static func redirect(to newLogger: Logger?) {
        logger.withLock { $0 = newLogger ?? $0 }
        calsa_redirect_messages { function, text in
            guard let logger = ALSAMessages.logger.withLock({ $0 }), let text else { return }
            logger.debug(
                "\(String(cString: text))", metadata: ["function": "\(function.map { String(cString: $0) } ?? "")"])
        }
    }
}
