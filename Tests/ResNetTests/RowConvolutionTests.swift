import CSmallConvolution
import Testing

@testable import ResNet

/// The convolutions of maps of any width against plain loops, in each kind of numbers and on each kind of vectors.
struct RowConvolutionTests {
    struct Layer: CustomTestStringConvertible {
        var inputs: Int
        var outputs: Int
        var rows: Int
        var kernel: Int
        var stride: Int
        var timeStride: Int
        var padding: Int

        var testDescription: String {
            "inputs \(inputs), outputs \(outputs), rows \(rows), kernel \(kernel), strides \(stride) and \(timeStride), "
                + "padding \(padding)"
        }
        var convolution: ResNet18Topology.Convolution {
            ResNet18Topology.Convolution(
                name: "row", norm: "", inputs: inputs, outputs: outputs, kernel: kernel, stride: stride,
                timeStride: timeStride, padding: padding)
        }
        var weightCount: Int { outputs * inputs * kernel * kernel }
        func extents(_ columns: Int) -> (rows: Int, columns: Int) {
            (
                (rows + 2 * padding - kernel) / stride + 1, (columns + 2 * padding - kernel) / timeStride + 1
            )
        }

        /// The sums for a source [rows][columns][inputs] in the type of `zero`, [rows][columns][outputs].
        func sums<Sum: Numeric>(_ source: [Sum], columns: Int, _ weights: [Sum], zero: Sum) -> [Sum] {
            let result = extents(columns)
            var sums = [Sum](repeating: zero, count: result.rows * result.columns * outputs)
            for index in sums.indices {
                let (position, output) = (index / outputs, index % outputs)
                for tap in 0..<kernel * kernel {
                    let row = position / result.columns * stride + tap / kernel - padding
                    let column = position % result.columns * timeStride + tap % kernel - padding
                    guard row >= 0, row < rows, column >= 0, column < columns else { continue }
                    for input in 0..<inputs {
                        sums[index] +=
                            source[(row * columns + column) * inputs + input]
                            * weights[(output * inputs + input) * kernel * kernel + tap]
                    }
                }
            }
            return sums
        }
    }

    /// The network's kinds: one input, a stride in one or both directions, none, a shortcut; blocks of outputs that are
    /// not full, inputs that fill no word, and a kernel that is higher than the map.
    static let layers: [Layer] = [
        Layer(inputs: 1, outputs: 32, rows: 9, kernel: 7, stride: 2, timeStride: 2, padding: 3),
        Layer(inputs: 4, outputs: 32, rows: 5, kernel: 3, stride: 2, timeStride: 1, padding: 1),
        Layer(inputs: 8, outputs: 16, rows: 4, kernel: 3, stride: 2, timeStride: 2, padding: 1),
        Layer(inputs: 12, outputs: 48, rows: 2, kernel: 3, stride: 1, timeStride: 1, padding: 1),
        Layer(inputs: 8, outputs: 32, rows: 3, kernel: 1, stride: 2, timeStride: 1, padding: 0),
        Layer(inputs: 8, outputs: 13, rows: 1, kernel: 1, stride: 1, timeStride: 1, padding: 0),
        Layer(inputs: 4, outputs: 16, rows: 1, kernel: 5, stride: 1, timeStride: 1, padding: 2),
    ]
    /// One tile of each length, several of equal and of different lengths.
    static let widths = Array(1...15) + [28, 29, 43]

    /// A map of the elements, [rows][columns][channels], and zeros beside them.
    private func map<Element: BitwiseCopyable & Numeric>(
        _ elements: [Element], _ rows: Int, _ columns: Int, _ channels: Int, border: Int
    ) -> RowMap {
        let result = RowMap(
            rows: rows, columns: columns, channels: channels, elementBytes: MemoryLayout<Element>.size, border: border,
            in: AlignedBuffer(
                byteCount: RowMap.byteCount(
                    rows: rows, columns: columns, channels: channels, elementBytes: MemoryLayout<Element>.size,
                    border: border)))
        let all: UnsafeMutableBufferPointer<Element> = result.elements()
        let line = (columns + 2 * border) * channels
        for row in 0..<rows {
            for i in 0..<columns * channels {
                all[row * line + border * channels + i] = elements[row * columns * channels + i]
            }
        }
        return result
    }

