import DigitEvents
import EventServer
import Testing

/// Requests to mute, and who is told.
@Suite struct MuteTests {
    @Test func muteIsWishedAsLongAsAnyClientThatAskedForItStays() throws {
        let test = try TestServer()
        let (first, second) = (try test.client(), try test.client())
        #expect(!test.server.isMuteWished)
        try first.send(#"{"mute":true}"# + "\n")
        try second.send(#"{"mute":true}"# + "\n")
        waitUntil { test.server.isMuteWished }
        try first.send(#"{"mute":false,"ping":1}"# + "\n")
        while try first.event() != .pong(.init(ping: 1)) {}
        #expect(test.server.isMuteWished)
        second.close()
        waitUntil { !test.server.isMuteWished }
    }

    @Test func everybodyIsTold_alsoWhoComesLater() throws {
        let test = try TestServer()
        let (first, second) = (try test.client(), try test.client())
        try second.send(#"{"watch":[]}"# + "\n")
        _ = try second.event()
        try first.send(#"{"mute":true}"# + "\n")
        waitUntil { test.server.isMuteWished }
        test.server.publish(.mute(.init(muted: true)))
        #expect(try first.event() == .mute(.init(muted: true)))
        #expect(try second.event() == .mute(.init(muted: true)))
        let third = try test.client()
        #expect(try third.event() == .mute(.init(muted: true)))
        // What changes nothing is answered to its sender.
        try third.send(#"{"mute":true}"# + "\n")
        #expect(try third.event() == .mute(.init(muted: true)))
        test.server.publish(.mute(.init(muted: false)))
        #expect(try second.event() == .mute(.init(muted: false)))
    }
}
