import DigitEvents
import Glibc
import Logging
import NIOCore

/// The clients there are, and what they have in common. Lives on the event loop.
final class ClientRegistry {
    let logger: Logger
    private let release: String
    private let demand: Demand
    private let statusOfDaemon: @Sendable () -> DigitEvent.Status

    /// May change at any time.
    var options: EventServer.Options {
        didSet { for client in clients.values { client.queue.capacity = options.queueEvents } }
    }
    /// Events that clients have missed so far, all together.
    var eventsLost = 0

    private var clients: [ObjectIdentifier: ClientConnection] = [:]
    private var quota = ClientQuota(ownUser: geteuid())
    private var clientsEver = 0
    /// The last DEVICE, which every new client gets.
    private var device: EventLine?
    /// Whether the last MUTE said so.
    private(set) var isMuted = false
    private var listener: (any Channel)?
    private var refusals = LogLimit(messages: 1, interval: .seconds(10))
    private var arrivals = LogLimit(messages: 5, interval: .seconds(10))
    private var departures = LogLimit(messages: 5, interval: .seconds(10))
    private var disconnections = LogLimit(messages: 20, interval: .seconds(10))
    /// Set once the server closes.
    private var bye: DigitEvent.Bye?
    private var whenEmpty: (() -> Void)?

    init(
        options: EventServer.Options, release: String, logger: Logger, demand: Demand,
        status: @escaping @Sendable () -> DigitEvent.Status
    ) {
        self.options = options
        self.release = release
        self.logger = logger
        self.demand = demand
        statusOfDaemon = status
    }

    var stallLimit: TimeAmount { TimeAmount(options.stallLimit) }

    var status: DigitEvent.Status {
        var status = statusOfDaemon()
        status.clients = clients.count
        status.overflows = eventsLost
        return status
    }

    /// Sends an event to all that want it.
    func publish(_ line: EventLine) {
        if line.kind == .device { device = line }
        if let isMuting = line.isMuting { isMuted = isMuting }
        for client in clients.values { client.offer(line) }
    }

    /// A client mutes now, or no longer does, or has left.
    func mutesChanged() { demand.update(isMuteWished: clients.values.contains(where: \.isMuting)) }

    /// What recognition will do, if it does not already.
    var isMuteWished: Bool { demand.isMuteWished }

    func policiesChanged() { demand.update(clients.values.lazy.map(\.policy)) }

    // MARK: Coming and going

    /// A name for the log, which no later client gets.
    func name(of peer: PeerCredentials?) -> String {
        clientsEver += 1
        return "client \(clientsEver)" + (peer.map { " (\($0))" } ?? "")
    }

    /// Greets a new client, or turns it away.
    func add(_ client: ClientConnection) {
        client.append(.version(.init(release: release)))
        if let bye {
            client.finish(.bye(bye))
            return
        }
        if let refusal = quota.admit(client.user, options) {
            refuse(client, refusal)
            return
        }
        clients[ObjectIdentifier(client)] = client
        policiesChanged()
        if let device { client.append(device.buffer) }
        if isMuted { client.append(.mute(.init(muted: true))) }
        // Who comes is worth a line at any level, but a flood of comers is not worth a flood of lines, at none.
        if let held = arrivals.admit(now: .now()) { logger.notice("\(client.name) is connected\(Self.others(held))") }
    }

    private func refuse(_ client: ClientConnection, _ refusal: ClientQuota.Refusal) {
        let (log, message) =
            switch refusal {
            case .total(let count):
                ("\(count) are connected", "There are \(count) clients, and no more are allowed; try again later.")
            case .user(let count):
                (
                    "its user has \(count) connections",
                    "This user has \(count) clients, and no more are allowed; close one of them."
                )
            }
        if let held = refusals.admit(now: .now()) {
            logger.warning("\(client.name) is refused: \(log)\(Self.others(held))")
        }
        client.finish(
            .error(.init(code: "too_many_clients", message: message)), .bye(.init(reason: "too_many_clients")))
    }

    /// A client's connection has ended.
    func remove(_ client: ClientConnection) {
        guard clients.removeValue(forKey: ObjectIdentifier(client)) != nil else { return }
        quota.leave(client.user)
        policiesChanged()
        mutesChanged()
        if let held = departures.admit(now: .now()) { logger.info("\(client.name) has left\(Self.others(held))") }
        if clients.isEmpty { reportEmpty() }
    }

    /// Notes that a client is closed against its will.
    func logDisconnection(of client: ClientConnection, because reason: String) {
        guard let held = disconnections.admit(now: .now()) else { return }
        logger.warning("\(client.name) is disconnected: \(reason)\(Self.others(held))")
    }

    private static func others(_ held: Int) -> String {
        held > 0 ? " (so were \(held) others since the last such line)" : ""
    }

    // MARK: The end

    /// The channel that accepts clients.
    func setListener(_ channel: any Channel) {
        guard bye == nil else { return channel.close(promise: nil) }
        listener = channel
    }

    /// Takes leave of all clients; runs `body` when they are gone, which is `grace` from now at the latest.
    func close(_ bye: DigitEvent.Bye, grace: TimeAmount, on loop: any EventLoop, whenEmpty body: @escaping () -> Void) {
        self.bye = bye
        whenEmpty = body
        listener?.close(promise: nil)
        listener = nil
        for client in clients.values { client.finish(.bye(bye)) }
        guard !clients.isEmpty else { return reportEmpty() }
        loop.assumeIsolated().scheduleTask(in: grace) {
            for client in self.clients.values { client.close(because: "it does not read, and the server ends") }
        }
    }

    private func reportEmpty() {
        whenEmpty?()
        whenEmpty = nil
    }
}
