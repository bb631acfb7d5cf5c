import CSmallConvolution

/// ResNet18, fully convolutional in time, for utterances of any length up to a limit: log-mel frames in, a column of
/// logits each 40 or 80 ms out.
///
/// The result for T frames is that of the network of exactly T frames, with zeros beside each layer's map as in
/// training. It depends on nothing that was computed before, nor on the number of threads.
///
/// All layers are this package's own code (`row_convolution.h`), which takes the width of a map as an argument. With
/// oneDNN each width would be 20 primitives to compile and keep, and there are as many widths as frames; here a width
/// costs nothing, so none is rounded up, and no padding is computed.
///
/// Cost: 5.0 M multiply-adds a frame, what is padding not counted, with a column each 4 frames. Measured on Emerald
/// Rapids with AVX-512, on one thread, in ms for utterances of 0.3, 1 and 3 s, and of ONNX Runtime 1.32 on the same
/// graphs:
///
///     each 4 frames, int8   0.57   1.48   4.45      ONNX Runtime   1.11   2.68   7.05
///     each 4 frames, f32    2.42   7.15  21.5                      3.47   9.21  21.2
///     each 8 frames, int8   0.53   0.86   2.52                     0.82   1.78   4.04
///     each 8 frames, f32    1.59   3.94  11.7                      2.58   5.34  13.0
///
/// In bf16 it is slower than in f32 there (12 ms for 1 s): that CPU multiplies bf16, outside of its tiles, at half of
/// the rate of f32.
///
/// An instance holds the weights (11 MB in int8, 22 MB in bf16, and in f32 22 MB where the file's are halves, otherwise
/// 45) and the activations of the longest utterance so far (0.2 MB a second in int8, 0.7 MB in f32); `init` takes up to
/// 0.1 s. A call makes larger buffers only where its utterance is longer than all before.
///
/// Not thread-safe: an instance may move between threads but serves one call at a time, which its not being Sendable
/// enforces.
public final class UtteranceNetwork {
    /// Frames for each column of logits: 4 or 8.
    public let framesPerColumn: Int
    /// Logits of a column.
    public let classCount: Int
    /// The longest utterance, in frames.
    public let framesMax: Int
    /// OpenMP threads of a call.
    public let threads: Int
    /// The numbers that it is computed in.
    public let precision: InferencePrecision

    private let layers: UtteranceLayers
    private var buffers: UtteranceBuffers

    /// Mel bands of a frame.
    public static let bandCount = ResNet18Topology.inputHeight

    /// Builds the network for weights with torchvision's names; see `ResNet18Topology.parameters`.
    ///
    /// - Parameters:
    ///   - weights: trained parameters and running statistics. Not kept.
    ///   - framesPerColumn: 4 or 8, what the network was trained with.
    ///   - classCount: the outputs that the weights must have.
    ///   - framesMax: the longest utterance, in frames.
    ///   - threads: OpenMP threads that a call may use.
    ///   - precision: the numbers to compute in; `InferencePrecision.fastest(for:)` tells what is fastest.
    /// - Throws: `missingTensor`, `wrongShape`, `unusableValue` or `malformedMetadata` for weights that don't fit;
    ///   `unusablePrecision` for bf16 on a CPU without it, and for int8 without `ActivationRanges`; `engine` where
    ///   memory is short.
    public convenience init(
        weights: WeightsFile, framesPerColumn: Int = 4, classCount: Int = 13, framesMax: Int = 1024, threads: Int = 1,
        precision: InferencePrecision = .f32
    ) throws(WeightsError) {
        try self.init(
            weights: weights, framesPerColumn: framesPerColumn, classCount: classCount, framesMax: framesMax,
            threads: threads, precision: precision, vectors: nil)
    }

    /// The same on vectors of a given width, which the CPU must have for the numbers of `precision`.
    init(
        weights: WeightsFile, framesPerColumn: Int = 4, classCount: Int = 13, framesMax: Int = 1024, threads: Int = 1,
        precision: InferencePrecision = .f32, vectors: drc_vectors?
    ) throws(WeightsError) {
        precondition(framesPerColumn == 4 || framesPerColumn == 8, "a column is each 4 or each 8 frames")
        precondition(min(classCount, framesMax, threads) >= 1, "there are outputs, frames and a thread")
        try ResNet18Topology.validate(weights, classCount: classCount)
        (self.framesPerColumn, self.classCount, self.framesMax) = (framesPerColumn, classCount, framesMax)
        (self.threads, self.precision) = (threads, precision)
        layers = try UtteranceLayers(
            weights, framesPerColumn: framesPerColumn, classCount: classCount, precision: precision, vectors: vectors)
        buffers = UtteranceBuffers(frames: min(framesMax, 100), classCount, elementBytes: layers.elementBytes)
    }

