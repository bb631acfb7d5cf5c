import ArgumentParser
import Foundation
import ResNetTraining

/// What enrolment gains and costs, for Tools/compare-enrolment.sh.
struct EnrollBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll-benchmark",
        abstract: "Measures what enrolment gains for strangers and costs everybody else.", shouldDisplay: false)

    @Option(parsing: .upToNextOption, help: "Directories that the network was trained on.") var data: [String]
    @Option(parsing: .upToNextOption, help: "Those of them of which no speaker was held out.")
    var trainOnly: [String] = []
    @Option(parsing: .upToNextOption, help: "Directories of people whom the network has never heard.")
    var strangers: [String] = []
    @Option(parsing: .upToNextOption, help: "Enrol only these of them.") var speakers: [String] = []
    @Option(help: "Weights file to use instead of the installed one.") var model: String?
    @Option(help: "Clips of each digit to enrol with.") var takes = 5
    @Flag(inversion: .prefixedNo, help: "Also enrol everybody in a room of their own.") var rooms = true
    @Option(help: "What is changed: all, last-stage, norms or head.") var part: EnrolmentOptions.Part?
    @Option(help: "Windows to learn from.") var windows: Int?
    @Option(help: "Windows a step.") var batchSize: Int?
    @Option(help: "Peak of the learning rate.") var learningRate: Float?
    @Option(help: "Share of the old network's word in the targets.") var distillation: Float?
    @Option(help: "The same for what is no digit.") var negativeDistillation: Float?
    @Option(help: "Share of windows that stand for other people.") var anchors: Float?
    @Option(parsing: .upToNextOption, help: "How far to go from the old weights to the new; several are compared.")
    var interpolation: [Float] = [EnrolmentOptions().interpolation]
    @Option(help: "Share of windows that are no digit.") var negatives: Double?
    @Option(help: "Chooses everything that is random.") var seed: UInt64 = 1
    @Option(help: "Threads.") var threads = 1

    func run() throws {
        let file = try ModelFile(given: model)
        var options = EnrolmentStudy.Options()
        options.directories = data
        options.strangers = strangers
        options.setsOnlyTrained = Set(trainOnly)
        options.speakers = Set(speakers)
        options.takes = takes
        options.studiesRooms = rooms
        options.enrolment.part = part ?? options.enrolment.part
        options.enrolment.windows = windows ?? options.enrolment.windows
        options.enrolment.batchSize = batchSize ?? options.enrolment.batchSize
        options.enrolment.learningRate = learningRate ?? options.enrolment.learningRate
        options.enrolment.distillation = distillation ?? options.enrolment.distillation
        options.enrolment.negativeDistillation = negativeDistillation ?? options.enrolment.negativeDistillation
        options.enrolment.anchorFraction = anchors ?? options.enrolment.anchorFraction
        options.interpolations = interpolation
        options.enrolment.sampler.negativeFraction = negatives ?? options.enrolment.sampler.negativeFraction
        options.enrolment.seed = seed
        options.enrolment.threads = threads
        let study = try EnrolmentStudy(
            file.weights, temperature: file.temperature, threshold: file.acceptThreshold, options: options)
        guard !study.speakers.isEmpty else {
            throw CommandFailure(
                .inputNotUsable, "Nobody there has enough clips of every digit; give --strangers or fewer --takes.")
        }
        var table = EnrolmentTable()
        try study.run { result in
            for line in table.add(result) { try StandardOutput.line(line) }
        }
        for line in table.summary { try StandardOutput.line(line) }
    }
}

extension EnrolmentOptions.Part: ExpressibleByArgument {}

/// The study's results in lines: percentages before and after.
private struct EnrolmentTable {
    private var sums: [(name: String, before: EnrolmentStudy.Score, after: EnrolmentStudy.Score)] = []

    mutating func add(_ result: EnrolmentStudy.Result) -> [String] {
        let place = result.isInRoom ? "room" : "as recorded"
        var lines: [String] = []
        for (isOwn, comparison) in result.own.map({ (true, $0) }) + result.others.map({ (false, $0) }) {
            let name = (isOwn ? "own, \(place), " : "") + "\(comparison.name), at \(result.interpolation)"
            let who = "\(result.speaker.set)/\(result.speaker.speaker)"
            lines.append(Self.line("\(who), \(name)", comparison.before, comparison.after))
            if let index = sums.firstIndex(where: { $0.name == name }) {
                sums[index].before += comparison.before
                sums[index].after += comparison.after
            } else {
                sums.append((name, comparison.before, comparison.after))
            }
        }
        return lines
    }

    var summary: [String] {
        ["", "all speakers"] + sums.map { Self.line($0.name, $0.before, $0.after) }
    }

    private static func line(_ name: String, _ before: EnrolmentStudy.Score, _ after: EnrolmentStudy.Score) -> String {
        func part(_ label: String, _ a: Int, _ b: Int, of count: Int) -> String {
            let share = 100 / Double(max(1, count))
            return String(format: "%@ %.2f -> %.2f", label, Double(a) * share, Double(b) * share)
        }
        var parts = [
            part("accuracy", before.right, after.right, of: before.digits + before.others),
            part("error", before.forcedErrors, after.forcedErrors, of: before.digits),
            part("missed", before.misses, after.misses, of: before.digits),
            part("wrong", before.wrong, after.wrong, of: before.digits),
        ]
        if before.others > 0 {
            parts.append(part("others taken", before.falseAccepts, after.falseAccepts, of: before.others))
        }
        parts.append(String(format: "ECE %.3f -> %.3f", before.calibrationError, after.calibrationError))
        return name + ": " + parts.joined(separator: ", ")
    }
}
