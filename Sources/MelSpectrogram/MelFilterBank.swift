import Foundation

/// The frequencies of the mel scale of Slaney's Auditory Toolbox, as in `librosa.hz_to_mel(htk=False)`.
///
/// Linear up to 1,000 Hz at 200/3 Hz a mel, then logarithmic with 27 mels to a factor of 6.4
/// (Slaney, "Auditory Toolbox, Version 2", Interval Research technical report 1998-010).
enum SlaneyScale {
    private static let hertzPerMel = 200.0 / 3
    private static let breakHertz = 1000.0
    private static let breakMel = breakHertz / hertzPerMel
    private static let logStep = log(6.4) / 27

    static func mel(hertz: Double) -> Double {
        hertz < breakHertz ? hertz / hertzPerMel : breakMel + log(hertz / breakHertz) / logStep
    }

    static func hertz(mel: Double) -> Double {
        mel < breakMel ? mel * hertzPerMel : breakHertz * exp((mel - breakMel) * logStep)
    }
}

/// Triangular mel filters of unit area in Hz, as `librosa.filters.mel(htk=False, norm="slaney")`, stored sparse.
///
/// A filter of the standard front end covers 3 to 13 of the 129 bins, so a frame costs 288 multiplications, four at once, instead
/// of 5,160.
struct MelFilterBank: Sendable {
    /// Edges and centres of the filters, in Hz: filter `b` rises from `edges[b]`, peaks at `edges[b + 1]` and ends at
    /// `edges[b + 2]`. `bandCount + 2` numbers.
    let edges: [Double]
    /// How many bins' powers `apply` reads: those of the half spectrum, and what stands behind them has no weight.
    let readCount: Int

    private struct Filter {
        /// First bin with a weight that is not zero.
        let firstBin: Int
        let weights: [Float]
    }

    /// Four neighbouring filters, whose sums are finished together: each has `steps` times four weights.
    private struct Group {
        let firstBins: SIMD4<Int32>
        let steps: Int
    }
    private let groups: [Group]
    /// For each group, for each step, four weights of each of the four filters.
    private let weights: [Float]

    init(_ p: MelParameters) {
        let low = SlaneyScale.mel(hertz: p.lowestFrequency)
        let high = SlaneyScale.mel(hertz: p.highestFrequency)
        let edges = (0..<p.bandCount + 2).map { index in
            SlaneyScale.hertz(mel: low + (high - low) * Double(index) / Double(p.bandCount + 1))
        }
        let binWidth = Double(p.sampleRate) / Double(p.fftLength)
        let filters = (0..<p.bandCount).map { band -> Filter in
            let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
            let bins = (0...p.fftLength / 2).filter { bin in
                left < Double(bin) * binWidth && Double(bin) * binWidth < right
            }
            let weights = bins.map { bin in
                let frequency = Double(bin) * binWidth
                let triangle = min((frequency - left) / (centre - left), (right - frequency) / (right - centre))
                return Float(triangle * 2 / (right - left))
            }
            return Filter(firstBin: bins.first ?? 0, weights: weights)
        }
        var groups: [Group] = []
        var weights: [Float] = []
        var readCount = p.fftLength / 2 + 1
        for start in stride(from: 0, to: p.bandCount, by: 4) {
            let members = (start..<start + 4).map { $0 < p.bandCount ? filters[$0] : Filter(firstBin: 0, weights: []) }
            let steps = ((members.map(\.weights.count).max() ?? 0) + 3) / 4
            for index in 0..<4 * steps * 4 {
                let (step, member, lane) = (index / 16, index / 4 % 4, index % 4)
                let bin = 4 * step + lane
                weights.append(bin < members[member].weights.count ? members[member].weights[bin] : 0)
            }
            var firstBins = SIMD4<Int32>.zero
            for (index, member) in members.enumerated() {
                firstBins[index] = Int32(member.firstBin)
                readCount = max(readCount, member.firstBin + 4 * steps)
            }
            groups.append(Group(firstBins: firstBins, steps: steps))
        }
        self.edges = edges
        self.groups = groups
        self.weights = weights
        self.readCount = readCount
    }

    /// The bands' powers.
    ///
    /// - Parameters:
    ///   - power: the bins' powers, and behind them finite numbers up to `readCount`.
    ///   - bands: filled from the first on; its count is a multiple of four, and what stands behind the last band becomes zero.
    func apply(_ power: UnsafeMutableBufferPointer<Float>, _ bands: UnsafeMutableBufferPointer<Float>) {
        precondition(power.count >= readCount && bands.count >= 4 * groups.count, "room to read and write fours")
        let power = UnsafePointer(power.baseAddress!)
        weights.withUnsafeBufferPointer { weights in
            groups.withUnsafeBufferPointer { groups in
                guard var weight = weights.baseAddress, var sums = bands.baseAddress else { return }
                for group in groups {
                    var first = power + Int(group.firstBins.x)
                    var second = power + Int(group.firstBins.y)
                    var third = power + Int(group.firstBins.z)
                    var fourth = power + Int(group.firstBins.w)
                    var (a, b) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
                    var (c, d) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
                    for _ in 0..<group.steps {
                        a += weight[four: 0] * first[four: 0]
                        b += weight[four: 4] * second[four: 0]
                        c += weight[four: 8] * third[four: 0]
                        d += weight[four: 12] * fourth[four: 0]
                        (first, second, third, fourth) = (first + 4, second + 4, third + 4, fourth + 4)
                        weight += 16
                    }
                    let (ab, cd) = (SIMD8(lowHalf: a, highHalf: b), SIMD8(lowHalf: c, highHalf: d))
                    let pairs = SIMD8(lowHalf: ab.evenHalf + ab.oddHalf, highHalf: cd.evenHalf + cd.oddHalf)
                    sums[four: 0] = pairs.evenHalf + pairs.oddHalf
                    sums += 4
                }
            }
        }
    }
}
