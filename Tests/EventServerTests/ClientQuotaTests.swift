import Testing

@testable import EventServer

@Suite struct ClientQuotaTests {
    @Test func oneUserLocksNobodyOut() {
        var quota = ClientQuota(ownUser: 990)
        let options = EventServer.Options()
        #expect((0..<16).allSatisfy { _ in quota.admit(1000, options) == nil })
        #expect(quota.admit(1000, options) == .user(16))
        #expect(quota.admit(1001, options) == nil)
        quota.leave(1000)
        #expect(quota.admit(1000, options) == nil)
        #expect(quota.admit(1000, options) == .user(16))
    }

    @Test func lastPlacesAreForRootAndTheDaemonsOwnUser() {
        var quota = ClientQuota(ownUser: 990)
        let options = EventServer.Options()
        var admitted = 0
        for user in (1000 as UInt32)..<1100 where quota.admit(user, options) == nil { admitted += 1 }
        #expect(admitted == 56)
        #expect(quota.admit(1200, options) == .total(56))
        for user in [0, 990, 0, 990, 0, 990, 0, 990] as [UInt32] { #expect(quota.admit(user, options) == nil) }
        #expect(quota.admit(0, options) == .total(64))
        // A place of an ordinary user is one again only when the reserve is.
        quota.leave(1000)
        #expect(quota.admit(1001, options) == .total(63))
        #expect(quota.admit(0, options) == nil)
    }

    @Test(arguments: [1, 2, 3, 7, 8, 64, 1024]) func everybodyHasAPlaceInAServerOfAnySize(clients: Int) {
        var quota = ClientQuota(ownUser: 990)
        let options = EventServer.Options(clientsMax: clients)
        #expect(quota.admit(1000, options) == nil)
        var limited = EventServer.Options(clientsMax: clients, clientsPerUser: clients)
        limited.clientsMax = clients + options.clientsReserved
        var admitted = 1
        while quota.admit(1000, limited) == nil { admitted += 1 }
        #expect(admitted <= clients)
    }
}