    /// Columns of logits of an utterance: one for each `framesPerColumn` frames begun.
    public static func columnCount(frames: Int, framesPerColumn: Int) -> Int {
        (frames + framesPerColumn - 1) / framesPerColumn
    }

    /// The logits of one utterance.
    ///
    /// - Parameters:
    ///   - frames: normalised log-mel frames one after the other, [T, 40], each with the lowest band first; T from 1 to
    ///     `framesMax`.
    ///   - logits: filled with [columnCount, classCount], where the column c stands for the frames around
    ///     framesPerColumn * c.
    public func logits(_ frames: Span<Float>, into logits: inout MutableSpan<Float>) {
        self.logits(frames, into: &logits, observing: nil)
    }

    /// The same, showing what each layer gave to `observe`, in f32: [rows, columns, channels] with zeros between the
    /// rows.
    func logits(
        _ frames: Span<Float>, into logits: inout MutableSpan<Float>,
        observing observe: ((_ name: String, _ values: UnsafeBufferPointer<Float>) -> Void)?
    ) {
        let frameCount = frames.count / Self.bandCount
        precondition(frames.count == frameCount * Self.bandCount, "a frame has \(Self.bandCount) values")
        precondition((1...framesMax).contains(frameCount), "an utterance has 1 to \(framesMax) frames")
        let columnCount = Self.columnCount(frames: frameCount, framesPerColumn: framesPerColumn)
        precondition(logits.count == columnCount * classCount, "\(columnCount) columns have \(classCount) logits each")
        if frameCount > buffers.frames {
            buffers = UtteranceBuffers(frames: frameCount, classCount, elementBytes: layers.elementBytes)
        }

        func show(_ name: String, _ map: RowMap) { observe?(name, UnsafeBufferPointer(map.elements())) }
        var map = stem(frames, frameCount)
        show("maxpool", map)
        for block in layers.blocks {
            let inner = run(block.conv1, map, in: buffers.inner)
            show(block.conv1.name, inner)
            // The second convolution adds its result to the shortcut in place.
            if let downsample = block.downsample {
                map = run(downsample, map, in: map.isIn(buffers.even) ? buffers.odd : buffers.even)
                show(downsample.name, map)
            }
            block.conv2.run(from: inner, to: map, threads: threads)
            show(block.conv2.name, map)
        }
        classify(map, into: &logits)
    }

    private func run(_ convolution: RowConvolution, _ source: RowMap, in buffer: AlignedBuffer) -> RowMap {
        let (rows, columns) = convolution.outputExtents(rows: source.rows, columns: source.columns)
        let result = RowMap(
            rows: rows, columns: columns, channels: convolution.outputs, elementBytes: layers.elementBytes, in: buffer)
        convolution.run(from: source, to: result, threads: threads)
        return result
    }

    /// The first convolution and the pooling.
    private func stem(_ frames: Span<Float>, _ frameCount: Int) -> RowMap {
        let (convolution, pooling) = (layers.stem, ResNet18Topology.stemPooling)
        let (bands, border, elementBytes) = (Self.bandCount, ResNet18Topology.stem.padding, layers.elementBytes)
        let input = RowMap(
            rows: bands, columns: frameCount, channels: 1, elementBytes: precision == .int8 ? 2 : 4, border: border,
            in: buffers.input)
        let step: Float = frames.withUnsafeBufferPointer { frames in
            withUnsafePointer(to: input.place) { place in
                if precision == .int8 { return drc_place_s16(frames.baseAddress, place) }
                drc_place_f32(frames.baseAddress, place)
                return 1
            }
        }
        let (rows, columns) = convolution.outputExtents(rows: bands, columns: frameCount)
        let convolved = RowMap(
            rows: rows, columns: columns, channels: convolution.outputs, elementBytes: elementBytes, border: 0,
            in: buffers.convolved)
        convolution.run(from: input, to: convolved, factor: step, threads: threads)
        let extent = { (extent: Int) in (extent + 2 * pooling.padding - pooling.kernel) / pooling.stride + 1 }
        let result = RowMap(
            rows: extent(rows), columns: extent(columns), channels: convolution.outputs, elementBytes: elementBytes,
            in: buffers.even)
        withUnsafePointer(to: convolved.place) { source in
            withUnsafePointer(to: result.place) { destination in
                drc_pool(
                    source, destination,
                    .init(
                        kernel: CInt(pooling.kernel), stride: CInt(pooling.stride), padding: CInt(pooling.padding)),
                    CInt(result.channels), CInt(elementBytes), 0, CInt(result.rows))
            }
        }
        return result
    }

