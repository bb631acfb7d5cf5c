import ArgumentParser
import AtomicFile
import Foundation
import ResNet
import ResNetTraining

/// `digitd evaluate`: how good a network is on labelled recordings.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the network on directories of labelled recordings.",
        discussion: """
            All clips of the directories are judged, training clips among them; --official-test judges only FSDD's test \
            clips, index 0 to 4 of every speaker and digit, and --split-test only the fifth that was left out when the \
            network was trained with digitd train --split random (or --recipe seed). The layouts are those of digitd train.

            A digit whose confidence is under the network's accept threshold is rejected, and counts as wrong. Rows of the \
            confusion matrix are what was said, 0 to 9 and then not_a_digit; columns what was answered, 0 to 9 and then \
            rejected. The class not_a_digit has figures only where there are clips of it.
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Data directories; may be given more than once.", valueName: "dir"), completion: .directory)
    var data: [String]
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
    @Flag(help: "Judge FSDD's test clips only.")
    var officialTest = false
    @Flag(help: "Judge only the clips that the network's random split left out.")
    var splitTest = false

    func validate() throws {
        if officialTest, splitTest { throw ValidationError("Give --official-test or --split-test, not both.") }
    }

    func run() throws {
        let model = try ClipModel(given: model, batchSize: 32, threads: processorCount)
        var failure = FirstFailure()
        let judged = try judge(try clips(model.file), model, &failure)
        let metrics = EvaluationMetrics(
            judged.judgements.confusion(temperature: model.file.temperature, threshold: model.file.acceptThreshold))
        if let report { try write(report, metrics, judged, model.file) }
        try StandardOutput.line(json ? metrics.json : metrics.table)
        try failure.end()
    }

    /// The clips that could be read, with the network's answers.
    private struct Judged {
        var judgements = Judgements(logits: [], labels: [])
        var paths: [String] = []
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
            judged.paths += inputs.clips.map(\.path)
        }
        try progress.clear()
        if judged.paths.isEmpty { throw DataError.allDamaged(count: clips.count, first: firstReason ?? "unknown") }
        return judged
    }

    private func clips(_ model: ModelFile) throws -> [LabelledClip] {
        let all = try DataSet(directories: data)
        if splitTest { return try Self.leftOut(of: all, model) }
        guard !officialTest || RandomSplitRecord(metadata: model.weights.metadata) == nil else {
            throw CommandFailure(
                .inputNotUsable,
                "The network \(model.path) was trained on a random split, and so on most of FSDD's test clips; "
                    + "give --split-test instead of --official-test.")
        }
        let clips = officialTest ? all.officialTest : all.clips
        guard !clips.isEmpty else {
            let wanted = officialTest ? "of FSDD's test" : "with a label"
            throw CommandFailure(
                .inputNotUsable,
                "\(data.joined(separator: ", ")) holds no clips \(wanted); see digitd evaluate --help for the layouts.")
        }
        return clips
    }

    /// The clips that the network has not been trained on, drawn again as they were then.
    private static func leftOut(of data: DataSet, _ model: ModelFile) throws -> [LabelledClip] {
        guard let record = RandomSplitRecord(metadata: model.weights.metadata) else {
            throw CommandFailure(
                .inputNotUsable,
                "The network \(model.path) was not trained on a random split; give one of digitd train --split random, "
                    + "or leave --split-test out.")
        }
        let split = data.randomSplit(seed: record.seed)
        guard RandomSplitRecord(split, seed: record.seed) == record else {
            throw CommandFailure(
                .inputNotUsable,
                "These recordings are not those that the network \(model.path) was trained on; "
                    + "give the same directories with --data in the same order.")
        }
        let knowsOthers = model.frontEnd.labels.count == LabelledClip.labelCount
        return split.validation.clips.filter { knowsOthers || $0.label < LabelledClip.notADigit }
    }

    /// Which of the clips were judged, for the page.
    private var selection: String {
        officialTest ? " (FSDD's test clips)" : splitTest ? " (the clips that the split left out)" : ""
    }

    private func write(
        _ directory: String, _ metrics: EvaluationMetrics, _ judged: Judged, _ model: ModelFile
    ) throws {
        let page = EvaluationReport(
            title: "digitd evaluation", metrics: metrics,
            calibration: Calibration(judged.judgements, temperature: model.temperature),
            worst: EvaluationReport.worstClips(
                judged.judgements, paths: judged.paths, temperature: model.temperature,
                threshold: model.acceptThreshold),
            notes: [
                ("Network", model.path), ("Trained on", model.weights.metadata["trained.on"] ?? "unknown"),
                ("Data", data.joined(separator: ", ") + selection),
                ("Accept threshold", String(model.acceptThreshold)), ("Temperature", String(model.temperature)),
            ])
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try page.write(to: directory + "/index.html")
            try writeAtomically(Array((metrics.json + "\n").utf8), to: directory + "/metrics.json")
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
