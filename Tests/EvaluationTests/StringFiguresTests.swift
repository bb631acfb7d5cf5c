import DigitDecoder
import ResNetTraining
import Testing

@testable import Evaluation

@Suite struct StringFiguresTests {
    /// Words by their names: `o` is "oh", `x` another word.
    private static func words(_ text: String) -> [UtteranceLabel] {
        text.map { $0 == "o" ? .oh : $0 == "x" ? .other : UtteranceLabel(name: String($0))! }
    }

    private static func string(
        _ said: String, _ heard: String, confidence: Double = 0.9, set: String = "a", noise: Double? = nil
    ) -> JudgedString {
        JudgedString(
            said: words(said),
            heard: heard.map { JudgedString.HeardDigit(digit: $0.wholeNumberValue ?? 0, confidence: confidence) },
            set: set, noiseRatio: noise)
    }

    private static func tally(_ said: String, _ heard: String) -> StringTally { StringTally([string(said, heard)]) }

    @Test func zeroAndOhAreOneDigit() {
        let tally = Self.tally("o40", "040")
        #expect(tally.exact == 1 && tally.errors == 0 && tally.digits == 3)
        #expect(tally.confusion[0][0] == 2)
    }

    @Test func errorsAreCountedByTheirKind() {
        let substituted = Self.tally("4711", "4911")
        #expect((substituted.substituted, substituted.lost, substituted.inserted) == (1, 0, 0))
        #expect(substituted.confusedPairs == [StringTally.Pair(said: 7, heard: 9, count: 1)])
        let lost = Self.tally("4711", "471")
        #expect((lost.substituted, lost.lost, lost.inserted) == (0, 1, 0))
        #expect(lost.errorShare == 0.25 && lost.exactShare == 0)
        let inserted = Self.tally("4711", "47151")
        #expect((inserted.substituted, inserted.lost, inserted.inserted) == (0, 0, 1))
        #expect(Self.tally("", "12").inserted == 2 && Self.tally("12", "").lost == 2)
        #expect(Self.tally("", "").exact == 1 && Self.tally("", "").errorShare == 0)
    }

    @Test func digitHeardInAnotherWordIsInsertedThere() {
        let tally = Self.tally("x5xx3", "593")
        #expect((tally.others, tally.othersHeard, tally.inserted, tally.errors) == (3, 1, 1, 1))
        #expect(tally.digits == 2 && tally.exact == 0)
        #expect(abs(tally.otherHeardShare - 1 / 3.0) < 1e-12)
        let passed = Self.tally("xx5x", "5")
        #expect(passed.exact == 1 && passed.othersHeard == 0 && passed.others == 3)
        // A digit beside is the better explanation.
        #expect(Self.tally("x5", "7").substituted == 1)
    }

    @Test func stepsAreInOrder() {
        let alignment = DigitStringAlignment(said: Self.words("x472"), heard: [4, 9, 1, 2, 5])
        #expect(
            alignment.steps == [
                .otherPassed(said: 0), .right(said: 1, heard: 0), .inserted(heard: 1), .substituted(said: 2, heard: 2),
                .right(said: 3, heard: 3), .inserted(heard: 4),
            ])
        #expect(alignment.errors == 3)
    }

    /// Edit distance as it is defined.
    private static func distance(_ a: ArraySlice<Int>, _ b: ArraySlice<Int>) -> Int {
        guard let x = a.first, let y = b.first else { return a.count + b.count }
        return min(
            distance(a.dropFirst(), b) + 1, distance(a, b.dropFirst()) + 1,
            distance(a.dropFirst(), b.dropFirst()) + (x == y ? 0 : 1))
    }

    @Test func errorsAreTheEditDistanceOfTheDigits_andEachWordAndDigitHasItsStep() {
        var generator = SeededRandom(seed: 5)
        for _ in 0..<300 {
            let names = Array("0123ox")
            let said = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                names.randomElement(using: &generator)!
            }
            let heard = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                Int.random(in: 0...3, using: &generator)
            }
            let words = Self.words(String(said))
            let alignment = DigitStringAlignment(said: words, heard: heard)
            let distance = Self.distance(words.compactMap(\.digit)[...], heard[...])
            #expect(alignment.errors == distance, "\(String(said)) \(heard)")
            let tally = StringTally([Self.string(String(said), heard.map(String.init).joined())])
            #expect(tally.errors == distance, "\(String(said)) \(heard)")
            #expect(tally.digits == words.count { $0.isDigit } && tally.others == words.count { !$0.isDigit })
            #expect(tally.digits - tally.lost + tally.inserted == heard.count, "\(String(said)) \(heard)")
        }
    }

    @Test func groupsAreTalliedApart_inTheOrderInWhichTheyCome() {
        let strings = [
            Self.string("12", "12", set: "b"), Self.string("o2", "2", set: "a", noise: 10),
            Self.string("34", "34", set: "b", noise: 7.5), Self.string("5x", "55", set: "a"),
        ]
        let figures = StringFigures(strings)
        #expect(figures.sets.map(\.name) == ["b", "a"])
        #expect(figures.sets.map(\.tally.exact) == [2, 0])
        #expect(figures.noise.map(\.name) == ["clean", "10 dB", "7.5 dB"])
        #expect(figures.oh.map(\.name) == ["without oh", "with oh"])
        #expect(figures.oh.map(\.tally.errors) == [1, 1])
        #expect(figures.tally.strings == 4 && figures.tally.errors == 2)
        #expect(figures.sets.reduce(0) { $0 + $1.tally.digits } == figures.tally.digits)
        #expect(
            figures.json.text.hasPrefix(
                #"{"strings":4,"exact":0.5,"digits":7,"digit_errors":0.285714,"substituted":0,"lost":1,"inserted":1,"#
                    + #""others":1,"others_heard":1,"by_set":[{"set":"b","strings":2,"#))
    }

    @Test func confusedPairsComeByFrequency() {
        let tally = StringTally([Self.string("99", "59"), Self.string("915", "559"), Self.string("91", "51")])
        #expect(
            tally.confusedPairs == [
                StringTally.Pair(said: 9, heard: 5, count: 3), StringTally.Pair(said: 1, heard: 5, count: 1),
                StringTally.Pair(said: 5, heard: 9, count: 1),
            ])
    }

    @Test func reliabilityIsThatOfGivenDigits() {
        // Ten digits of confidence 0.75, six of them right; ten of 0.95, all right.
        let strings =
            Array(repeating: Self.string("12345", "12399", confidence: 0.75), count: 2)
            + [Self.string("1234567890", "1234567890", confidence: 0.95)]
        let reliability = StringReliability(strings)
        #expect(reliability.bins.count == 10)
        #expect(reliability.bins[7].digits == 10 && abs(reliability.bins[7].accuracy - 0.6) < 1e-12)
        #expect(reliability.bins[9].digits == 10 && reliability.bins[9].accuracy == 1)
        #expect(abs(reliability.expectedError - (0.15 + 0.05) / 2) < 1e-12)
        // A digit too many is wrong, one that is lost has no confidence.
        #expect(StringReliability([Self.string("x", "1", confidence: 1)]).expectedError == 1)
        #expect(StringReliability([Self.string("1", "")]).expectedError == 0)
    }
}