    /// The mean over frequency and the last layer.
    private func classify(_ map: RowMap, into logits: inout MutableSpan<Float>) {
        let features = RowMap(
            rows: 1, columns: map.columns, channels: map.channels, elementBytes: 4, border: 0, in: buffers.features)
        let scale = layers.featureStep / Float(map.rows)
        switch precision {
        case .f32: map.sum(scale, as: Float.self, into: features.elements()) { $0 }
        case .bf16:
            map.sum(scale, as: UInt16.self, into: features.elements()) { Float(bitPattern: UInt32($0) << 16) }
        case .int8: map.sum(scale, as: UInt8.self, into: features.elements()) { Float($0) }
        }
        let result = RowMap(
            rows: 1, columns: map.columns, channels: UtteranceBuffers.roomForClasses(classCount), elementBytes: 4,
            border: 0, in: buffers.logits)
        layers.classifier.run(from: features, to: result)
        let values: UnsafeMutableBufferPointer<Float> = result.elements()
        for column in 0..<map.columns {
            for label in 0..<classCount {
                logits[column * classCount + label] = values[column * result.channels + label]
            }
        }
    }
}

/// What the maps of an utterance lie in.
private struct UtteranceBuffers {
    /// Frames that there is room for.
    let frames: Int
    let input: AlignedBuffer
    let convolved: AlignedBuffer
    /// Blocks' inputs and outputs, in turns.
    let even: AlignedBuffer
    let odd: AlignedBuffer
    /// What is between a block's convolutions.
    let inner: AlignedBuffer
    let features: AlignedBuffer
    let logits: AlignedBuffer

    init(frames: Int, _ classCount: Int, elementBytes: Int) {
        func buffer(rows: Int, columns: Int, channels: Int, _ bytes: Int, border: Int = 1) -> AlignedBuffer {
            AlignedBuffer(
                byteCount: RowMap.byteCount(
                    rows: rows, columns: columns, channels: channels, elementBytes: bytes, border: border))
        }
        let columns = (frames + 3) / 4
        self.frames = frames
        input = buffer(rows: 40, columns: frames, channels: 1, 4, border: 3)
        convolved = buffer(rows: 20, columns: (frames + 1) / 2, channels: 64, elementBytes)
        // The largest map is the last stage's, 2 x 512: others are 10 x 64, 5 x 128 and 3 x 256.
        even = buffer(rows: 2, columns: columns, channels: 512, elementBytes)
        odd = buffer(rows: 2, columns: columns, channels: 512, elementBytes)
        inner = buffer(rows: 2, columns: columns, channels: 512, elementBytes)
        features = buffer(rows: 1, columns: columns, channels: ResNet18Topology.featureCount, 4)
        logits = buffer(rows: 1, columns: columns, channels: Self.roomForClasses(classCount), 4)
    }

    /// Outputs of the last layer with those that fill its last vectors.
    static func roomForClasses(_ count: Int) -> Int { (count + 31) / 32 * 32 }
}

extension RowMap {
    fileprivate func isIn(_ other: AlignedBuffer) -> Bool { buffer === other }

    /// The sum over the rows times a factor, [columns, channels].
    @inline(__always)
    fileprivate func sum<Element: BitwiseCopyable>(
        _ scale: Float, as _: Element.Type, into sums: UnsafeMutableBufferPointer<Float>,
        _ value: (Element) -> Float
    ) {
        let all: UnsafeMutableBufferPointer<Element> = elements()
        let (row, border) = ((columns + 2) * channels, channels)
        for i in 0..<columns * channels {
            var sum: Float = 0
            for y in 0..<rows { sum += value(all[y * row + border + i]) }
            sums[i] = sum * scale
        }
    }
}
