import DaemonConfiguration
import DigitRecognizer
import Testing

@testable import DigitDaemon

@Suite struct RecognizerParametersTests {
    @Test func configurationGoesOverTheNetworksNumbers_andLeavesTheOthers() {
        var network = RecognizerParameters(acceptPosterior: 0.9, earlyPosterior: 0.95)
        network.runs.goodnessMinimum = 0.77
        network.runs.windowMaximum = 33
        network.recutPosterior = 0.9
        #expect(network.configured(by: Configuration()) == network)

        var configuration = Configuration()
        configuration.recognition.runs = false
        configuration.recognition.wary = false
        configuration.recognition.acceptPosterior = 0.5
        configuration.segmenter.runLengthMaximum = 400
        var expected = network
        expected.runs.isEnabled = false
        expected.isWary = false
        expected.acceptPosterior = 0.5
        expected.segmenter.runLengthMaximum = 400
        #expect(network.configured(by: configuration) == expected)
    }
}
