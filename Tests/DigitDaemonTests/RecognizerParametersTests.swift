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
        configuration.recognition.oh = false
        configuration.segmenter.runLengthMaximum = 400
        configuration.segmenter.enterDecibels = 12
        var expected = network
        expected.runs.isEnabled = false
        expected.isWary = false
        expected.acceptPosterior = 0.5
        expected.acceptsOh = false
        expected.segmenter.runLengthMaximum = 400
        expected.segmenter.enterDecibels = 12
        expected.endpointer.enterDecibels = 12
        #expect(network.configured(by: configuration) == expected)
    }
}
