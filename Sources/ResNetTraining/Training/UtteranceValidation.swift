import DigitDecoder
import MelSpectrogram
import ResNet

/// Held-out utterances, packed into rows once, to judge a network by after every epoch.
struct UtteranceValidation {
    /// What is judged apart, each counting alike.
    enum Group: Int, CaseIterable {
        case strings, digits, talk
    }

    /// Clips of each digit, and of talk, at most: as many of each speaker as go round.
    private static let clipsMax = 40
    private static let talkMax = 150

    private let batches: [(rows: [Float], targets: [PlacedTarget], groups: [Group])]
    private let shape: NetworkShape
    private let rows: Int

    init(store: ClipStore, shape: NetworkShape, rows: Int) throws(DataError) {
        self.shape = shape
        self.rows = rows
        var utterances: [(frames: [Float], target: CTCTarget, group: Group)] = []
        func add(_ samples: [Float], _ target: CTCTarget, _ group: Group) throws(DataError) {
            do {
                var frames = try UtteranceInput.frames(of: samples)
                let most = shape.inputWidth * shape.inputHeight
                guard frames.count <= most || group == .talk else { return }
                if frames.count > most { frames.removeLast(frames.count - most) }
                utterances.append((frames, target, group))
            } catch {
                throw .frontEnd(reason: error.description)
            }
        }
        for (index, utterance) in store.utterances.enumerated() {
            let samples = store.utteranceAudio[index].samples.map { Float($0) * 0x1p-15 }
            let group: Group = utterance.transcript.digits.isEmpty ? .talk : .strings
            try add(samples, utterance.transcript.target, group)
        }
        var counts = [Int](repeating: 0, count: LabelledClip.labelCount)
        var random = SeededRandom(seed: 1)
        for clip in store.clips.indices.shuffled(using: &random) where store.audio[clip].peak > 0 {
            let label = store.clips[clip].label
            let isDigit = label < LabelledClip.notADigit
            guard counts[label] < (isDigit ? Self.clipsMax : Self.talkMax) else { continue }
            counts[label] += 1
            try add(
                store.samples(of: clip), isDigit ? CTCTarget(UtteranceLabel(digit: label)!) : .talk,
                isDigit ? .digits : .talk)
        }
        var left = utterances[...]
        var batches: [(rows: [Float], targets: [PlacedTarget], groups: [Group])] = []
        while !left.isEmpty { batches.append(Self.pack(&left, shape, rows)) }
        self.batches = batches
    }

    /// Takes as many utterances, in their order, as fill the rows of a batch.
    private static func pack(
        _ utterances: inout ArraySlice<(frames: [Float], target: CTCTarget, group: Group)>, _ shape: NetworkShape,
        _ rows: Int
    ) -> (rows: [Float], targets: [PlacedTarget], groups: [Group]) {
        var packing = RowPacking(rows: rows, shape: shape)
        var groups: [Group] = []
        while let next = utterances.first, packing.place(next.frames, target: next.target) {
            groups.append(next.group)
            utterances.removeFirst()
        }
        return (packing.values, packing.targets, groups)
    }

    func judge(_ weights: WeightsFile, threads: Int) throws -> Validation.Outcome {
        let network = try TrainingNetwork(batchSize: rows, shape: shape, threads: threads, statistics: .fixed)
        try network.load(weights)
        var losses = [Double](repeating: 0, count: Group.allCases.count)
        var (counts, exact) = (losses, losses)
        var (errors, digits) = (0, 0)
        for batch in batches {
            let answers = try network.answers(rows: batch.rows, targets: batch.targets)
            for ((answer, group), placed) in zip(zip(answers, batch.groups), batch.targets) {
                losses[group.rawValue] += answer.loss
                counts[group.rawValue] += 1
                if BestPath.saysDigits(answer.labels, of: placed.target) { exact[group.rawValue] += 1 }
                guard group == .strings else { continue }
                errors += BestPath.digitErrors(answer.labels, of: placed.target)
                digits += placed.target.digitLabels.count
            }
        }
        let groups = Group.allCases.filter { counts[$0.rawValue] > 0 }
        func share(_ group: Group) -> Double { exact[group.rawValue] / max(counts[group.rawValue], 1) }
        return Validation.Outcome(
            loss: groups.reduce(0) { $0 + losses[$1.rawValue] / counts[$1.rawValue] } / Double(max(groups.count, 1)),
            accuracy: share(.strings), digitAccuracy: 1 - Double(errors) / Double(max(digits, 1)),
            detail: Group.allCases.map { "\($0) \(Self.percent(share($0)))" }.joined(separator: ", "))
    }

    private static func percent(_ share: Double) -> String { "\((share * 1_000).rounded() / 10) %" }
}
