import Testing

@testable import ResNetTraining

/// From words to what the columns are to say.
struct TranscriptTests {
    private func labels(_ words: String) -> [[Int]] {
        Transcript(words: words.split(separator: " ").map(String.init)).target.labels.map(\.outputs)
    }

    @Test func digitsAndOhAreLabelsOfTheirOwn() {
        #expect(labels("four seven oh zero nine") == [[4], [7], [10], [0], [9]])
        #expect(labels("") == [])
    }

    @Test func severalOtherWordsAreOneLabelWithAGapThatGoesOn() {
        let target = Transcript(words: ["enter", "twenty", "five", "please"]).target
        #expect(target.labels == [.other, OutputSet(5), .other])
        #expect(target.gaps == [.blank, [.blank, .other], .blank, .blank])
        #expect(target.columnsMin == 3)
    }

    @Test func spelledOIsAmbiguousAlone_andOtherAmongLetters() {
        #expect(labels("seven o five") == [[7], [10, 11], [5]])
        #expect(labels("h o w seven") == [[11], [7]])
    }

    @Test func digitsSaidAreThoseOfEventsWithZeroForOh() {
        let transcript = Transcript(words: ["call", "two", "oh", "one"])
        #expect(transcript.digits == [2, 0, 1])
        #expect(!transcript.isDigitsOnly && transcript.hasOh)
        #expect(Transcript(words: ["zero", "oh"]).isDigitsOnly)
        #expect(!Transcript(words: []).isDigitsOnly)
    }

    @Test func talkAddedToTalkIsTalk() {
        var target = CTCTarget.talk
        target.appendTalk()
        #expect(target == .talk)
        target.append(OutputSet(3), gap: .blank)
        target.appendTalk()
        #expect(target.labels == [.other, OutputSet(3), .other])
    }
}
