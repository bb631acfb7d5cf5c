import DigitEvents
import DigitTerminal
import Testing

/// Whatever happens, an entry is a string that was said whole after the last thing that could have swallowed one of its
/// digits; and whoever says one whole, after a pause, gets it.
@Suite struct KeypadPropertyTests {
    private static let reasons: [DigitEvent.RejectionReason] = [
        .notADigit, .lowConfidence, .tooShort, .tooLong, .init(rawValue: "newer"),
    ]

    /// 100,000 interleavings in all.
    @Test(arguments: 0..<50) func entryWasSaidWhole(part: UInt64) {
        var completions = 0
        for index in 0..<2000 {
            let seed = part * 2000 + UInt64(index)
            var person = PersonAtKeypad(seed: seed &* 0x9E37_79B9_7F4A_7C15)
            for _ in 0..<6 where person.completed == nil { Self.act(&person) }
            if person.completed == nil { Self.sayWhole(&person, seed) }
            if person.completed != nil { completions += 1 }
            if let fault = person.fault {
                Issue.record("seed \(seed): \(fault)")
                return
            }
        }
        #expect(completions == 2000)
    }

    private static func act(_ person: inout PersonAtKeypad) {
        switch Int.random(in: 0..<6, using: &person.random) {
        case 0: person.wait(.random(in: 0...0.95, using: &person.random))
        case 1: person.wait(.random(in: 1...4.5, using: &person.random))
        case 2: person.wait(.random(in: 5...8, using: &person.random))
        case 3: person.lose(PersonAtKeypad.Loss.allCases.randomElement(using: &person.random)!)
        default:
            let count = Int.random(in: 1...5, using: &person.random)
            var digits: [(digit: Int, fate: PersonAtKeypad.Fate, silence: Double)] = []
            for index in 0..<count {
                digits.append(
                    (
                        .random(in: 0...9, using: &person.random), fate(&person.random),
                        .random(in: 0.05...0.9, using: &person.random)
                    ))
            }
            guard Int.random(in: 0..<3, using: &person.random) == 0 else { return person.say(digits, loss: nil) }
            let kind = PersonAtKeypad.Loss.allCases.randomElement(using: &person.random)!
            let place = Int.random(in: 0..<count, using: &person.random)
            person.say(digits, loss: (kind, place, .random(in: 0...2, using: &person.random)))
        }
    }

    private static func fate(_ random: inout CongruentialNumbers) -> PersonAtKeypad.Fate {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: .uncertain
        case 1, 2: .rejected(reasons.randomElement(using: &random)!)
        case 3: .dropped
        default: .certain
        }
    }

    private static func sayWhole(_ person: inout PersonAtKeypad, _ seed: UInt64) {
        person.wait(12)
        guard person.completed == nil else { return }
        let digits = (0..<4).map { ($0, PersonAtKeypad.Fate.certain, 0.3) }
        person.say(digits, loss: nil)
        person.wait(12)
        #expect(person.completed.map { "0123".hasPrefix($0) } == true, "seed \(seed)")
    }
}
