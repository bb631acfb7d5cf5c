import CSmallConvolution

/// A convolution of small maps, one window at a time on the calling thread, bound to its memories.
///
/// Faster than oneDNN's there: see `small_convolution.h`. Tensors have their channels last.
final class SmallConvolution: NetworkOperation {
    let name: String
    let implementation: String
    let destination: TensorMemory?
    private let source: TensorMemory
    private let output: TensorMemory
    private let kernel: Kernel

    private enum Kernel {
        case f32(OpaquePointer)
        case u8(OpaquePointer)
    }

    /// A kernel of halves; tensors in f32.
    ///
    /// - Parameters:
    ///   - adds: whether the result is added to what the destination holds.
    ///   - wide: whether to use AVX-512, not AVX2.
    init(
        named name: String, _ convolution: HalfConvolution, _ shape: dsc_shape, from source: TensorMemory,
        to destination: TensorMemory, adds: Bool, relu: Bool, wide: Bool = Engine.hasAVX512
    ) throws(WeightsError) {
        let made = dsc_create_f32(shape, wide, convolution.weights, convolution.scales, convolution.bias, adds, relu)
        kernel = .f32(try Self.found(made, name))
        (self.name, implementation, output) = (name, wide ? "small:avx512" : "small:avx2", destination)
        (self.source, self.destination) = (source, destination)
    }

    /// A kernel of 8-bit integers; tensors in u8.
    ///
    /// - Parameters:
    ///   - adds: whether the result is added to what the destination holds, in steps of the kernel's shortcut.
    ///   - wide: whether to use AVX-512 VNNI, not AVX2.
    init(
        named name: String, _ convolution: QuantizedConvolution, _ shape: dsc_shape, from source: TensorMemory,
        to destination: TensorMemory, adds: Bool, wide: Bool = Engine.hasAVX512VNNI
    ) throws(WeightsError) {
        let made = dsc_create_u8(
            shape, wide, convolution.weights, convolution.scales, convolution.bias, adds, convolution.shortcutScale)
        kernel = .u8(try Self.found(made, name))
        (self.name, implementation, output) = (name, wide ? "small:avx512_vnni" : "small:avx2", destination)
        (self.source, self.destination) = (source, destination)
    }

    private static func found(_ made: OpaquePointer?, _ name: String) throws(WeightsError) -> OpaquePointer {
        guard let made else { throw .engine(operation: "planning \(name)", status: "out of memory") }
        return made
    }

    deinit {
        switch kernel {
        case .f32(let pointer), .u8(let pointer): dsc_destroy(pointer)
        }
    }

    func run() {
        switch kernel {
        case .f32(let pointer): dsc_run_f32(pointer, source.floats.baseAddress, output.floats.baseAddress)
        case .u8(let pointer):
            let (from, to): (UnsafeMutableBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) =
                (source.elements(), output.elements())
            dsc_run_u8(pointer, from.baseAddress, to.baseAddress)
        }
    }

    /// Up to how many positions of the result it is faster than oneDNN. Measured on Zen 5, with AVX-512: the last two stages of the
    /// network (18 and 6 positions) take half of the time in f32, and with 60 positions there is nothing to be gained. On Zen 3, with AVX2
    /// in u8: these two take 0.47 and 0.78 of oneDNN's time, the first two (240 and 60 positions) 0.96 and 0.89.
    static func positionLimit(_ kind: ElementKind) -> Int {
        switch kind {
        case .f32: return dsc_supports_f32(Engine.hasAVX512) ? 24 : 0
        case .u8:
            if Engine.hasAVX512VNNI { return dsc_supports_u8(true) ? 24 : 0 }
            // CPUs between the two have other instructions, with which nothing was measured.
            return Engine.hasAVX2AtMost && dsc_supports_u8(false) ? 240 : 0
        case .bf16, .s8: return 0
        }
    }
}
