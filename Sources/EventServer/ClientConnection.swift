import DigitEvents
import Glibc
import Logging
import NIOCore

/// One client: its policy, its queue, and the lines it sends. Lives on the event loop.
///
/// Nothing is read while the queue is full, so a client that asks and does not read the answers stops itself. A client that
/// shuts down its sending side goes on receiving; one that is gone shows as a hang-up of the socket, whatever its sending side.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let registry: ClientRegistry
    /// Which events are sent.
    var policy = DigitEvent.WatchPolicy.standard {
        didSet { if policy.watch != oldValue.watch { registry.policiesChanged() } }
    }
    /// Whether the client wants recognition to be muted.
    var isMuting = false {
        didSet { registry.mutesChanged() }
    }
    /// What is yet to be sent; its capacity follows the options.
    var queue: OutgoingQueue
    /// How the log calls the client.
    private(set) var name = "a client"
    /// The user at the other end.
    private(set) var user = uid_t.max

    private var context: ChannelHandlerContext?
    private var requests = RequestLines(lengthMaximum: DigitEvent.lineLengthMaximum)
    private var isAdvancing = false
    /// The last line is queued: nothing is added any more, and the connection is closed when all is sent.
    private var isFinishing = false
    private var stall: StallWatch?
    private var stallCheck: Scheduled<Void>?

    /// What is kept of requests that wait for room in the queue. NIO reads on to the end when a client shuts down its sending
    /// side, so a whole socket buffer may come at once.
    private static let requestsBytesMaximum = 64 * 1024

    init(registry: ClientRegistry) {
        self.registry = registry
        queue = OutgoingQueue(capacity: registry.options.queueEvents)
    }

    // MARK: From the channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        let peer = PeerCredentials(descriptor: context.channel.descriptor)
        name = registry.name(of: peer)
        if let peer { user = peer.uid }
        registry.add(self)
        advance()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFinishing else { return }
        requests.append(unwrapInboundIn(data).readableBytesView)
        advance()
        if requests.count > Self.requestsBytesMaximum {
            close(because: "it asks too much and does not read the answers")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { readMore() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            requests.finish()
            advance()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        stallCheck?.cancel()
        stallCheck = nil
        registry.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The client has reset the connection: as good a way to leave as any.
        context.close(promise: nil)
    }

    // MARK: Towards the client

    /// Sends an event if the policy lets it pass.
    func offer(_ line: EventLine) {
        guard !isFinishing, line.passes(policy) else { return }
        if !queue.offer(line.buffer) { registry.eventsLost += 1 }
        advance()
    }

    /// Queues lines that are not subject to the policy. In `advance` they go out by themselves.
    func append(_ events: DigitEvent...) {
        guard !isFinishing else { return }
        for event in events { queue.append(event.lineBuffer) }
    }

    /// Queues a line that is shared.
    func append(_ line: ByteBuffer) { if !isFinishing { queue.append(line) } }

    /// Queues the last lines; when they are sent the connection is closed.
    func finish(_ events: DigitEvent...) {
        guard !isFinishing else { return }
        queue.finish(events.map(\.lineBuffer))
        isFinishing = true
        requests = RequestLines(lengthMaximum: DigitEvent.lineLengthMaximum)
        advance()
    }

    /// Closes at once, whatever is still queued.
    func close(because reason: String) {
        guard let context else { return }
        registry.eventsLost += queue.outstanding
        registry.logDisconnection(of: self, because: reason)
        context.close(promise: nil)
    }

    // MARK: Progress

    /// Moves on what can move: requests become answers while the queue has room, lines go to the socket while it takes them.
    private func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        while true {
            answerRequests()
            guard queue.isReady, let context else { break }
            sendBatch(context)
        }
        isAdvancing = false
        guard let context else { return }
        if !queue.isEmpty {
            watchStall()
        } else if isFinishing {
            // A socket that is closed with unread input is a reset connection to the client, not an ended one.
            SocketBuffer.discardInput(context.channel.descriptor)
            context.close(promise: nil)
        }
        readMore()
    }

    private func answerRequests() {
        while !isFinishing, !queue.isFull, context != nil, let line = requests.next() {
            switch line {
            case .line(let bytes): answer(bytes)
            case .tooLong: refuseLongLine()
            }
        }
    }

    private func sendBatch(_ context: ChannelHandlerContext) {
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { self.batchSent() }
        var last: ByteBuffer?
        queue.takeBatch { line in
            if let last { context.write(wrapOutboundOut(last), promise: nil) }
            last = line
        }
        if let last { context.writeAndFlush(wrapOutboundOut(last), promise: promise) }
    }

    /// The socket has taken the batch, at once or when it became writable.
    private func batchSent() {
        queue.batchSent()
        stall = nil
        advance()
    }

    private func readMore() {
        guard !isFinishing, !queue.isFull else { return }
        context?.read()
    }

    // MARK: Stalls

    private func watchStall() {
        guard stallCheck == nil, let context else { return }
        let limit = registry.stallLimit
        if stall == nil { stall = StallWatch(unsent: unsentBytes, now: .now()) }
        let interval = TimeAmount.nanoseconds(max(limit.nanoseconds / 10, 5_000_000))
        stallCheck = context.eventLoop.assumeIsolated().scheduleTask(in: interval) { self.checkStall() }
    }

    private func checkStall() {
        stallCheck = nil
        guard !queue.isEmpty else { return }
        if stall?.isStalled(unsent: unsentBytes, now: .now(), limit: registry.stallLimit) == true {
            close(because: "it has read nothing for \(registry.options.stallLimit)")
        } else {
            watchStall()
        }
    }

    /// What the client has yet to read of the lines that are on their way.
    private var unsentBytes: Int {
        guard let channel = context?.channel else { return 0 }
        let waiting = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return waiting + SocketBuffer.unreadByPeer(channel.descriptor)
    }
}
