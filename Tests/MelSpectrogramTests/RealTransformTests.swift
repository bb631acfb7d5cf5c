import Foundation
import Testing

@testable import MelSpectrogram

@Suite struct RealTransformTests {
    /// Lengths that the vectors of four divide, and lengths that leave every remainder.
    @Test(arguments: [2, 4, 6, 8, 10, 12, 14, 16, 18, 30, 64, 250, 256])
    func powersAreThoseOfTheDefinition(length: Int) throws {
        let transform = try RealTransform(length: length)
        for n in 0..<length { transform.input[n] = Float(sin(Double(n * n) * 0.37) + 0.25) }
        let power = UnsafeMutableBufferPointer<Float>.allocate(capacity: length / 2 + 1)
        defer { power.deallocate() }
        power.initialize(repeating: -1)
        transform.power(into: power)

        let total = transform.input.reduce(0.0) { $0 + Double($1) * Double($1) } * Double(length)
        for k in 0...length / 2 {
            var (real, imaginary) = (0.0, 0.0)
            for n in 0..<length {
                let angle = 2 * Double.pi * Double(k * n % length) / Double(length)
                real += Double(transform.input[n]) * cos(angle)
                imaginary -= Double(transform.input[n]) * sin(angle)
            }
            #expect(abs(Double(power[k]) - (real * real + imaginary * imaginary)) < 1e-6 * total, "bin \(k)")
        }
    }
}
