import CSmallConvolution

/// A map of the network while an utterance is computed: [rows, columns, channels] with columns of zeros at both ends of
/// each row.
///
/// It lies in a buffer that lives longer, and that it may share with maps whose time is over.
struct RowMap {
    let rows: Int
    let columns: Int
    let channels: Int
    /// Where it lies, for `row_convolution.h`.
    let place: drc_map
    let buffer: AlignedBuffer

    /// Bytes that a buffer needs for it, with room behind the end for kernels that read whole words.
    static func byteCount(rows: Int, columns: Int, channels: Int, elementBytes: Int, border: Int = 1) -> Int {
        rows * (columns + 2 * border) * channels * elementBytes + 64
    }

    init(rows: Int, columns: Int, channels: Int, elementBytes: Int, border: Int = 1, in buffer: AlignedBuffer) {
        let byteCount = Self.byteCount(
            rows: rows, columns: columns, channels: channels, elementBytes: elementBytes, border: border)
        precondition(buffer.bytes.count >= byteCount, "the buffer is too small for its map")
        let columnStep = channels * elementBytes
        place = drc_map(
            first: buffer.bytes.baseAddress! + border * columnStep, rows: CInt(rows), columns: CInt(columns),
            border: CInt(border), row_step: (columns + 2 * border) * columnStep, column_step: columnStep)
        (self.rows, self.columns, self.channels, self.buffer) = (rows, columns, channels, buffer)
    }

    /// All elements as they lie in memory, the zeros of the border with them; of what the map was made for.
    func elements<Element: BitwiseCopyable>() -> UnsafeMutableBufferPointer<Element> {
        let bytes = rows * place.row_step
        return UnsafeMutableRawBufferPointer(rebasing: buffer.bytes.prefix(bytes)).bindMemory(to: Element.self)
    }
}
