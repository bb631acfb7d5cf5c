import DigitEvents
import Dispatch
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Publishes events to the clients of a Unix socket.
///
/// Each client has a policy, which says what it wants, and a bounded queue. A slow client loses events of its own, is told how
/// many, and slows nobody else. One thread, the event loop, does all the work; every method may be called from any other.
///
/// An event is encoded once, in ``publish(_:)``, and its bytes are shared by all clients: a client that reads nothing costs
/// a few kilobytes besides what the kernel keeps for its socket. Call ``close(reason:grace:)`` before the last reference goes.
public final class EventServer: Sendable {
    /// Where clients connect.
    public enum Address: Sendable, Hashable {
        /// A socket of our own: its path, the file's permission bits, and the name or number of its group, nil for the user's.
        ///
        /// A dead socket's file at the path is replaced; anything else there is left alone and is an error.
        case path(String, mode: UInt16, group: String?)
        /// A listening socket from the service manager. Its file stays when the server closes.
        case descriptor(CInt)
    }

    /// Limits, which ``EventServer/update(_:)`` can change while clients are connected.
    public struct Options: Sendable, Equatable {
        /// How many clients may be connected at a time, from 1. The next is told so and closed.
        public var clientsMax: Int
        /// How many of them may be one user's, but for root and the daemon's own user; from 1.
        public var clientsPerUser: Int
        /// How many events may wait for one client, from 16. Further ones are lost for this client, and counted.
        public var queueEvents: Int
        /// How long a client may leave what waits for it unread before it is closed.
        public var stallLimit: Duration

        /// Limits; without arguments the protocol's.
        ///
        /// - Parameter clientsPerUser: nil for a quarter of all.
        public init(
            clientsMax: Int = 64, clientsPerUser: Int? = nil, queueEvents: Int = 256,
            stallLimit: Duration = .seconds(10)
        ) {
            self.clientsMax = clientsMax
            self.clientsPerUser = clientsPerUser ?? max(1, clientsMax / 4)
            self.queueEvents = queueEvents
            self.stallLimit = stallLimit
        }

        /// How many of the places are kept for root and the daemon's own user.
        var clientsReserved: Int { clientsMax / 8 }
    }

    private enum State { case listening, accepting, closed }

    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let registry: NIOLoopBoundBox<ClientRegistry>
    private let socket: ListeningSocket
    private let demand = Demand()
    private let logger: Logger
    private let state = Mutex(State.listening)

    /// Binds and listens at once; clients that connect wait in the kernel's queue until ``startAccepting()``.
    ///
    /// - Parameters:
    ///   - address: Where clients connect.
    ///   - options: The limits at first.
    ///   - release: The program's version, for VERSION.
    ///   - logger: Gets who comes and goes at info, who is turned away or disconnected at warning; never events.
    ///   - status: What STATUS says, but for the clients and overflows, which the server fills in. Called on the event loop:
    ///     it must not block.
    public init(
        address: Address, options: Options = Options(), release: String, logger: Logger,
        status: @escaping @Sendable () -> DigitEvent.Status
    ) throws(EventServerError) {
        socket = try ListeningSocket(address)
        self.logger = logger
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = group.any()
        registry = .makeBoxSendingValue(
            ClientRegistry(options: options, release: release, logger: logger, demand: demand, status: status),
            eventLoop: loop)
    }

    deinit { close(reason: "shutdown", grace: .zero) }

    /// Accepts clients from now on. Each gets VERSION and the last published DEVICE.
    public func startAccepting() {
        let begins = state.withLock { state in
            guard state == .listening else { return false }
            state = .accepting
            return true
        }
        guard begins else { return }
        ServerBootstrap(group: loop)
            .serverChannelInitializer { [logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptErrors(logger: logger))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // Read by request only: see `ClientConnection`. One short read at a time, so that a flood from one client leaves
            // the others their turn, and so that a client costs little.
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
            .childChannelInitializer { [registry] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientConnection(registry: registry.value))
                }
            }
            .withBoundSocket(socket.descriptor)
            .whenComplete { [registry, logger, demand] result in
                switch result {
                case .success(let channel): registry.value.setListener(channel)
                case .failure(let error):
                    // A server without clients is not alive: `whenAlive` feeds no watchdog from now on.
                    demand.close()
                    logger.critical("No client can be accepted (\(error)); start the daemon again.")
                }
            }
    }

    /// Changes the limits. Connected clients stay, even those above a new lower number.
    public func update(_ options: Options) {
        guard !demand.isClosed else { return }
        loop.execute { [registry] in registry.value.options = options }
    }

    /// Sends an event to every client whose policy lets it pass, in the order of the calls. Never blocks.
    ///
    /// Does next to nothing where no client wants it. What only the server itself says (VERSION, BYE, OVERFLOW, ERROR and the
    /// answers to requests) is ignored.
    public func publish(_ event: DigitEvent) {
        // A DEVICE is kept for the clients to come.
        if let kind = event.publishedKind, kind != .device, !demand.wants(kind) { return }
        guard !demand.isClosed, let line = EventLine(event) else { return }
        loop.execute { [registry] in registry.value.publish(line) }
    }

    /// Whether a client wants LEVEL. Cheap enough to be asked before each.
    public var wantsLevels: Bool { demand.wants(.level) }

    /// Whether a client wants SPEECH. Cheap enough to be asked before each.
    public var wantsSpeech: Bool { demand.wants(.speech) }

    /// Whether a client wants recognition to be muted. Cheap enough to be asked between readings.
    public var isMuteWished: Bool { demand.isMuteWished }

    /// How many clients are connected.
    public var clientCount: Int { demand.clientCount }

    /// Runs `body` on the event loop: when it has run, the loop turns. Does nothing once the server is closed.
    public func whenAlive(_ body: @escaping @Sendable () -> Void) {
        guard !demand.isClosed else { return }
        loop.execute(body)
    }

    /// Stops listening, removes the socket's file if it is ours, sends BYE to every client and closes them.
    ///
    /// Returns when that is done: at once where the clients read, after `grace` where one does not. Calls after the first do
    /// nothing but wait for it. Not to be called on the event loop.
    public func close(reason: String, grace: Duration) {
        state.withLock { state in
            guard state != .closed else { return }
            demand.close()
            socket.file?.remove()
            if state == .listening { _ = Glibc.close(socket.descriptor) }
            state = .closed
            let done = DispatchSemaphore(value: 0)
            let grace = TimeAmount(max(grace, .zero))
            loop.execute { [registry, loop] in
                registry.value.close(.init(reason: reason), grace: grace, on: loop) { done.signal() }
            }
            // The second more is for a loop that hangs; it is left behind then.
            let limit = DispatchTime.now() + .nanoseconds(Int(grace.nanoseconds)) + .seconds(1)
            guard done.wait(timeout: limit) == .success else { return }
            try? group.syncShutdownGracefully()
        }
    }
}
