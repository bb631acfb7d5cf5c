import ArgumentParser
import AudioInput
import DaemonConfiguration
import DigitEvents
import DigitRecognizer
import Evaluation
import EventServer
import MelSpectrogram
import ResNet
import ResNetTraining
import ServiceManager

/// The end of a command that did not succeed: an exit code, and the one sentence that is printed for it.
struct CommandFailure: Error, Equatable {
    var status: ExitStatus
    /// What went wrong and what to do; nil when that is said already, or for others to say.
    var sentence: String?

    init(_ status: ExitStatus, _ sentence: String?) {
        self.status = status
        self.sentence = sentence
    }

    /// The table of all errors that reach the command line.
    init(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as AudioInputError: self.init(error.status, error.description)
        case let error as MelError: self.init(error.status, error.description)
        case let error as WeightsError: self.init(error.status, error.description)
        case let error as RecognizerError: self.init(error)
        case let error as EventServerError: self.init(error.status, error.description)
        case let error as ServiceManagerError: self.init(.badConfiguration, error.description)
        case let error as DataError: self.init(error.status, error.description)
        case let error as LeaveOneSpeakerOut.Failure: self.init(error.status, error.description)
        case let error as TrainingError: self.init(error.status, error.description)
        case let error as DigitClientError: self.init(error.status, error.description)
        case let error as ConfigurationError: self.init(error.status, error.description)
        case let error where Digitd.exitCode(for: error) != .failure || error is ExitCode: self.init(.usage, nil)
        default: self.init(.failed, "\(error)")
        }
    }
}

extension AudioInputError {
    fileprivate var status: ExitStatus {
        switch category {
        case .inputMissing: .inputMissing
        case .inputNotUsable: .inputNotUsable
        case .deviceUnavailable: .unavailable
        case .failed: .failed
        }
    }
}

extension MelError {
    fileprivate var status: ExitStatus {
        switch self {
        case .unreadable: .inputMissing
        case .notUsable, .metadataMissing, .metadataUnsupported: .inputNotUsable
        case .parameterOutOfRange, .transformUnavailable, .notWritten: .failed
        }
    }
}

extension WeightsError {
    fileprivate var status: ExitStatus {
        switch self {
        case .missing, .unreadable: .inputMissing
        case .malformed, .missingTensor, .wrongShape, .unusableValue, .malformedMetadata, .unusablePrecision:
            .inputNotUsable
        case .unwritable, .engine: .failed
        }
    }
}

extension CommandFailure {
    private init(_ error: RecognizerError) {
        switch error {
        case .weights(let error): self.init(error)
        case .frontEnd(let error): self.init(error)
        case .metadata: self.init(.inputNotUsable, error.description)
        }
    }
}

extension DataError {
    fileprivate var status: ExitStatus {
        switch self {
        case .notADirectory, .unreadable: .inputMissing
        case .empty, .noClips, .transcript, .allDamaged, .missingClass: .inputNotUsable
        case .noDirectories: .usage
        case .frontEnd: .failed
        }
    }
}

extension LeaveOneSpeakerOut.Failure {
    fileprivate var status: ExitStatus {
        switch self {
        case .noSpeakers, .otherOptions, .baseHeardFSDD: .inputNotUsable
        case .unwritable: .failed
        }
    }
}

extension TrainingError {
    fileprivate var status: ExitStatus {
        switch self {
        case .unusableCheckpoint, .otherCheckpoint, .furtherCheckpoint, .tooFewClips, .noValidation, .notImageNet:
            .inputNotUsable
        case .diverged: .failed
        }
    }
}

extension EventServerError {
    fileprivate var status: ExitStatus {
        switch self {
        // The configuration's own path was checked when it was read.
        case .pathLength: .usage
        case .groupUnknown, .groupForbidden, .badDescriptor: .badConfiguration
        case .alreadyRunning, .occupied, .directoryMissing, .forbidden, .readOnly, .directoryLocked, .system: .failed
        }
    }
}

extension DigitClientError {
    fileprivate var status: ExitStatus {
        switch self {
        case .notRunning, .forbidden, .noAnswer, .refused, .connectionLost, .unsupportedProtocol, .protocolViolation,
            .failed:
            .unavailable
        case .badPath: .usage
        case .cancelled: .failed
        }
    }
}

extension ConfigurationError {
    fileprivate var status: ExitStatus {
        switch self {
        case .unreadable: .inputMissing
        case .invalid: .badConfiguration
        }
    }
}

/// Keeps the first failure of a command that goes on after it, such as one with many files.
struct FirstFailure {
    private var status: ExitStatus?

    /// Prints the failure's sentence and remembers its code.
    mutating func report(_ error: any Error) {
        let failure = CommandFailure(error)
        if let sentence = failure.sentence { StandardError.report(sentence) }
        status = status ?? failure.status
    }

    /// Ends the command with the first failure's code, if there was one.
    func end() throws {
        if let status { throw ExitCode(status.rawValue) }
    }
}
