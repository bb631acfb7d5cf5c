import DigitDecoder
import Glibc
import ResNet

/// Held-out utterances, to judge a network by after every epoch, and to fit its temperature and threshold by.
struct UtteranceValidation {
    /// What is judged apart, each counting alike.
    enum Group: Int, CaseIterable {
        case strings, digits, talk
    }

    private struct Item {
        /// Normalised, [frames][bands].
        var frames: [Float]
        var target: CTCTarget
        var group: Group
        /// 0...9 of one digit, 10 of anything else.
        var label: Int32
    }

    /// Clips of each digit, and of talk, at most.
    private static let clipsMax = 40
    private static let talkMax = 150
    /// Signal to noise ratios in dB; nil for recordings as they are.
    private static let ratios: [Float?] = [nil, 12]

    private let items: [Item]
    private let framesPerColumn: Int

    init(store: ClipStore, framesPerColumn: Int) throws(DataError) {
        self.framesPerColumn = framesPerColumn
        var items: [Item] = []
        var counts = [Int](repeating: 0, count: LabelledClip.labelCount)
        var random = SeededRandom(seed: 1)
        let clips = store.clips.indices.shuffled(using: &random).filter { clip in
            let label = store.clips[clip].label
            guard store.audio[clip].peak > 0 else { return false }
            counts[label] += 1
            return counts[label] <= (label < LabelledClip.notADigit ? Self.clipsMax : Self.talkMax)
        }
        for ratio in Self.ratios {
            var source = try UtteranceSource(store: store, ratio: ratio)
            for (index, utterance) in store.utterances.enumerated() {
                let transcript = utterance.transcript
                items.append(
                    Item(
                        frames: try source.utterance(index), target: transcript.target,
                        group: transcript.digits.isEmpty ? .talk : .strings,
                        label: Int32(LabelledClip.notADigit)))
            }
            for clip in clips {
                let label = store.clips[clip].label
                let isDigit = label < LabelledClip.notADigit
                items.append(
                    Item(
                        frames: try source.clip(clip),
                        target: isDigit ? CTCTarget(UtteranceLabel(digit: label)!) : .talk,
                        group: isDigit ? .digits : .talk, label: Int32(label)))
            }
        }
        self.items = items
    }

    /// The logits of every item, [columns][labels].
    private func logits(_ weights: WeightsFile, threads: Int) throws -> [[Float]] {
        let network = try UtteranceNetwork(
            weights: weights, framesPerColumn: framesPerColumn, classCount: UtteranceLabel.labelCount, threads: threads)
        return items.map { item in
            let columns = UtteranceNetwork.columnCount(
                frames: item.frames.count / WindowShape.bands, framesPerColumn: framesPerColumn)
            var logits = [Float](repeating: 0, count: columns * UtteranceLabel.labelCount)
            var span = logits.mutableSpan
            network.logits(item.frames.span, into: &span)
            return logits
        }
    }

    func judge(_ weights: WeightsFile, threads: Int) throws -> Validation.Outcome {
        let logits = try logits(weights, threads: threads)
        var exact = [Double](repeating: 0, count: Group.allCases.count)
        var counts = exact
        var (errors, digits) = (0, 0)
        for (item, logits) in zip(items, logits) {
            let labels = BestPath.labels(logits[...], classes: UtteranceLabel.labelCount)
            counts[item.group.rawValue] += 1
            if BestPath.saysDigits(labels, of: item.target) { exact[item.group.rawValue] += 1 }
            guard item.group == .strings else { continue }
            errors += BestPath.digitErrors(labels, of: item.target)
            digits += item.target.digitLabels.count
        }
        func share(_ group: Group) -> Double { exact[group.rawValue] / max(counts[group.rawValue], 1) }
        return Validation.Outcome(
            loss: loss(logits, temperature: 1), accuracy: share(.strings),
            digitAccuracy: 1 - Double(errors) / Double(max(digits, 1)),
            detail: Group.allCases.map { "\($0) \((share($0) * 1_000).rounded() / 10) %" }.joined(separator: ", "))
    }

    /// The mean CTC loss of a group's utterance, in nats, averaged over the groups.
    private func loss(_ logits: [[Float]], temperature: Float) -> Double {
        var ctc = CTCLoss(classes: UtteranceLabel.labelCount)
        var losses = [Double](repeating: 0, count: Group.allCases.count)
        var counts = losses
        var gradient: [Float] = []
        for (item, logits) in zip(items, logits) {
            let scaled = temperature == 1 ? logits : logits.map { $0 / temperature }
            if gradient.count < scaled.count { gradient = [Float](repeating: 0, count: scaled.count) }
            let loss = scaled.withUnsafeBufferPointer { scaled in
                gradient.withUnsafeMutableBufferPointer {
                    ctc.loss(
                        logits: scaled, target: item.target, scale: 1,
                        gradient: UnsafeMutableBufferPointer(rebasing: $0[..<scaled.count]))
                }
            }
            losses[item.group.rawValue] += loss ?? 0
            counts[item.group.rawValue] += 1
        }
        let groups = Group.allCases.filter { counts[$0.rawValue] > 0 }
        return groups.reduce(0) { $0 + losses[$1.rawValue] / counts[$1.rawValue] } / Double(max(groups.count, 1))
    }

    /// What a network's logits are divided by, and the least confidence of a digit.
    struct Fit {
        var temperature: Double
        var point: OperatingPoint
    }

    /// The temperature with the least loss (Guo et al., "On calibration of modern neural networks", 2017), and the
    /// operating point of clips and talk at it.
    func fit(_ weights: WeightsFile, threads: Int) throws -> Fit {
        let logits = try logits(weights, threads: threads)
        let temperatures = (0...30).map { Float(exp2(-1 + Double($0) * 0.1)) }
        let best = temperatures.map { ($0, loss(logits, temperature: $0)) }.min { $0.1 < $1.1 }!.0
        var judgements = Judgements(logits: [], labels: [])
        for (item, logits) in zip(items, logits) where item.group != .strings {
            let posteriors = ColumnPosteriors(logits: logits, temperature: Double(best))
            judgements.append(Judgements(logits: CTCSingleLabel.clipLogits(posteriors), labels: [item.label]))
        }
        var limits = OperatingPoint.Limits()
        limits.wrongMax = 0.005
        limits.falseAcceptsMax = 0.01
        return Fit(
            temperature: Double(best), point: OperatingPoint.choose(judgements, temperature: 1, limits: limits))
    }
}
