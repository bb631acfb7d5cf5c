import CDNNL
import Glibc

/// Average pooling, the fully connected layer, and the loss: softmax cross-entropy with label smoothing where a window
/// has one answer, CTC where an utterance has one a column.
///
/// Pooling is over all positions of a window, or over the height of each column. In f32: 512 x 13 weights are under
/// 0.01 % of the network's work.
final class ClassifierHead {
    let weight: Parameter
    let bias: Parameter
    /// The last forward pass's logits, [rows, classes].
    private(set) var logits: [Float]
    /// Answers an input: 1, or the columns of its map.
    let columns: Int
    private let batch: Int
    private let channels: Int
    private let height: Int
    private let width: Int
    private let classes: Int
    /// Channels last, so that a position's are side by side.
    private let plainInput: Tensor
    private let plainGradient: Tensor
    private let toPlain: Reorder
    private let fromPlain: Reorder
    private var pooled: [Float]
    private var logitGradient: [Float]
    private var ctc: CTCLoss

    /// Answers a batch.
    private var rows: Int { batch * columns }

    /// - Parameters:
    ///   - shape: [batch, channels, height, width] of the input.
    ///   - perColumn: whether each column of the input gets logits of its own.
    ///   - gradient: receives the loss gradient of `input`.
    init(
        input: Tensor, shape: [Int], classes: Int, perColumn: Bool = false, gradient: (Layout) throws -> Tensor,
        _ context: ComputeContext
    ) throws {
        (batch, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
        columns = perColumn ? width : 1
        self.classes = classes
        weight = try Parameter(
            name: "fc.weight", shape: [classes, channels], layout: try Parameter.plainLayout([classes, channels]),
            decays: true, context)
        bias = try Parameter(
            name: "fc.bias", shape: [classes], layout: try Parameter.plainLayout([classes]), decays: false, context)
        let plain = try Layout(shape, dnnl_f32, dnnl_acdb)
        plainInput = try Tensor(plain, context)
        plainGradient = try Tensor(plain, context)
        toPlain = try Reorder(from: input, to: plainInput, context)
        fromPlain = try Reorder(from: plainGradient, to: try gradient(input.layout), context)
        pooled = [Float](repeating: 0, count: batch * columns * channels)
        logits = [Float](repeating: 0, count: batch * columns * classes)
        logitGradient = logits
        ctc = CTCLoss(classes: classes)
    }

    /// The row of `pooled` that a position of the map goes into.
    private func row(_ n: Int, _ x: Int) -> Int { columns == 1 ? n : n * columns + x }

    /// Positions that a row is the mean of.
    private var area: Int { height * width / columns }

    func forward() throws {
        try toPlain.run()
        let source = plainInput.floats
        let scale = 1 / Float(area)
        pooled.withUnsafeMutableBufferPointer { pooled in
            pooled.update(repeating: 0)
            for n in 0..<batch {
                for y in 0..<height {
                    for x in 0..<width {
                        let from = source + ((n * height + y) * width + x) * channels
                        let to = pooled.baseAddress! + row(n, x) * channels
                        for c in 0..<channels { to[c] += from[c] * scale }
                    }
                }
            }
            logits.withUnsafeMutableBufferPointer { logits in
                for r in 0..<rows {
                    for k in 0..<classes { logits[r * classes + k] = bias.value.floats[k] }
                }
                multiply(
                    rows, classes, channels, (pooled.baseAddress!, channels, "N"), (weight.value.floats, channels, "T"),
                    into: (logits.baseAddress!, classes))
            }
        }
    }

    /// Mean over the batch of the cross-entropy against `(1 - smoothing) * onehot + smoothing / classes`, as PyTorch's
    /// `CrossEntropyLoss(label_smoothing:)`; leaves the gradient for `backward`.
    func loss(labels: [Int32], smoothing: Float) -> Float {
        loss(
            targets: labels.flatMap { label in
                (0..<classes).map { smoothing / Float(classes) + ($0 == Int(label) ? 1 - smoothing : 0) }
            })
    }

    /// Mean over the batch of the cross-entropy against rows of probabilities; leaves the gradient for `backward`.
    func loss(targets: [Float]) -> Float {
        var total: Double = 0
        for n in 0..<rows {
            let row = n * classes..<(n + 1) * classes
            let peak = logits[row].max()!
            var sum: Float = 0
            for i in row { sum += exp(logits[i] - peak) }
            let logSum = log(sum) + peak
            for i in row {
                total -= Double(targets[i] * (logits[i] - logSum))
                logitGradient[i] = (exp(logits[i] - logSum) - targets[i]) / Float(rows)
            }
        }
        return Float(total / Double(rows))
    }

    /// Mean over the utterances of their CTC losses; leaves the gradient for `backward`. Columns of no utterance have
    /// none.
    func loss(utterances: [PlacedTarget]) -> Float {
        for i in logitGradient.indices { logitGradient[i] = 0 }
        let scale = 1 / Float(max(utterances.count, 1))
        var total = 0.0
        logits.withUnsafeBufferPointer { logits in
            logitGradient.withUnsafeMutableBufferPointer { gradient in
                for utterance in utterances {
                    let range = range(of: utterance)
                    total +=
                        ctc.loss(
                            logits: UnsafeBufferPointer(rebasing: logits[range]), target: utterance.target,
                            scale: scale, gradient: UnsafeMutableBufferPointer(rebasing: gradient[range])) ?? 0
                }
            }
        }
        return Float(total) * scale
    }

    func backward() throws {
        let biasGradient = bias.gradient.floats
        biasGradient.update(repeating: 0, count: classes)
        for r in 0..<rows {
            for k in 0..<classes { biasGradient[k] += logitGradient[r * classes + k] }
        }
        weight.gradient.floats.update(repeating: 0, count: classes * channels)
        let target = plainGradient.floats
        let scale = 1 / Float(area)
        logitGradient.withUnsafeMutableBufferPointer { gradient in
            pooled.withUnsafeMutableBufferPointer { pooled in
                multiply(
                    classes, channels, rows, (gradient.baseAddress!, classes, "T"),
                    (pooled.baseAddress!, channels, "N"),
                    into: (weight.gradient.floats, channels))
                // What was pooled is not read again: its gradient takes its place.
                pooled.update(repeating: 0)
                multiply(
                    rows, channels, classes, (gradient.baseAddress!, classes, "N"),
                    (weight.value.floats, channels, "N"),
                    into: (pooled.baseAddress!, channels))
                for n in 0..<batch {
                    for y in 0..<height {
                        for x in 0..<width {
                            let to = target + ((n * height + y) * width + x) * channels
                            let from = pooled.baseAddress! + row(n, x) * channels
                            for c in 0..<channels { to[c] = from[c] * scale }
                        }
                    }
                }
            }
        }
        try fromPlain.run()
    }

    /// How many of the last forward pass's rows have their greatest logit at the label.
    func correct(labels: [Int32]) -> Int {
        (0..<rows).reduce(0) { count, n in
            let row = logits[n * classes..<(n + 1) * classes]
            return count + (row.indices.max { row[$0] < row[$1] }! - n * classes == Int(labels[n]) ? 1 : 0)
        }
    }

    /// The range of `logits` that an utterance has.
    private func range(of utterance: PlacedTarget) -> Range<Int> {
        let first = utterance.row * columns + utterance.columns.lowerBound
        return first * classes..<(first + utterance.columns.count) * classes
    }

    /// How many utterances' digits are right in the last forward pass, taking the greatest logit of each column.
    func correct(utterances: [PlacedTarget]) -> Int {
        utterances.count {
            BestPath.saysDigits(BestPath.labels(logits[range(of: $0)], classes: classes), of: $0.target)
        }
    }

    private typealias Matrix = (start: UnsafeMutablePointer<Float>, stride: Int, form: Unicode.Scalar)

    /// `result += a * b` (`dnnl_sgemm`), `rows` x `columns` summed over `depth`; form "T" is transposed.
    private func multiply(
        _ rows: Int, _ columns: Int, _ depth: Int, _ a: Matrix, _ b: Matrix,
        into result: (start: UnsafeMutablePointer<Float>, stride: Int)
    ) {
        let status = dnnl_sgemm(
            CChar(a.form.value), CChar(b.form.value), dnnl_dim_t(rows), dnnl_dim_t(columns), dnnl_dim_t(depth), 1,
            a.start, dnnl_dim_t(a.stride), b.start, dnnl_dim_t(b.stride), 1, result.start, dnnl_dim_t(result.stride))
        precondition(status == dnnl_success, "dnnl_sgemm refused \(rows) x \(columns) x \(depth)")
    }
}

/// An utterance's place among a batch's columns, and what they are to say.
public struct PlacedTarget: Sendable, Hashable {
    /// The batch's row.
    public var row: Int
    /// Its columns in that row.
    public var columns: Range<Int>
    /// What is said.
    public var target: CTCTarget

    /// Places a target.
    public init(row: Int, columns: Range<Int>, target: CTCTarget) {
        self.row = row
        self.columns = columns
        self.target = target
    }
}
