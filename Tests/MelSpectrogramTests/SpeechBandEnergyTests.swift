import Foundation
import MelSpectrogram
import Testing

@Suite("Energy of the speech band")
struct SpeechBandEnergyTests {
    private func level(_ samples: [Float]) throws -> Float {
        let levels = SpeechBandEnergy().decibels(try MelSpectrogram(samples: samples))
        return levels[levels.count / 2]
    }

    @Test(arguments: [400.0, 997, 1500, 2500, 3300])
    func aSineOfFullScaleIsZeroDecibels(hertz: Double) throws {
        let decibels = try level(sine(hertz, 800))
        #expect(abs(decibels) < 0.2, "\(hertz) Hz: \(decibels) dB")
    }

    @Test(arguments: [-20.0, -40, -60, -80])
    func theLevelFollowsTheAmplitude(decibels: Double) throws {
        let measured = try level(sine(997, 800, amplitude: pow(10, decibels / 20)))
        #expect(abs(Double(measured) - decibels) < 0.2)
    }

    @Test(arguments: [0.0, 50, 60, 100])
    func humAndOffsetDoNotCount(hertz: Double) throws {
        let samples = hertz == 0 ? Array(repeating: 0.5, count: 800) : sine(hertz, 800)
        let decibels = try level(samples)
        #expect(decibels < -30, "\(hertz) Hz: \(decibels) dB")
    }

    @Test func digitalSilenceIsFiniteAndFarDown() throws {
        let decibels = try level(Array(repeating: 0, count: 800))
        #expect(decibels < -95 && decibels > -110)
    }

    @Test func aPictureGivesTheEnergiesOfItsSound() throws {
        let mel = try MelSpectrogram(samples: noise(8000, amplitude: 0.01))
        let sound = SpeechBandEnergy().decibels(mel)
        let picture = SpeechBandEnergy().decibels(MelImage(mel).spectrogram)
        for (frame, pair) in zip(sound, picture).enumerated() {
            #expect(abs(pair.0 - pair.1) < 0.25, "frame \(frame)")
        }
    }
}
