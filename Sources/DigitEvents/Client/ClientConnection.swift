import Foundation
import NIOCore
import NIOPosix

/// One connection to a daemon. It is closed when its last reference goes, at the latest.
final class ClientConnection: Sendable {
    /// Where the daemon answered.
    let path: String
    private let channel: any Channel
    private let inbox: LineInbox

    /// One thread for all clients of the process: a Unix socket with a few lines a second needs no more, where NIO's own group
    /// has a thread for each processor. It is started by the first connection and stays.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private init(path: String, channel: any Channel, inbox: LineInbox) {
        self.path = path
        self.channel = channel
        self.inbox = inbox
    }

    deinit { close() }

    /// Closes the connection soon, from any thread; again is harmless. The present wait for a line ends.
    func close() {
        inbox.cancel()
        channel.close(promise: nil)
    }

    /// Sends a request. That it did not arrive shows in the connection's end.
    func send(_ request: ClientRequest) {
        var bytes: [UInt8] = []
        request.appendJSONLine(to: &bytes)
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// The next line of the server.
    ///
    /// - Parameter timeout: how long to wait; nil: for as long as it takes.
    func nextLine(within timeout: Duration? = nil) async -> LineInbox.Reading {
        let ticket = inbox.nextTicket()
        let timer = timeout.map { timeout in
            channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { [inbox] in inbox.expire(ticket) }
        }
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if inbox.wait(waiter) { channel.read() }
            }
        } onCancel: {
            inbox.cancel()
        }
    }
}

// MARK: - Connecting

extension ClientConnection {
    /// Connects to the first of the paths where a daemon answers.
    ///
    /// - Throws: what is most worth telling: that nobody answers only if that is so for all.
    static func open(_ paths: [String]) async throws(DigitClientError) -> ClientConnection {
        var failure = DigitClientError.notRunning(paths)
        for path in paths {
            do throws(DigitClientError) {
                return try await open(path)
            } catch {
                if case .notRunning = failure, case .notRunning = error { continue }
                if case .notRunning = failure { failure = error }
            }
        }
        throw failure
    }

    private static func open(_ path: String) async throws(DigitClientError) -> ClientConnection {
        guard (1...DigitClientError.pathLengthMaximum).contains(path.utf8.count), !path.utf8.contains(0) else {
            throw .badPath(path)
        }
        let inbox = LineInbox()
        do {
            let channel = try await ClientBootstrap(group: group)
                // Bytes are read when a line is waited for. That is the back-pressure.
                .channelOption(.autoRead, value: false)
                .channelOption(.maxMessagesPerRead, value: 1)
                .channelOption(
                    .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4 * DigitEvent.lineLengthMaximum)
                )
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
                    }
                }
                .connect(unixDomainSocketPath: path).get()
            return ClientConnection(path: path, channel: channel, inbox: inbox)
        } catch let error as IOError {
            throw DigitClientError(errno: error.errnoCode, path: path)
        } catch {
            throw .notRunning([path])
        }
    }
}

extension DigitClientError {
    /// connect(2)'s errors.
    fileprivate init(errno code: CInt, path: String) {
        self =
            switch code {
            // A socket whose daemon has gone refuses, as a plain file does.
            case ENOENT, ECONNREFUSED, ENOTDIR, ECONNRESET: .notRunning([path])
            case EACCES, EPERM: .forbidden(path, group: Self.groupThatMay(path))
            // So many wait to be taken in that the kernel takes no more.
            case EAGAIN: .noAnswer(path)
            default: .failed(path, code: code)
            }
    }

    /// The group that may connect, where the socket's mode lets its group.
    private static func groupThatMay(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IWGRP != 0 else { return nil }
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        // getgrgid(3) has one answer for all threads. 16 KB hold thousands of members.
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { names in
            getgrgid_r(status.st_gid, &entry, names.baseAddress!, names.count, &found)
            return found.map { String(cString: $0.pointee.gr_name) }
        }
    }
}

/// Hands what comes to the inbox, and reads on while that is not a line yet.
private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: LineInbox

    init(_ inbox: LineInbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.append(Self.unwrapInboundIn(data).readableBytesView)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if inbox.isWaitedFor { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
