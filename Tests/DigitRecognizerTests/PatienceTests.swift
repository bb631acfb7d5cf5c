import DigitEvents
import DigitRecognizer
import SpeechSegmenter
import Testing

@Suite struct PatienceTests {
    /// Words between silences, the first after `offset` more samples than a second.
    private func words(offset: Int) -> [Float] {
        var stream = ToneStream()
        stream.silence(1)
        stream.silence(Double(offset) / 8000)
        for (digit, length) in [0.1, 0.15, 0.3, 0.6].enumerated() {
            stream.tone(digit, length)
            stream.silence(0.6)
        }
        return stream.samples
    }

    /// How many samples had come when each digit was given; `isPatient` holds samples back as long as the recogniser allows.
    private func positions(
        _ samples: [Float], _ parameters: RecognizerParameters, isPatient: Bool
    ) throws -> [Int] {
        var recognizer = try StreamRecognizer(classifier: ToneClassifier(), parameters: parameters)
        var positions: [Int] = []
        var end = 0
        while end < samples.count {
            let (_, attoseconds) = recognizer.patience.components
            let held = isPatient ? Int(attoseconds / 1_000_000_000_000_000) * 8 : 0
            // A device that was left alone gives what came with its next period.
            let next = min(samples.count, end + held + 80)
            recognizer.process(samples.span.extracting(end..<next)) { recognition in
                if case .digit = recognition.event { positions.append(next) }
            }
            end = next
        }
        return positions
    }

    @Test(arguments: [(8, 6), (6, 4), (4, 3), (2, 1)]) func noDigitComesLaterForIt(loud: Int, quiet: Int) throws {
        var parameters = RecognizerParameters()
        parameters.reportsSpeech = false
        parameters.segmenter.lengthMinimum = loud
        parameters.segmenter.pauseFrames = quiet
        for offset in stride(from: 0, to: 720, by: 60) {
            let samples = words(offset: offset)
            let prompt = try positions(samples, parameters, isPatient: false)
            let patient = try positions(samples, parameters, isPatient: true)
            #expect(prompt.count == 4 && prompt == patient, "offset \(offset)")
        }
    }

    @Test func thereIsNoneWithinAWord_orWhereItsBeginningIsReported() throws {
        var recognizer = try StreamRecognizer(classifier: ToneClassifier())
        var stream = ToneStream()
        stream.silence(0.5)
        recognizer.process(stream.samples.span) { _ in }
        #expect(recognizer.patience == .zero)
        recognizer.parameters.reportsSpeech = false
        #expect(recognizer.patience == .milliseconds(80))
        recognizer.parameters.reportsLevel = true
        #expect(recognizer.patience == .zero)
        recognizer.parameters.reportsLevel = false
        var word = ToneStream()
        word.tone(3, 0.2)
        recognizer.process(word.samples.span) { _ in }
        let isInWord = recognizer.isSpeech
        #expect(isInWord)
        #expect(recognizer.patience == .zero)
        recognizer.process(stream.samples.span) { _ in }
        #expect(recognizer.patience == .milliseconds(80))
    }
}
