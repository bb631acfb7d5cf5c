import Evaluation
import Foundation
import ResNetTraining

/// The run of `digitd evaluate --leave-one-speaker-out`: progress on the way, figures at the end.
struct LeaveOneOutRun {
    let options: LeaveOneSpeakerOut.Options
    /// Whether one JSON object is printed and nothing else.
    let json: Bool

    func run() throws {
        let signals = StopSignals()
        var report = TrainingReport()
        let figures = try LeaveOneSpeakerOut(options).run(
            report: { if !json { show($0, &report) } }, shouldStop: { signals.isStopWished })
        try report.clear()
        guard let figures else {
            throw CommandFailure(.failed, "The run was stopped; give the same command again to go on with it.")
        }
        try StandardOutput.line(json ? figures.json : figures.table)
    }

    private func show(_ event: LeaveOneSpeakerOut.Progress, _ report: inout TrainingReport) {
        switch event {
        case .begins(let name, let number, let total):
            report.prefix = "\(name): "
            report.line("\(name): network \(number) of \(total)")
        case .found(let name): report.line("\(name): trained already")
        case .training(_, let event): report.show(event)
        case .judged(let fold):
            let right = TextTable.percent(fold.tally.share(\.right))
            let always = TextTable.percent(fold.tally.share(\.alwaysRight))
            report.line("\(fold.speaker): \(right) right, \(always) always answering")
        }
    }
}

extension LeaveOneOutFigures {
    /// A line a speaker, and their mean.
    fileprivate var table: String {
        let heading = TextTable.row(
            "left out", ["clips", "right", "wrong", "rejected", "always"], first: 18, width: 11)
        let counts = [\DigitTally.right, \.wrong, \.rejected, \.alwaysRight]
        let rows = folds.map { fold in
            let shares = counts.map { TextTable.percent(fold.tally.share($0)) }
            return TextTable.row(fold.speaker, ["\(fold.tally.digits)"] + shares, first: 18, width: 11)
        }
        let means = TextTable.row("mean", [""] + counts.map { TextTable.percent(mean($0)) }, first: 18, width: 11)
        return ([heading] + rows + [means]).joined(separator: "\n")
    }
}
