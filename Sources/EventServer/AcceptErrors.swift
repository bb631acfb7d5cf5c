import Logging
import NIOCore

/// Keeps the server alive when accept(2) fails, mostly for want of descriptors.
///
/// The client stays in the kernel's queue, so the listening socket stays readable and NIO would try again at once, for ever.
/// Here it waits a second, and says so once until accepting works again.
final class AcceptErrors: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let logger: Logger
    private let delay: TimeAmount
    private var isFailing = false

    init(logger: Logger, delay: TimeAmount = .seconds(1)) {
        self.logger = logger
        self.delay = delay
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isFailing {
            isFailing = false
            logger.notice("clients are accepted again")
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isFailing {
            logger.debug("still cannot accept a client: \(error)")
        } else {
            isFailing = true
            logger.error("cannot accept a client and will try again every second: \(error)")
        }
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
