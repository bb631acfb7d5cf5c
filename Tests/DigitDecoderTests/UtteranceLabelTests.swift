import DigitDecoder
import Testing

@Suite struct UtteranceLabelTests {
    @Test func labelsStandInTheOrderOfTheLogits() {
        #expect(
            UtteranceLabel.allCases.map(\.name)
                == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "oh", "other", "blank"])
        #expect(UtteranceLabel.allCases.map(\.rawValue) == Array(0..<UtteranceLabel.labelCount))
    }

    @Test func nameAndLabelAreOneToOne() {
        for label in UtteranceLabel.allCases { #expect(UtteranceLabel(name: label.name) == label) }
        #expect(UtteranceLabel(name: "10") == nil)
        #expect(UtteranceLabel(name: "zero") == nil)
    }

    @Test func ohIsTheDigitZero_andWordsAreNone() {
        #expect(UtteranceLabel.oh.digit == 0)
        #expect(UtteranceLabel.allCases.compactMap(\.digit) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0])
        #expect(UtteranceLabel.allCases.filter { !$0.isDigit } == [.other, .blank])
        #expect((-1...10).map { UtteranceLabel(digit: $0)?.rawValue } == [nil, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, nil])
    }
}
