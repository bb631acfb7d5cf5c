import MelSpectrogram
import Testing

@Suite("Front-end numbers")
struct MelParametersTests {
    @Test func metadataGivesTheParametersBack() throws {
        let parameters = MelParameters(
            windowLength: 160, fftLength: 512, hopLength: 40, lowestFrequency: 50.5, highestFrequency: 3999.9,
            powerFloor: 3e-9)
        #expect(try MelParameters(metadata: parameters.metadata) == parameters)
        #expect(try MelParameters(metadata: MelParameters.standard.metadata) == .standard)
    }

    @Test func otherKeysOfAWeightsFileAreIgnored() throws {
        let more = MelParameters.standard.metadata.merging(["labels": "0,1", "threshold.accept": "0.9"]) { $1 }
        #expect(try MelParameters(metadata: more) == .standard)
    }

    @Test(arguments: MelParameters.standard.metadata.keys.sorted())
    func eachKeyThatIsMissingOrSenselessIsNamed(key: String) {
        var metadata = MelParameters.standard.metadata
        metadata[key] = nil
        #expect(throws: MelError.metadataMissing(key: key)) { try MelParameters(metadata: metadata) }
        for value in ["", "seven", "-1", "nan", "99999999999"] {
            metadata[key] = value
            let error = #expect(throws: MelError.self) { try MelParameters(metadata: metadata) }
            #expect(error?.description.contains(key) == true, "\(key) = \(value): \(String(describing: error))")
        }
    }

    @Test(arguments: [
        ("frontend.sample_rate", "16000"), ("frontend.band_count", "64"), ("frontend.window_frames", "100"),
        ("frontend.mel_scale", "htk"), ("frontend.fft_length", "199"), ("frontend.fft_length", "255"),
        ("frontend.highest_frequency", "4001.0"), ("frontend.lowest_frequency", "3800.0"),
    ])
    func aNumberThatThisFrontEndCannotProduceIsRefused(key: String, value: String) throws {
        var metadata = MelParameters.standard.metadata
        metadata[key] = value
        let error = try #require(throws: MelError.self) { try MelParameters(metadata: metadata) }
        guard case .metadataUnsupported(key, value, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func aStreamIsNotMadeFromNumbersOutOfRange() {
        for parameters in [
            MelParameters(sampleRate: 0), MelParameters(windowLength: 0), MelParameters(fftLength: 128),
            MelParameters(hopLength: 0), MelParameters(bandCount: 0), MelParameters(lowestFrequency: .nan),
            MelParameters(highestFrequency: 5000), MelParameters(powerFloor: 0), MelParameters(windowFrames: -1),
        ] {
            #expect(throws: MelError.self, "\(parameters)") { try MelSpectrogram(samples: [], parameters: parameters) }
        }
    }
}
