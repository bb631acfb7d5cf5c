import ArgumentParser
import AtomicFile
import Evaluation
import Foundation
import ResNet
import ResNetTraining

/// `digitd evaluate`: how good a network is on labelled recordings.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the network on directories of labelled recordings.",
        discussion: """
            All clips of the directories are judged, training clips among them. --held-out judges only the speakers that \
            digitd train set apart: give it the directories that the network was trained on, in the same order. \
            --official-test judges only FSDD's test clips, index 0 to 4 of every speaker and digit, and --split-test only \
            the fifth that was left out when the network was trained with digitd train --split random (or --recipe seed). \
            The layouts are those of digitd train.

            A digit whose confidence is under the network's accept threshold is rejected, and counts as wrong. Rows of the \
            confusion matrix are what was said, 0 to 9 and then not_a_digit; columns what was answered, 0 to 9 and then \
            rejected. The class not_a_digit has figures only where there are clips of it.
            """)

    @OptionGroup var selection: ClipSelection
    @Option(
        help: ArgumentHelp("Weights file to use instead of the installed one.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var model: String?
    @Flag(help: "Print one JSON object.")
    var json = false
    @Option(
        help: ArgumentHelp("Directory for a page with plots, index.html, and metrics.json.", valueName: "dir"),
        completion: .directory)
    var report: String?

    func run() throws {
        let model = try ClipModel(given: model, batchSize: 32, threads: processorCount)
        var failure = FirstFailure()
        let selected = try selection.select(for: model.file)
        let judged = try judge(selected.clips, model, &failure)
        let rule = AnswerRule(temperature: model.file.temperature, threshold: model.file.acceptThreshold)
        let figures = EvaluationFigures(
            judged.judgements, clips: judged.clips, rule: rule, selection: selected.name)
        if let report { try write(report, figures, judged, model.file) }
        try StandardOutput.line(json ? figures.json : figures.table)
        try failure.end()
    }

    /// The clips that could be read, with the network's answers.
    private struct Judged {
        var judgements = Judgements(logits: [], labels: [])
        var clips: [LabelledClip] = []
    }

    /// Takes the clips in parts, because the windows of a hundred thousand would fill 1.5 GB.
    private func judge(_ clips: [LabelledClip], _ model: ClipModel, _ failure: inout FirstFailure) throws -> Judged {
        let part = 2048
        var judged = Judged()
        var firstReason: String?
        var progress = ProgressLine(plainSeconds: nil)
        for start in stride(from: 0, to: clips.count, by: part) {
            try progress.update("\(start)/\(clips.count) clips")
            let inputs = try ClipInputs(
                Array(clips[start..<min(start + part, clips.count)]), frontEnd: model.file.frontEnd)
            firstReason = firstReason ?? inputs.skipped.first?.reason
            if !inputs.skipped.isEmpty { try progress.clear() }
            for clip in inputs.skipped {
                failure.report(CommandFailure(.inputNotUsable, "\(clip.path) is left out: \(clip.reason)"))
            }
            judged.judgements.append(try model.judge(inputs.windows, labels: inputs.labels))
            judged.clips += inputs.clips
        }
        try progress.clear()
        if judged.clips.isEmpty { throw DataError.allDamaged(count: clips.count, first: firstReason ?? "unknown") }
        return judged
    }

    private func write(
        _ directory: String, _ figures: EvaluationFigures, _ judged: Judged, _ model: ModelFile
    ) throws {
        let page = EvaluationReport(
            title: "digitd evaluation", metrics: figures.metrics, calibration: figures.calibration,
            worst: EvaluationReport.worstClips(
                judged.judgements, paths: judged.clips.map(\.path), temperature: model.temperature,
                threshold: model.acceptThreshold),
            notes: [
                ("Network", model.path), ("Trained on", model.weights.metadata["trained.on"] ?? "unknown"),
                ("Data", selection.data.joined(separator: ", ") + " (\(figures.selection))"),
                ("Accept threshold", String(model.acceptThreshold)), ("Temperature", String(model.temperature)),
            ])
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try page.write(to: directory + "/index.html")
            try writeAtomically(Array((figures.json + "\n").utf8), to: directory + "/metrics.json")
        } catch let error as ReportError {
            throw CommandFailure(.failed, error.description)
        } catch let error as AtomicFileError {
            throw CommandFailure(.failed, "Cannot write \"\(directory)/metrics.json\": \(error.reason).")
        } catch {
            throw CommandFailure(
                .failed, "The directory \(directory) cannot be made; check the name and permissions of the report.")
        }
    }
}
