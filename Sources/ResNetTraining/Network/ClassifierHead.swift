import CDNNL
import Glibc

/// Global average pooling, the fully connected layer, and softmax cross-entropy with label smoothing.
///
/// Plain loops in f32: 512 x 11 weights are under 0.01 % of the network's work.
final class ClassifierHead {
    let weight: Parameter
    let bias: Parameter
    /// The last forward pass's logits, [batch, classes].
    private(set) var logits: [Float]
    private let batch: Int
    private let channels: Int
    private let area: Int
    private let classes: Int
    private let plainInput: Tensor
    private let plainGradient: Tensor
    private let toPlain: Reorder
    private let fromPlain: Reorder
    private var pooled: [Float]
    private var logitGradient: [Float]

    /// - Parameter gradient: receives the loss gradient of `input`.
    init(input: Tensor, shape: [Int], classes: Int, gradient: (Layout) throws -> Tensor, _ context: ComputeContext)
        throws
    {
        (batch, channels, area) = (shape[0], shape[1], shape[2] * shape[3])
        self.classes = classes
        weight = try Parameter(
            name: "fc.weight", shape: [classes, channels], layout: try Parameter.plainLayout([classes, channels]),
            decays: true, context)
        bias = try Parameter(
            name: "fc.bias", shape: [classes], layout: try Parameter.plainLayout([classes]), decays: false, context)
        plainInput = try Tensor(try Parameter.plainLayout(shape), context)
        plainGradient = try Tensor(try Parameter.plainLayout(shape), context)
        toPlain = try Reorder(from: input, to: plainInput, context)
        fromPlain = try Reorder(from: plainGradient, to: try gradient(input.layout), context)
        pooled = [Float](repeating: 0, count: batch * channels)
        logits = [Float](repeating: 0, count: batch * classes)
        logitGradient = logits
    }

    func forward() throws {
        try toPlain.run()
        let source = plainInput.floats
        for i in pooled.indices {
            var sum: Float = 0
            for j in 0..<area { sum += source[i * area + j] }
            pooled[i] = sum / Float(area)
        }
        let weights = weight.value.floats
        for n in 0..<batch {
            for k in 0..<classes {
                var sum = bias.value.floats[k]
                for c in 0..<channels { sum += pooled[n * channels + c] * weights[k * channels + c] }
                logits[n * classes + k] = sum
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
        for n in 0..<batch {
            let row = n * classes..<(n + 1) * classes
            let peak = logits[row].max()!
            var sum: Float = 0
            for i in row { sum += exp(logits[i] - peak) }
            let logSum = log(sum) + peak
            for i in row {
                total -= Double(targets[i] * (logits[i] - logSum))
                logitGradient[i] = (exp(logits[i] - logSum) - targets[i]) / Float(batch)
            }
        }
        return Float(total / Double(batch))
    }

    func backward() throws {
        let weights = weight.value.floats
        let weightGradient = weight.gradient.floats
        let biasGradient = bias.gradient.floats
        weightGradient.update(repeating: 0, count: classes * channels)
        biasGradient.update(repeating: 0, count: classes)
        for n in 0..<batch {
            for k in 0..<classes {
                let g = logitGradient[n * classes + k]
                biasGradient[k] += g
                for c in 0..<channels { weightGradient[k * channels + c] += g * pooled[n * channels + c] }
            }
            for c in 0..<channels {
                var sum: Float = 0
                for k in 0..<classes { sum += logitGradient[n * classes + k] * weights[k * channels + c] }
                let each = sum / Float(area)
                let base = (n * channels + c) * area
                for j in 0..<area { plainGradient.floats[base + j] = each }
            }
        }
        try fromPlain.run()
    }

    /// How many of the last forward pass's rows have their greatest logit at the label.
    func correct(labels: [Int32]) -> Int {
        (0..<batch).reduce(0) { count, n in
            let row = logits[n * classes..<(n + 1) * classes]
            return count + (row.indices.max { row[$0] < row[$1] }! - n * classes == Int(labels[n]) ? 1 : 0)
        }
    }
}
