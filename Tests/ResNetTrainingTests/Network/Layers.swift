import CDNNL
import Foundation
import ResNet

@testable import ResNetTraining

/// Layouts that activations have in the network: row-major (the input), blocked by 8 or 16 channels, channels last.
enum Arrangement: String, CaseIterable {
    case rowMajor, blockedBy8, blockedBy16, channelsLast

    var tag: dnnl_format_tag_t {
        switch self {
        case .rowMajor: dnnl_abcd
        case .blockedBy8: dnnl_aBcd8b
        case .blockedBy16: dnnl_aBcd16b
        case .channelsLast: dnnl_acdb
        }
    }
}

extension Tensor {
    /// A [batch, channels, height, width] tensor in some arrangement.
    convenience init(
        _ shape: [Int], _ arrangement: Arrangement, _ context: ComputeContext, type: dnnl_data_type_t = dnnl_f32
    ) throws {
        try self.init(try Layout(shape, type, arrangement.tag), context)
    }

    /// Takes row-major values.
    func set(_ values: [Float], shape: [Int], _ context: ComputeContext) throws {
        let plain = try Tensor(try Parameter.plainLayout(shape), context)
        plain.floats.update(from: values, count: values.count)
        try Reorder(from: plain, to: self, context).run()
    }

    /// The values in row-major order.
    func values(shape: [Int], _ context: ComputeContext) throws -> [Float] {
        let plain = try Tensor(try Parameter.plainLayout(shape), context)
        try Reorder(from: self, to: plain, context).run()
        return Array(UnsafeBufferPointer(start: plain.floats, count: shape.reduce(1, *)))
    }
}

extension Parameter {
    /// The gradient in row-major order.
    func gradientValues() throws -> [Float] { try exported(at: gradient.floats) }
}

/// The largest difference over the largest expected magnitude (or over 1 where all are smaller); infinite for a
/// difference in count or a value that is no number.
func relativeDifference(_ found: [Float], _ expected: [Double]) -> Double {
    guard found.count == expected.count, !found.contains(where: \.isNaN) else { return .infinity }
    let scale = expected.reduce(1) { max($0, abs($1)) }
    return zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } / scale
}

/// Whether two tensors hold the same bits; by `memcmp`, because `==` takes seconds for a network in debug builds.
func areSameBits(_ a: WeightTensor?, _ b: WeightTensor?) -> Bool {
    guard let a, let b, a.shape == b.shape, a.values.count == b.values.count else { return false }
    return a.values.withUnsafeBytes { x in
        b.values.withUnsafeBytes { y in memcmp(x.baseAddress!, y.baseAddress!, x.count) == 0 }
    }
}

/// Central differences of `sum(weights * function(x))` with respect to every element of `x`, in double precision: with a
/// step of 1e-5 the error is near 1e-9 for the functions here, far under the f32 error of what is compared with it.
func finiteDifferences(at x: [Double], weights: [Double], of function: ([Double]) -> [Double]) -> [Double] {
    let step = 1e-5
    var point = x
    return x.indices.map { i in
        point[i] = x[i] + step
        let above = function(point)
        point[i] = x[i] - step
        let below = function(point)
        point[i] = x[i]
        return weights.indices.reduce(0) { $0 + weights[$1] * (above[$1] - below[$1]) } / (2 * step)
    }
}

extension Array where Element == Float {
    var doubles: [Double] { map(Double.init) }
    /// The values that bf16 holds exactly: the upper halves of their bits.
    var halved: [Float] { map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) } }
}
