import Testing

@testable import DigitRecognizer

@Suite struct RunCutsTests {
    private static func minima(
        _ energies: [Float], quiet: Float = -60, _ change: (inout RunParameters) -> Void = { _ in }
    ) -> [RunCut] {
        var parameters = RunParameters()
        change(&parameters)
        return RunCuts.minima(energies, quiet: quiet, parameters: parameters)
    }

    @Test func dipBetweenTwoSoundsIsACut_asDeepAsTheLowerSide() throws {
        let energies = [Float](repeating: -20, count: 30) + [-35, -50, -35] + [Float](repeating: -26, count: 30)
        let cut = try #require(Self.minima(energies).first)
        #expect(Self.minima(energies).count == 1)
        #expect(cut.frame == 31)
        // Smoothed over three frames the dip is at -40.
        #expect(abs(cut.depth - 14) < 0.01)
    }

    @Test func silenceIsCutInItsMiddle_whateverItsNoise() throws {
        var energies = [Float](repeating: -20, count: 20)
        for frame in 0..<12 { energies.append(-75 - Float(frame % 3)) }
        energies += [Float](repeating: -20, count: 20)
        let cuts = Self.minima(energies)
        #expect(cuts.count == 1)
        #expect(try (25...27).contains(#require(cuts.first).frame))
    }

    @Test func silenceAtTheEndsAndSteadySoundAreNoCuts() {
        #expect(Self.minima([Float](repeating: -20, count: 50)).isEmpty)
        #expect(Self.minima([Float](repeating: -70, count: 50)).isEmpty)
        let word = [Float](repeating: -70, count: 10) + [Float](repeating: -20, count: 30)
        #expect(Self.minima(word + [Float](repeating: -70, count: 10)).isEmpty)
        #expect(Self.minima(word).isEmpty)
        #expect(Self.minima((0..<60).map { -20 - Float($0) / 2 }).isEmpty)
        for count in 0...3 { #expect(Self.minima([Float](repeating: -20, count: count)).isEmpty) }
    }

    @Test func shallowDipsAreNoCuts() {
        let energies = [Float](repeating: -20, count: 20) + [-24] + [Float](repeating: -20, count: 20)
        #expect(Self.minima(energies) { $0.cutDepthMinimum = 1.5 }.isEmpty)
        #expect(Self.minima(energies) { $0.cutDepthMinimum = 1 }.count == 1)
    }

    @Test func smallDipInsideOfALargeOneIsAsDeepAsItsOwnSides() {
        // Down to -40, up to -37, down to -43: the first is 3 dB deep, the second reaches from both sides to -20.
        let shape: [Float] = [-20, -30, -40, -37, -43, -30, -20]
        let cuts = Self.minima(shape.flatMap { [Float](repeating: $0, count: 6) })
        #expect(cuts.map(\.frame) == [15, 27])
        #expect(abs(cuts[0].depth - 3) < 0.01 && abs(cuts[1].depth - 23) < 0.01)
    }

    @Test func ofTooManyTheShallowestAreLeftOut_inOrder() {
        var energies = [Float](repeating: -20, count: 5)
        for index in 0..<20 {
            energies += [Float](repeating: -30 - Float((index * 7) % 20), count: 3) + [Float](repeating: -20, count: 5)
        }
        let all = Self.minima(energies)
        let some = Self.minima(energies) { $0.cutMaximum = 6 }
        #expect(all.count == 20 && some.count == 6)
        #expect(some == all.filter { $0.depth > 23.5 })
    }

    @Test func cutsLieInsideAndInOrder_forAnyEnergies() {
        var random = SplitMix64(seed: 5)
        for round in 0..<300 {
            let energies = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                [-100, 100, Float.random(in: -80...0, using: &random)].randomElement(using: &random)!
            }
            let cuts = Self.minima(energies, quiet: Float.random(in: -70 ... -30, using: &random))
            #expect(cuts.count <= RunParameters().cutMaximum)
            #expect(cuts.allSatisfy { $0.frame > 0 && $0.frame < energies.count && $0.depth >= 1.5 }, "\(round)")
            #expect(zip(cuts, cuts.dropFirst()).allSatisfy { $0.frame < $1.frame }, "\(round)")
        }
    }
}
