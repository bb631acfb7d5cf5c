import CSmallConvolution

/// The first convolution with its ReLU, rounded to 8-bit integers, and the pooling behind it, one window at a time on the calling
/// thread, bound to its memories: see `dsc_run_stem`.
///
/// Measured on Zen 4, with AVX-512: 37 µs, where oneDNN's convolution in f32, reorder and pooling take 65.
final class QuantizedStem: NetworkOperation {
    let name = ResNet18Topology.stem.name
    let implementation: String
    let destination: TensorMemory?
    private let source: TensorMemory
    private let output: TensorMemory
    private let pooling: dsc_pooling
    private let pointer: OpaquePointer

    /// - Parameters:
    ///   - kernel: its outputs in steps of the destination's integers.
    ///   - convolution: the convolution's extents, which `dsc_takes_stem` takes.
    ///   - source: a row-major window in f32.
    ///   - destination: in u8 with the channels last.
    ///   - wide: whether to use AVX-512 VNNI, not AVX2.
    init(
        _ kernel: FoldedConvolution, _ convolution: dsc_shape, _ pooling: dsc_pooling, from source: TensorMemory,
        to destination: TensorMemory, wide: Bool = Engine.hasAVX512VNNI
    ) throws(WeightsError) {
        guard let made = dsc_create_stem(convolution, wide, kernel.weights, kernel.bias) else {
            throw .engine(operation: "planning \(name)", status: "out of memory")
        }
        pointer = made
        implementation = wide ? "small:avx512_vnni" : "small:avx2"
        (self.source, self.destination, output, self.pooling) = (source, destination, destination, pooling)
    }

    deinit { dsc_destroy_stem(pointer) }

    func run() {
        let to: UnsafeMutableBufferPointer<UInt8> = output.elements()
        dsc_run_stem(pointer, pooling, source.floats.baseAddress, to.baseAddress)
    }

    /// Whether this CPU has what it takes: the instructions of the other convolutions of bytes.
    static var isSupported: Bool { SmallConvolution.positionLimit(.u8) > 0 }
}
