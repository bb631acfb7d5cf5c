import DigitEvents
import Foundation
import Testing

@Suite struct WallTimeTests {
    @Test func everyDayOfFourCenturiesReadsBackAndAgreesWithFoundation() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for day in stride(from: Int64(-60_000), to: 90_000, by: 1) {
            let time = WallTime(millisecondsSince1970: day * 86_400_000 + (day & 0xFFFF) * 1237 % 86_400_000)
            #expect(WallTime(time.description) == time)
            if day % 1009 == 0 {
                let date = Date(timeIntervalSince1970: Double(time.millisecondsSince1970) / 1000)
                let parsed = try #require(formatter.date(from: time.description))
                #expect(abs(parsed.timeIntervalSince(date)) < 0.002)
            }
        }
    }

    @Test func momentsOutsideTheCalendarAreClamped() {
        #expect(WallTime(millisecondsSince1970: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(WallTime(millisecondsSince1970: .min).description == "0000-01-01T00:00:00.000Z")
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T10:00:00", "2026-13-22T10:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T10:00:00.Z",
        "2026-11-22 10:00:00Z", "2026-11-22T10:00:00.12xZ", "abcd-11-22T10:00:00Z",
    ]) func whatIsNoTimeIsNil(_ text: String) {
        #expect(WallTime(text) == nil)
    }

    @Test func decimalsMayBeFewOrMany() {
        #expect(WallTime("1970-01-01T00:00:01Z")?.millisecondsSince1970 == 1000)
        #expect(WallTime("1970-01-01T00:00:01.5Z")?.millisecondsSince1970 == 1500)
        #expect(WallTime("1970-01-01T00:00:01.123456789Z")?.millisecondsSince1970 == 1123)
    }
}
