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
/// A filter of the standard front end covers 3 to 13 of the 129 bins, so a frame costs some 300 multiplications
/// instead of 5,160.
struct MelFilterBank: Sendable {
    /// Edges and centres of the filters, in Hz: filter `b` rises from `edges[b]`, peaks at `edges[b + 1]` and ends at
    /// `edges[b + 2]`. `bandCount + 2` numbers.
    let edges: [Double]
    /// First bin of each filter with a weight that is not zero.
    let firstBins: [Int]
    /// Where in `weights` each filter starts; one more entry than filters.
    let offsets: [Int]
    /// The weights of all filters, one filter after the other, each filled up with zeros to a multiple of `lanes`.
    let weights: [Float]

    /// Bins that are weighed at once.
    static let lanes = 4

    init(_ p: MelParameters) {
        let low = SlaneyScale.mel(hertz: p.lowestFrequency)
        let high = SlaneyScale.mel(hertz: p.highestFrequency)
        let edges = (0..<p.bandCount + 2).map { index in
            SlaneyScale.hertz(mel: low + (high - low) * Double(index) / Double(p.bandCount + 1))
        }
        let binWidth = Double(p.sampleRate) / Double(p.fftLength)
        var firstBins: [Int] = []
        var offsets = [0]
        var weights: [Float] = []
        for band in 0..<p.bandCount {
            let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
            let bins = (0...p.fftLength / 2).filter { bin in
                left < Double(bin) * binWidth && Double(bin) * binWidth < right
            }
            firstBins.append(bins.first ?? 0)
            for bin in bins {
                let frequency = Double(bin) * binWidth
                let triangle = min((frequency - left) / (centre - left), (right - frequency) / (right - centre))
                weights.append(Float(triangle * 2 / (right - left)))
            }
            while !weights.count.isMultiple(of: Self.lanes) { weights.append(0) }
            offsets.append(weights.count)
        }
        self.edges = edges
        self.firstBins = firstBins
        self.offsets = offsets
        self.weights = weights
    }

    /// The bands' powers.
    ///
    /// - Parameters:
    ///   - power: the bins' powers, and behind them `lanes` zeros.
    ///   - bands: the first is filled for each filter; the rest is left.
    func apply(_ power: UnsafeRawPointer, _ bands: UnsafeMutableBufferPointer<Float>) {
        weights.withUnsafeBytes { weights in
            for band in firstBins.indices {
                var bin = power + 4 * firstBins[band]
                var sums = SIMD4<Float>.zero
                for offset in stride(from: 4 * offsets[band], to: 4 * offsets[band + 1], by: 4 * Self.lanes) {
                    sums +=
                        weights.loadUnaligned(fromByteOffset: offset, as: SIMD4<Float>.self)
                        * bin.loadUnaligned(as: SIMD4<Float>.self)
                    bin += 4 * Self.lanes
                }
                let halves = sums.lowHalf + sums.highHalf
                bands[band] = halves.x + halves.y
            }
        }
    }
}
