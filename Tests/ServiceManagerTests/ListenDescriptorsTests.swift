import Glibc
import ServiceManager
import Testing

/// One at a time: the tests put descriptors at numbers of their choice.
@Suite(.serialized) struct ListenDescriptorsTests {
    /// Far above what other tests of this process have open.
    private static let first: CInt = 900
    private let scratch = ScratchDirectory()

    @Test func listeningSocketsAreTakenInOrderAndCloseAtExec() throws {
        let sockets = [listener("a"), listener("b")]
        // An optimised build ends an object's life, which closes the socket, after its last use.
        defer { withExtendedLifetime(sockets) { pass([]) } }
        pass(sockets.map(\.descriptor))
        let taken = try take(["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "digitd.socket:other"])
        #expect(taken == [900, 901])
        #expect(taken.allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 })
    }

    @Test func variablesAreRemovedFromTheProcess() throws {
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { setenv(name, "1", 1) }
        _ = try take([:])
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { #expect(getenv(name) == nil) }
    }

    @Test(arguments: [
        [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "42"], ["LISTEN_PID": "42", "LISTEN_FDS": "0"],
        ["LISTEN_PID": "43", "LISTEN_FDS": "1"], ["LISTEN_PID": "43", "LISTEN_FDS": "nonsense"],
    ])
    func nothingIsTakenWhereNothingIsOurs(_ environment: [String: String]) throws {
        #expect(try take(environment) == [])
    }

    @Test(arguments: [
        ("LISTEN_FDS", "-1"), ("LISTEN_FDS", "2147483648"), ("LISTEN_FDS", "2147483647"),
        ("LISTEN_FDS", "99999999999999999999"), ("LISTEN_FDS", ""), ("LISTEN_FDS", "1 "), ("LISTEN_FDS", "0x1"),
        ("LISTEN_PID", "-42"), ("LISTEN_PID", "4294967338"), ("LISTEN_PID", "self"), ("LISTEN_PID", ""),
    ])
    func nonsenseIsRefusedByName(_ name: String, _ value: String) {
        let environment = ["LISTEN_PID": "42", "LISTEN_FDS": "1"].merging([name: value]) { _, new in new }
        #expect(throws: ServiceManagerError.variable(name: name, value: value)) { try take(environment) }
        #expect(
            "\(ServiceManagerError.variable(name: name, value: value))"
                == "\(name) is \"\(value)\", which is not a number that a service manager gives; "
                + "start digitd with its socket unit, or unset \(name).")
    }

    @Test func countBeyondWhatIsOpenIsRefused() {
        let socket = listener("a")
        defer { withExtendedLifetime(socket) { pass([]) } }
        pass([socket.descriptor])
        let refusal = ServiceManagerError.descriptor(name: "descriptor 901", reason: "not open")
        #expect(throws: refusal) { try take(["LISTEN_PID": "42", "LISTEN_FDS": "2147480000"]) }
    }

    @Test func whatIsNoListeningStreamSocketIsRefused() {
        let bound = ManagerSocket(path: "\(scratch.path)/bound", type: SOCK_STREAM)
        let datagram = ManagerSocket(path: "\(scratch.path)/datagram", type: SOCK_DGRAM)
        let internet = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let file = open("/dev/null", O_RDONLY)
        defer {
            withExtendedLifetime((bound, datagram)) { pass([]) }
            close(internet)
            close(file)
        }
        for (descriptor, reason) in [
            (bound.descriptor, "not listening"), (datagram.descriptor, "not a stream socket"),
            (internet, "not a Unix socket"), (file, "not a socket"),
        ] {
            pass([descriptor])
            let refusal = ServiceManagerError.descriptor(name: "descriptor 900 (digitd.socket)", reason: reason)
            #expect(throws: refusal) {
                try take(["LISTEN_PID": "42", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "digitd.socket"])
            }
        }
        #expect(
            "\(ServiceManagerError.descriptor(name: "descriptor 3", reason: "not listening"))"
                == "The descriptor 3 that the service manager passes is not listening; "
                + "give its socket unit nothing but ListenStream= with an absolute path.")
    }

    private func take(_ environment: [String: String]) throws -> [CInt] {
        try ListenDescriptors.take(environment: environment, processIdentifier: 42, first: Self.first)
    }

    private func listener(_ name: String) -> ManagerSocket {
        let socket = ManagerSocket(path: "\(scratch.path)/\(name)", type: SOCK_STREAM)
        listen(socket.descriptor, 1)
        return socket
    }

    /// Makes copies at the numbers from `first` on, as a service manager does, and closes what was there.
    private func pass(_ descriptors: [CInt]) {
        for (offset, descriptor) in descriptors.enumerated() { dup2(descriptor, Self.first + CInt(offset)) }
        for number in descriptors.count..<3 { close(Self.first + CInt(number)) }
    }
}
