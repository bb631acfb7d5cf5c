import Glibc

/// How many connections each user has, and whether one more is allowed: a pure value.
///
/// One user must not be able to lock all others out. So everybody has a limit of their own, and the last places are
/// kept for root and the daemon's own user, who have no other limit than the total: they look after the daemon.
struct ClientQuota {
    /// Why a connection is refused.
    enum Refusal: Equatable {
        /// This user has so many, and may have no more.
        case user(Int)
        /// All together have so many.
        case total(Int)
    }

    private let ownUser: uid_t
    private var counts: [uid_t: Int] = [:]
    private var total = 0

    /// - Parameter ownUser: the daemon's.
    init(ownUser: uid_t) { self.ownUser = ownUser }

    /// Counts one more connection of a user, if it is allowed; says why not otherwise.
    mutating func admit(_ user: uid_t, _ options: EventServer.Options) -> Refusal? {
        let isKeeper = user == 0 || user == ownUser
        guard total < options.clientsMax - (isKeeper ? 0 : options.clientsReserved) else { return .total(total) }
        let count = counts[user, default: 0]
        guard isKeeper || count < options.clientsPerUser else { return .user(count) }
        counts[user] = count + 1
        total += 1
        return nil
    }

    /// A connection that was admitted has ended.
    mutating func leave(_ user: uid_t) {
        guard let count = counts[user] else { return }
        // Users come and go; those who are not here are not remembered.
        counts[user] = count > 1 ? count - 1 : nil
        total -= 1
    }
}