    /// Runs a layer over a source on a destination that holds `before`, for outputs rounded up to whole blocks, with a
    /// border of garbage; returns [rows][columns][outputs]. Nil where the border is not zero afterwards.
    private func run<Input: BitwiseCopyable & Numeric, Output: BitwiseCopyable & Numeric>(
        _ layer: Layer, _ convolution: RowConvolution, _ source: [Input], columns: Int, before: [Output],
        garbage: Output, factor: Float = 1, threads: Int = 1
    ) -> [Output]? {
        let extents = layer.extents(columns)
        let channels = (layer.outputs + 31) / 32 * 32
        let from = map(source, layer.rows, columns, layer.inputs, border: 3)
        var padded = [Output](repeating: garbage, count: extents.rows * extents.columns * channels)
        for i in before.indices { padded[i / layer.outputs * channels + i % layer.outputs] = before[i] }
        let to = map(padded, extents.rows, extents.columns, channels, border: 1)
        let all: UnsafeMutableBufferPointer<Output> = to.elements()
        let line = (extents.columns + 2) * channels
        let isBorder = { (i: Int) in
            let column = i % line / channels
            return column == 0 || column == extents.columns + 1
        }
        for i in all.indices where isBorder(i) { all[i] = garbage }
        convolution.run(from: from, to: to, factor: factor, threads: threads)
        var result: [Output] = []
        for i in all.indices where i % channels < layer.outputs {
            if !isBorder(i) { result.append(all[i]) } else if all[i] != 0 { return nil }
        }
        return result
    }

