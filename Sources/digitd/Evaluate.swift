import ArgumentParser
import AtomicFile
import DigitRecognizer
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
            The layouts are those of digitd train. A network for numbers (digitd train --recipe numbers) is judged on \
            recordings of several words, too.

            --live alone takes directories that hold nothing but noise, too: how many digits an hour are heard in it.

            A digit whose confidence is under the network's accept threshold is rejected, and counts as wrong. Rows of the \
            confusion matrix are what was said, 0 to 9 and then not_a_digit; columns what was answered, 0 to 9 and then \
            rejected. The class not_a_digit has figures only where there are clips of it.

            --leave-one-speaker-out judges no given network but the way of training: for each FSDD speaker it trains a \
            network on everything else, the other speakers and directories among it, and judges it on all that speaker's \
            clips. What the networks share is trained once, without FSDD (--base-epochs); each goes on from there \
            (--fold-epochs). Networks and checkpoints are kept in --output; the same command goes on with them.
            """)

    @OptionGroup var selection: ClipSelection
    @Option(
        help: ArgumentHelp("Weights file to use instead of the installed one.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var model: String?
    @Flag(help: "Print one JSON object.")
    var json = false
    @Option(
        help: ArgumentHelp(
            "Directory for a page with plots, index.html, metrics.json and, of numbers, utterances.tsv.",
            valueName: "dir"),
        completion: .directory)
    var report: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Also judge the clips in noise, cut as clips and by the live segmenter. (default: only with --report)")
    var noise: Bool?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Signal to noise ratios for --noise, in dB.", valueName: "db"))
    var snr: [Double] = [20, 10, 5, 0]
    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Also play the clips and noises to the recogniser of digitd listen; with --noise, the clips in the noises "
                + "too. (default: only with --report)"))
    var live: Bool?
    @OptionGroup var precision: PrecisionOption
    @OptionGroup(title: "Leave one speaker out") var leaveOneOut: LeaveOneOutArguments

    func validate() throws {
        let others = [
            ("--held-out", selection.heldOut), ("--official-test", selection.officialTest),
            ("--split-test", selection.splitTest), ("--model", model != nil),
            ("--precision", precision.precision != nil), ("--report", report != nil),
            ("--noise", noise != nil), ("--live", live != nil),
        ]
        if leaveOneOut.leaveOneSpeakerOut, let name = others.first(where: \.1)?.0 {
            throw ValidationError("Give --leave-one-speaker-out or \(name), not both.")
        }
        if leaveOneOut.leaveOneSpeakerOut {
            let sets = DataSet.names(ofDirectories: selection.data)
            let named = selection.trainOnly + leaveOneOut.setWeight.map(\.name)
            if let name = named.first(where: { !sets.contains($0) }) {
                throw ValidationError("There is no data directory named \(name), only \(sets.joined(separator: ", ")).")
            }
        }
        guard snr.allSatisfy({ (-20...60).contains($0) }) else { throw ValidationError("--snr must be -20 to 60.") }
    }

    func run() throws {
        if leaveOneOut.leaveOneSpeakerOut {
            let options = leaveOneOut.options(data: selection.data, trainOnly: selection.trainOnly)
            try LeaveOneOutRun(options: options, json: json).run()
        } else {
            try evaluate()
        }
    }

    private func evaluate() throws {
        let file = try ModelFile(given: model, precision: precision.chosen, allowsImages: true)
        if file.frontEnd == .utterance { return try evaluateUtterances(file) }
        let model = try ClipModel(file, batchSize: 32, threads: processorCount)
        var failure = FirstFailure()
        let selected = try selection.select(
            for: model.file, noiseAlone: live == true && noise != true && report == nil)
        guard !selected.clips.isEmpty else {
            _ = try isWanted(live, "--live", model.file)
            let figures = try throughRecognizer(selected, model.file)
            return try StandardOutput.line(json ? figures.jsonAlone : figures.tableAlone)
        }
        let judged = try judge(selected.clips, model, &failure)
        let rule = AnswerRule(temperature: model.file.temperature, threshold: model.file.acceptThreshold)
        var figures = EvaluationFigures(
            judged.judgements, clips: judged.clips, rule: rule, selection: selected.name)
        let recordings = ClipSelection.Selected(
            clips: judged.clips, noises: selected.noises, name: selected.name)
        if try isWanted(noise, "--noise", model.file) { figures.noise = try inNoise(recordings, model, rule) }
        if try isWanted(live, "--live", model.file) { figures.live = try throughRecognizer(recordings, model.file) }
        if !figures.noise.isEmpty, figures.live != nil {
            figures.liveInNoise = try throughRecognizerInNoise(recordings, model.file)
        }
        if let report { try write(report, figures, judged, model.file) }
        try StandardOutput.line(json ? figures.json : figures.table)
        try failure.end()
    }

    /// Of a network for utterances: clips of one word, and recordings of several.
    private func evaluateUtterances(_ file: ModelFile) throws {
        let selected = try selection.select(for: file, noiseAlone: false)
        var reader = try file.reader()
        let evaluation = UtteranceEvaluation(
            clips: selected.clips, utterances: selected.utterances, noises: selected.noises,
            ratios: noise ?? (report != nil) ? snr : [])
        var progress = ProgressLine(plainSeconds: nil)
        let result = try evaluation.run(&reader) { try progress.update("judging, \(Int($0 * 100)) %") }
        try progress.clear()
        var failure = FirstFailure()
        for skipped in result.skipped {
            failure.report(CommandFailure(.inputNotUsable, "\(skipped.path) is left out: \(skipped.reason)"))
        }
        // The logits are log probabilities, the temperature's part done.
        let rule = AnswerRule(temperature: 1, threshold: file.acceptThreshold)
        var figures = EvaluationFigures(result.judgements, clips: result.clips, rule: rule, selection: selected.name)
        if !result.strings.isEmpty { figures.strings = StringFigures(result.strings) }
        if !evaluation.ratios.isEmpty {
            figures.noise = [NoiseFigures(ratio: nil, cut: .clip, tally: DigitTally(result.judgements, rule))]
            figures.noise += result.noisy.map {
                NoiseFigures(ratio: $0.ratio, cut: .clip, tally: DigitTally($0.judgements, rule))
            }
        }
        if try isWanted(live, "--live", file) {
            let recordings = ClipSelection.Selected(
                clips: result.clips, noises: selected.noises, name: selected.name)
            figures.live = try throughRecognizer(recordings, file)
            if !figures.noise.isEmpty { figures.liveInNoise = try throughRecognizerInNoise(recordings, file) }
        }
        if let report {
            var page = EvaluationReport(title: "digitd evaluation", figures: figures, notes: notes(file))
            page.worstStrings = result.worst
            try write(page, to: report)
            let lines = [UtteranceEvaluation.Reading.heading] + result.readings.map(\.line)
            try writeTable(lines, to: report + "/utterances.tsv")
        }
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

    /// Whether a part is measured: where it is asked for, and by default for a page, if the network can hear a stream.
    private func isWanted(_ flag: Bool?, _ name: String, _ model: ModelFile) throws -> Bool {
        guard model.frontEnd != .decibelImage else {
            guard flag == true else { return false }
            throw CommandFailure(
                .inputNotUsable,
                "\(name) needs a network that hears a stream, and \(model.path) takes pictures of whole recordings; "
                    + "leave \(name) out.")
        }
        return flag ?? (report != nil)
    }

    private func inNoise(
        _ recordings: ClipSelection.Selected, _ model: ClipModel, _ rule: AnswerRule
    ) throws -> [NoiseFigures] {
        var progress = ProgressLine(plainSeconds: nil)
        let figures = try NoiseEvaluation(
            clips: recordings.clips, noises: recordings.noises, ratios: snr, rule: rule
        ).run(
            progress: { try progress.update("in noise, \(Int($0 * 100)) %") },
            judge: { try model.judge($0, labels: $1) })
        try progress.clear()
        return figures
    }

    private func throughRecognizer(
        _ recordings: ClipSelection.Selected, _ model: ModelFile
    ) throws -> LiveFigures {
        var progress = ProgressLine(plainSeconds: nil)
        try progress.update("through the recogniser of digitd listen")
        let figures = try liveEvaluation(recordings, model).run()
        try progress.clear()
        return figures
    }

    private func throughRecognizerInNoise(
        _ recordings: ClipSelection.Selected, _ model: ModelFile
    ) throws -> [LiveNoiseFigures] {
        var progress = ProgressLine(plainSeconds: nil)
        try progress.update("in noise, through the recogniser of digitd listen")
        let figures = try liveEvaluation(recordings, model).run(ratios: snr)
        try progress.clear()
        return figures
    }

    private func liveEvaluation(
        _ recordings: ClipSelection.Selected, _ model: ModelFile
    ) throws -> LiveEvaluation<ModelRecognizer> {
        let (weights, precision) = (model.weights, model.precision)
        return LiveEvaluation(
            clips: recordings.clips, noises: recordings.noises,
            parameters: try RecognizerParameters(weights: weights)
        ) { try ModelRecognizer(weights: weights, precision: precision, parameters: $0) }
    }

    private func write(
        _ directory: String, _ figures: EvaluationFigures, _ judged: Judged, _ model: ModelFile
    ) throws {
        let rule = AnswerRule(temperature: model.temperature, threshold: model.acceptThreshold)
        let page = EvaluationReport(
            title: "digitd evaluation", figures: figures,
            worst: try WorstClip.withPictures(
                WorstClip.list(judged.judgements, clips: judged.clips, rule: rule), frontEnd: model.frontEnd),
            notes: notes(model))
        try write(page, to: directory)
    }

    private func notes(_ model: ModelFile) -> [(name: String, value: String)] {
        [
            ("Network", model.path), ("Trained on", model.weights.metadata["trained.on"] ?? "unknown"),
            ("Computed in", model.precision.rawValue),
            ("Data", selection.data.joined(separator: ", ")),
            ("Accept threshold", String(model.acceptThreshold)), ("Temperature", String(model.temperature)),
        ]
    }

    private func writeTable(_ lines: [String], to path: String) throws {
        do {
            try writeAtomically(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
        } catch {
            throw CommandFailure(.failed, "Cannot write \"\(path)\": \(error.reason).")
        }
    }

    private func write(_ page: EvaluationReport, to directory: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try page.write(to: directory + "/index.html")
            try writeAtomically(Array((page.figures.json + "\n").utf8), to: directory + "/metrics.json")
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
