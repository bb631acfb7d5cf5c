import Glibc

/// The listening sockets that the service manager opened for this process, as `sd_listen_fds_with_names(3)` gives them.
public enum ListenDescriptors {
    /// The number of the first one, SD_LISTEN_FDS_START.
    public static let first: CInt = 3

    /// Takes them over: each is checked, and closes at an `exec` from now on.
    ///
    /// The variables are removed from the process's own environment, because programs that it starts must not take them
    /// for theirs. Call it before other threads read the environment (`unsetenv(3)`).
    ///
    /// - Parameters:
    ///   - environment: of the process: LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES count.
    ///   - processIdentifier: of this process; what is meant for another is not taken.
    ///   - first: the number of the first descriptor.
    /// - Returns: listening Unix stream sockets, in the order of the socket units; none where none were passed to this
    ///   process. The caller owns them. Their files belong to the service manager and must not be unlinked.
    /// - Throws: `.variable` when the numbers make no sense; `.descriptor` for one that is something else.
    public static func take(
        environment: [String: String], processIdentifier: pid_t = getpid(), first: CInt = first
    ) throws(ServiceManagerError) -> [CInt] {
        defer {
            for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        }
        guard let owner = try number("LISTEN_PID", environment), owner == processIdentifier,
            let count = try number("LISTEN_FDS", environment)
        else { return [] }
        let (end, isTooMany) = first.addingReportingOverflow(count)
        guard !isTooMany else { throw .variable(name: "LISTEN_FDS", value: String(count)) }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        var taken: [CInt] = []
        // A count that is far too big ends at the first number that is no descriptor.
        for descriptor in first..<end {
            let unit = taken.count < names.count ? " (\(names[taken.count]))" : ""
            try check(descriptor, "descriptor \(descriptor)\(unit)")
            taken.append(descriptor)
        }
        return taken
    }

    /// A variable's number, 0 or more; nil where it is not set.
    private static func number(_ name: String, _ environment: [String: String]) throws(ServiceManagerError) -> CInt? {
        guard let text = environment[name] else { return nil }
        guard let value = CInt(text), value >= 0 else { throw .variable(name: name, value: text) }
        return value
    }

    private static func check(_ descriptor: CInt, _ name: String) throws(ServiceManagerError) {
        let flags = fcntl(descriptor, F_GETFD)
        guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) >= 0 else {
            throw .descriptor(name: name, reason: "not open")
        }
        guard let domain = option(SO_DOMAIN, descriptor) else { throw .descriptor(name: name, reason: "not a socket") }
        guard domain == AF_UNIX else { throw .descriptor(name: name, reason: "not a Unix socket") }
        guard option(SO_TYPE, descriptor) == CInt(SOCK_STREAM.rawValue) else {
            throw .descriptor(name: name, reason: "not a stream socket")
        }
        // With Accept=yes the manager passes a connection instead.
        guard option(SO_ACCEPTCONN, descriptor) == 1 else { throw .descriptor(name: name, reason: "not listening") }
    }

    private static func option(_ name: CInt, _ descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
