import Glibc

/// Puts the terminal back when the process crashes, before whatever else follows a crash.
enum TerminalRescue {
    private static let signals = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

    /// From now on a crash leaves the screen and sets the attributes.
    static func arm(_ descriptor: CInt, _ attributes: termios, leaving: String) {
        // A handler may touch only what is there already.
        if rescueAttributes == nil { rescueAttributes = .allocate(capacity: 1) }
        rescueAttributes?.initialize(to: attributes)
        if rescueText == nil {
            let bytes = Array(leaving.utf8)
            rescueText = .allocate(capacity: bytes.count)
            rescueText?.initialize(from: bytes, count: bytes.count)
            rescueTextCount = bytes.count
        }
        rescueDescriptor = descriptor
        for number in signals where rescueActions[Int(number)] == nil {
            let before = UnsafeMutablePointer<sigaction>.allocate(capacity: 1)
            before.initialize(to: sigaction())
            var action = sigaction()
            action.__sigaction_handler.sa_handler = rescue
            // On the stack for signals where there is one: the crash may be a stack that overflowed.
            action.sa_flags = CInt(SA_ONSTACK)
            if sigaction(number, &action, before) == 0 { rescueActions[Int(number)] = before }
        }
    }

    /// The terminal is no longer this process's business.
    static func disarm() { rescueDescriptor = -1 }
}

// Set by `arm`, read by the handler.
private nonisolated(unsafe) var rescueDescriptor: CInt = -1
private nonisolated(unsafe) var rescueAttributes: UnsafeMutablePointer<termios>?
private nonisolated(unsafe) var rescueText: UnsafeMutablePointer<UInt8>?
private nonisolated(unsafe) var rescueTextCount = 0
private nonisolated(unsafe) let rescueActions: UnsafeMutableBufferPointer<UnsafeMutablePointer<sigaction>?> = {
    let actions = UnsafeMutableBufferPointer<UnsafeMutablePointer<sigaction>?>.allocate(capacity: 65)
    actions.initialize(repeating: nil)
    return actions
}()

/// Only functions that signal-safety(7) lists.
private func rescue(_ number: CInt) {
    let descriptor = rescueDescriptor
    rescueDescriptor = -1
    if descriptor >= 0, let text = rescueText, let attributes = rescueAttributes {
        _ = write(descriptor, text, rescueTextCount)
        tcsetattr(descriptor, TCSANOW, attributes)
    }
    // As it would have been: the run-time library's own handler, or the end.
    if let before = rescueActions[Int(number)] { sigaction(number, before, nil) } else { signal(number, SIG_DFL) }
    raise(number)
}
