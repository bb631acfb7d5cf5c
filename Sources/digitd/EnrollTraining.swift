import DigitDaemon
import DigitRecognizer
import Foundation
import MelSpectrogram
import ResNet
import ResNetTraining

/// The learning of `enroll`, with its progress in words and its metadata.
struct EnrollTraining {
    let file: ModelFile
    let store: ClipStore
    let options: EnrolmentOptions

    /// Learns; nil when stopped.
    func run(shouldStop: () -> Bool) throws -> WeightsFile? {
        var progress = ProgressLine(plainSeconds: 10)
        let digits = store.clips.count { $0.label < LabelledClip.notADigit }
        try progress.line("Learning from \(digits) recordings of digits.")
        let started = DispatchTime.now().uptimeNanoseconds
        var failure: (any Error)?
        let weights = try Enrolment(options).run(
            file.weights, store: store,
            report: { step in
                let seconds = Double(DispatchTime.now().uptimeNanoseconds - started) * 1e-9
                let left = seconds / Double(step.step) * Double(step.steps - step.step)
                do {
                    try progress.update(
                        "step \(step.step)/\(step.steps)  loss \(String(format: "%.3f", step.loss))  "
                            + "\(ProgressLine.duration(left)) left")
                } catch { failure = error }
            }, shouldStop: { shouldStop() || failure != nil })
        try progress.clear()
        if let failure { throw failure }
        guard var weights else { return nil }
        let before = try certain(file.weights)
        let after = try certain(weights)
        try progress.line("\(before) of them were recognised for certain before, \(after) are now.")
        weights.metadata.merge(metadata(digits)) { $1 }
        return weights
    }

    /// How many of the digits are answered rightly at the network's own operating point, each heard as `digitd listen` hears it.
    private func certain(_ weights: WeightsFile) throws -> Int {
        let set = try EvaluationSet(store: store)
        let network = BatchClassifier(
            try ResNet18(weights: weights, batchSize: 16, threads: options.threads),
            temperature: Float(file.temperature), parameters: .standard)
        let judgements = Judgements(logits: network.logits(set.windows), labels: set.labels)
        return judgements.labels.indices.count { clip in
            let label = Int(judgements.labels[clip])
            return label < LabelledClip.notADigit
                && judgements.answer(clip, temperature: file.temperature, threshold: file.acceptThreshold) == label
        }
    }

    /// What a weights file says of its enrolment. Temperature, threshold and measured accuracy stay those of the network that
    /// it started from: targets were as smooth as in training, and a few clips that it has learnt from tell nothing better.
    private func metadata(_ digits: Int) -> [String: String] {
        let perDigit = (0..<10).map { digit in store.clips.count { $0.label == digit } }
        let others = store.clips.count - digits
        let formatter = ISO8601DateFormatter()
        return [
            "enrolled.at": formatter.string(from: Date()),
            "enrolled.by": "digitd enroll, \(options.windows) windows, seed \(options.seed)",
            "enrolled.from": (file.path as NSString).lastPathComponent
                + (sha256(ofFile: file.path).map { ", sha256 \($0)" } ?? ""),
            "enrolled.on": "\(digits) clips, \(perDigit.min() ?? 0) to \(perDigit.max() ?? 0) of a digit"
                + (others > 0 ? ", \(others) of other words" : ""),
        ]
    }
}