    @Test(arguments: layers, [false, true])
    func singlePrecisionIsPlainLoops(layer: Layer, inHalves: Bool) throws {
        var generator = LCG(seed: 51)
        let weights = generator.values(layer.weightCount).map { inHalves ? Float(Float16($0)) : $0 }
        let (scales, bias) = (generator.values(layer.outputs), generator.values(layer.outputs))
        let shape = layer.convolution.weightShape
        let halves = HalfConvolution(
            shape: shape, weights: ElementType.halves(weights) ?? Array(repeating: 0, count: weights.count),
            scales: scales, bias: bias)
        let singles = FoldedConvolution(shape: shape, weights: weights, bias: bias)
        for columns in Self.widths where columns + 2 * layer.padding >= layer.kernel {
            let source = generator.values(layer.rows * columns * layer.inputs)
            let sums = layer.sums(source.map(Double.init), columns: columns, weights.map(Double.init), zero: 0)
            let before = generator.values(sums.count)
            for vectors in vectorsHere(inHalves ? drc_f16 : drc_f32) {
                for (adds, relu) in [(false, false), (false, true), (true, true)] {
                    let convolution =
                        inHalves
                        ? try RowConvolution(layer.convolution, halves, adds: adds, relu: relu, vectors: vectors)
                        : try RowConvolution(layer.convolution, singles, adds: adds, relu: relu, vectors: vectors)
                    let found = run(
                        layer, convolution, source, columns: columns, before: before, garbage: .nan)
                    var error: Double? = found.map { _ in 0 }
                    for (index, found) in (found ?? []).enumerated() {
                        let output = index % layer.outputs
                        var expected = sums[index] * (inHalves ? Double(scales[output]) : 1) + Double(bias[output])
                        if adds { expected += Double(before[index]) }
                        if relu { expected = max(expected, 0) }
                        let difference = abs(expected - Double(found))
                        if !(difference <= error ?? 0) { error = difference }
                    }
                    #expect(
                        error ?? .infinity < 1e-5,
                        "\(columns) columns, vectors \(vectors.rawValue), adds \(adds), \(relu)")
                }
            }
        }
    }

    @Test(arguments: layers)
    func bytesAreExactlyWhatPlainLoopsGive(layer: Layer) throws {
        var generator = LCG(seed: 52)
        // Within what 16 bits hold of two neighbouring products.
        let weights = generator.values(layer.weightCount).map { Int8(64 * $0) }
        let count = Float(layer.inputs * layer.kernel * layer.kernel).squareRoot()
        let quantized = QuantizedConvolution(
            shape: layer.convolution.weightShape, weights: weights,
            scales: generator.values(layer.outputs).map { ($0 + 1.5) * 0.03 / count },
            bias: generator.values(layer.outputs).map { 100 * $0 + 60 }, shortcutScale: 0.7)
        for columns in Self.widths where columns + 2 * layer.padding >= layer.kernel {
            let source = generator.values(layer.rows * columns * layer.inputs).map { UInt8(($0 + 1) * 127.9) }
            let sums = layer.sums(source.map(Int.init), columns: columns, weights.map(Int.init), zero: 0)
            let before = generator.values(sums.count).map { UInt8(($0 + 1) * 127.9) }
            for (adds, threads) in [(false, 1), (true, 1), (true, 3)] {
                let expected = sums.indices.map { index in
                    let output = index % layer.outputs
                    var value = quantized.bias[output].addingProduct(Float(sums[index]), quantized.scales[output])
                    if adds { value.addProduct(quantized.shortcutScale, Float(before[index])) }
                    return UInt8(min(max(value.rounded(.toNearestOrEven), 0), 255))
                }
                for vectors in vectorsHere(drc_s8) {
                    let convolution = try RowConvolution(layer.convolution, quantized, adds: adds, vectors: vectors)
                    let found = run(
                        layer, convolution, source, columns: columns, before: before, garbage: 99, threads: threads)
                    #expect(found == expected, "\(columns) columns, vectors \(vectors.rawValue), adds \(adds)")
                }
            }
        }
    }

    /// The first layer's: inputs of 14 bits and a sign, whose step comes with the call.
    @Test(arguments: layers.filter { $0.inputs == 1 || $0.inputs == 12 })
    func integersOf16BitsAreExactlyWhatPlainLoopsGive(layer: Layer) throws {
        var generator = LCG(seed: 53)
        let folded = FoldedConvolution(
            shape: layer.convolution.weightShape, weights: generator.values(layer.weightCount).map { 30 * $0 },
            bias: generator.values(layer.outputs).map { 60 * $0 + 60 })
        let (weights, scales) = folded.integers16()
        let count = layer.weightCount / layer.outputs
        for output in 0..<layer.outputs {
            let integers = weights[output * count..<(output + 1) * count]
            #expect(integers.reduce(0) { $0 + abs(Int($1)) } * 16383 <= Int(Int32.max))
            for (integer, weight) in zip(integers, folded.weights[output * count..<(output + 1) * count]) {
                #expect(abs(Float(integer) * scales[output] - weight) <= 0.501 * scales[output])
            }
        }
        let factor: Float = 1.0 / 16383
        for columns in Self.widths where columns + 2 * layer.padding >= layer.kernel {
            let source = generator.values(layer.rows * columns * layer.inputs).map { Int16(16383 * $0) }
            let sums = layer.sums(source.map(Int.init), columns: columns, weights.map(Int.init), zero: 0)
            let expected = sums.indices.map { index in
                let output = index % layer.outputs
                let value = folded.bias[output].addingProduct(Float(sums[index]), scales[output] * factor)
                return UInt8(min(max(value.rounded(.toNearestOrEven), 0), 255))
            }
            for vectors in vectorsHere(drc_s16) {
                let convolution = try RowConvolution(layer.convolution, integers16: folded, vectors: vectors)
                let found = run(
                    layer, convolution, source, columns: columns, before: [UInt8](repeating: 7, count: sums.count),
                    garbage: 99, factor: factor)
                #expect(found == expected, "\(columns) columns, vectors \(vectors.rawValue)")
            }
        }
    }

    @Test(.enabled(if: drc_supports(drc_bf16, drc_avx512)), arguments: layers.filter { $0.inputs > 1 })
    func bf16IsPlainLoopsToItsDigits(layer: Layer) throws {
        func rounded(_ value: Float) -> UInt16 { UInt16((value.bitPattern + 0x8000) >> 16) }
        func value(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }
        var generator = LCG(seed: 54)
        let weights = generator.values(layer.weightCount).map { value(rounded($0)) }
        let bias = generator.values(layer.outputs)
        let folded = FoldedConvolution(shape: layer.convolution.weightShape, weights: weights, bias: bias)
        for columns in Self.widths where columns + 2 * layer.padding >= layer.kernel {
            let source = generator.values(layer.rows * columns * layer.inputs).map(rounded)
            let sums = layer.sums(
                source.map { Double(value($0)) }, columns: columns, weights.map(Double.init), zero: 0)
            let before = generator.values(sums.count).map(rounded)
            for (adds, relu) in [(false, false), (true, true)] {
                let convolution = try RowConvolution(
                    layer.convolution, bf16: folded, adds: adds, relu: relu, vectors: drc_avx512)
                let found = try #require(
                    run(layer, convolution, source, columns: columns, before: before, garbage: 0x7FC0), "border")
                for (index, found) in found.enumerated() {
                    var expected = sums[index] + Double(bias[index % layer.outputs])
                    if adds { expected += Double(value(before[index])) }
                    if relu { expected = max(expected, 0) }
                    // Half of the last of 8 digits, and what the sum in single precision lost.
                    #expect(
                        abs(expected - Double(value(found))) <= abs(expected) / 256 + 1e-4,
                        "\(columns) columns, element \(index), adds \(adds)")
                }
            }
        }
    }

    /// What `QuantizedConvolution` may give for two neighbouring inputs, at inputs of 255.
    @Test(arguments: [(127, 1), (-127, -1), (127, -127), (64, 64), (-64, -64)])
    func largestPairsFit(pair: (Int8, Int8)) throws {
        let layer = Layer(inputs: 8, outputs: 16, rows: 1, kernel: 1, stride: 1, timeStride: 1, padding: 0)
        let sum = 4 * 255 * (Int(pair.0) + Int(pair.1))
        let quantized = QuantizedConvolution(
            shape: layer.convolution.weightShape, weights: (0..<8 * 16).map { $0 % 2 == 0 ? pair.0 : pair.1 },
            scales: Array(repeating: 1e-3, count: 16), bias: Array(repeating: 130, count: 16), shortcutScale: 0)
        let expected = UInt8(min(max((Double(sum) * 1e-3 + 130).rounded(), 0), 255))
        for vectors in vectorsHere(drc_s8) {
            let convolution = try RowConvolution(layer.convolution, quantized, adds: false, vectors: vectors)
            let found = run(
                layer, convolution, [UInt8](repeating: 255, count: 16), columns: 2,
                before: [UInt8](repeating: 0, count: 32), garbage: 99)
            #expect(found == Array(repeating: expected, count: 32), "vectors \(vectors.rawValue)")
        }
    }
}
