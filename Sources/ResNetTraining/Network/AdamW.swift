import Glibc

/// AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019), numerically PyTorch's, with an
/// exponential moving average of the weights kept in the same pass over memory.
public final class AdamW {
    /// Decay rates of the first and second moment.
    public var beta1: Float = 0.9, beta2: Float = 0.999
    /// Added to the root of the second moment.
    public var epsilon: Float = 1e-8
    /// Decoupled decay, times the learning rate, of convolution and head weights.
    public var weightDecay: Float
    /// Decay of the weight average a step; 0 makes the average the weights themselves.
    public var averageDecay: Float
    /// Steps taken.
    public internal(set) var step = 0

    struct State {
        let parameter: Parameter
        let count: Int
        let first: UnsafeMutablePointer<Float>
        let second: UnsafeMutablePointer<Float>
        let average: UnsafeMutablePointer<Float>

        /// One of the three in row-major order of the parameter's shape.
        func exported(_ values: UnsafeMutablePointer<Float>) throws -> [Float] {
            try parameter.exported(at: values)
        }

        /// Takes one of the three in row-major order.
        func load(_ values: [Float], into target: UnsafeMutablePointer<Float>) throws {
            try parameter.load(values, at: target)
        }
    }
    let states: [State]
    let network: TrainingNetwork
    var averageStatistics: [[Float]]
    private let jobs: [(state: Int, range: Range<Int>)]

    /// - Parameters:
    ///   - network: whose parameters this optimiser owns the moments of; those frozen by now it never changes.
    ///   - weightDecay: per unit of learning rate, at least 0.
    ///   - averageDecay: 0 ..< 1.
    public init(_ network: TrainingNetwork, weightDecay: Float = 0.05, averageDecay: Float = 0.999) {
        self.network = network
        self.weightDecay = weightDecay
        self.averageDecay = averageDecay
        states = network.parameters.map { parameter in
            let count = parameter.storedCount
            func storage() -> UnsafeMutablePointer<Float> {
                alignedStorage(count * 4).assumingMemoryBound(to: Float.self)
            }
            return State(
                parameter: parameter, count: count, first: storage(), second: storage(), average: storage())
        }
        averageStatistics = network.statistics.map(\.values)
        // Equal pieces, so that two cores finish together whatever the tensors' sizes.
        jobs = states.enumerated().filter { !$1.parameter.isFrozen }.flatMap { index, state in
            stride(from: 0, to: state.count, by: 1 << 17).map { (index, $0..<min($0 + 1 << 17, state.count)) }
        }
        resetAverage()
    }

    deinit {
        for state in states {
            free(state.first)
            free(state.second)
            free(state.average)
        }
    }

    /// Makes the average the present weights.
    public func resetAverage() {
        for state in states { state.average.update(from: state.parameter.value.floats, count: state.count) }
        averageStatistics = network.statistics.map(\.values)
    }

    /// Updates the weights from the gradients of the last `accumulateGradients`.
    public func update(learningRate: Float) {
        step += 1
        let correction1 = 1 - pow(beta1, Float(step))
        let correction2 = (1 - pow(beta2, Float(step))).squareRoot()
        // A short history must not weigh as much as a long one: the average starts nearly equal to the weights.
        let decay = min(averageDecay, Float(1 + step) / Float(10 + step))
        let rule = Rule(
            beta1: beta1, beta2: beta2, epsilon: epsilon, rate: learningRate, stepSize: learningRate / correction1,
            correction2: correction2, averageWeight: 1 - decay)
        let decayFactor = 1 - learningRate * weightDecay
        let threads = network.threads
        inParallel(threads) { thread in
            for job in stride(from: thread, to: jobs.count, by: threads) {
                let state = states[jobs[job].state]
                rule.apply(state, jobs[job].range, keep: state.parameter.decays ? decayFactor : 1)
            }
        }
        for (i, statistic) in network.statistics.enumerated() {
            for j in statistic.values.indices {
                averageStatistics[i][j] += (1 - decay) * (statistic.values[j] - averageStatistics[i][j])
            }
        }
    }

    private struct Rule: Sendable {
        let beta1: Float, beta2: Float, epsilon: Float, rate: Float, stepSize: Float, correction2: Float
        let averageWeight: Float

        /// One pass over memory for weights, moments and average: the pass is bound by memory, not by arithmetic.
        func apply(_ state: State, _ range: Range<Int>, keep: Float) {
            let value = state.parameter.value.floats
            let gradient = UnsafePointer(state.parameter.gradient.floats)
            let (m, v, average) = (state.first, state.second, state.average)
            for i in range {
                let g = gradient[i]
                let m1 = m[i] + (1 - beta1) * (g - m[i])
                let v1 = beta2 * v[i] + (1 - beta2) * g * g
                m[i] = m1
                v[i] = v1
                let w = value[i] * keep - stepSize * m1 / (v1.squareRoot() / correction2 + epsilon)
                value[i] = w
                average[i] += averageWeight * (w - average[i])
            }
        }
    }
}
