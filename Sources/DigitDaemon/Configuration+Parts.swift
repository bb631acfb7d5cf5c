import DaemonConfiguration
import DigitRecognizer
import EventServer
import Logging
import SpeechSegmenter

extension RecognizerParameters {
    /// These parameters with what a configuration says put over them.
    func configured(by configuration: Configuration) -> RecognizerParameters {
        let accept = configuration.recognition.acceptPosterior.map { Float($0) } ?? acceptPosterior
        let early = configuration.recognition.earlyPosterior.map { Float($0) } ?? earlyPosterior
        var parameters = RecognizerParameters(acceptPosterior: accept, earlyPosterior: early)
        parameters.alternativeCount = configuration.recognition.alternatives
        parameters.alternativePosterior = alternativePosterior
        parameters.runs = runs
        parameters.runs.isEnabled = configuration.recognition.runs
        parameters.recutPosterior = recutPosterior
        parameters.isWary = configuration.recognition.wary
        parameters.segmenter = configuration.segmenter
        parameters.acceptsOh = configuration.recognition.oh
        parameters.endpointer = endpointer
        parameters.endpointer.take(configuration.segmenter)
        return parameters
    }
}

extension EndpointerParameters {
    /// Takes over what means the same in both.
    fileprivate mutating func take(_ segmenter: SegmenterParameters) {
        enterDecibels = segmenter.enterDecibels
        leaveDecibels = segmenter.leaveDecibels
        peakRangeDecibels = segmenter.peakRangeDecibels
        floorMinimum = segmenter.floorMinimum
        onsetFrames = segmenter.onsetFrames
    }
}

extension EventServer.Options {
    /// The limits that a configuration sets.
    public init(_ server: Configuration.Server) {
        self.init(clientsMax: server.clientsMax, clientsPerUser: server.clientsPerUser)
        queueEvents = server.queueEvents
        stallLimit = .milliseconds(Int(server.stallSeconds * 1000))
    }
}

extension Logger.Level {
    /// The level of a configuration.
    public init(_ level: Configuration.LogLevel) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
    }
}
