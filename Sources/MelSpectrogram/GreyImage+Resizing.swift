/// The weights of one axis of a resized picture: output `i` sums inputs from `starts[i]` on with `weights[i]`.
private struct ResizingAxis {
    /// Bits behind the point of the fixed-point weights: 8 bits of grey and the sum's spare bits fit 32 with them.
    static let fractionBits = 32 - 8 - 2

    var starts: [Int] = []
    var weights: [[Int32]] = []

    /// A triangle of one input pixel's width either side, or, where the picture shrinks, of one output pixel's:
    /// that is what keeps thin lines from vanishing between the samples.
    init(from input: Int, to output: Int) {
        let scale = Double(input) / Double(output)
        let support = max(scale, 1)
        for index in 0..<output {
            let centre = (Double(index) + 0.5) * scale
            let start = max(Int(centre - support + 0.5), 0)
            let end = min(Int(centre + support + 0.5), input)
            let triangle = (start..<end).map { max(0, 1 - abs((Double($0) - centre + 0.5) / support)) }
            let sum = triangle.reduce(0, +)
            starts.append(start)
            weights.append(triangle.map { Int32($0 / sum * Double(1 << Self.fractionBits) + 0.5) })
        }
    }

    /// The outputs along this axis of pixels that lie `stride` apart from `first` on.
    func apply(to pixels: [UInt8], first: Int, stride: Int, _ write: (Int, UInt8) -> Void) {
        for (index, weights) in weights.enumerated() {
            var sum: Int32 = 1 << (Self.fractionBits - 1)
            var position = first + starts[index] * stride
            for weight in weights {
                sum += Int32(pixels[position]) * weight
                position += stride
            }
            write(index, UInt8(clamping: sum >> Self.fractionBits))
        }
    }
}

extension GreyImage {
    /// The picture at another size, by Pillow's antialiased bilinear filter, bit for bit (`Image.resize` of version 11 with
    /// `Resampling.BILINEAR`, which is what torchvision's `Resize` does to a picture): first the columns, then the rows,
    /// each rounded to 8 bits.
    /// - Precondition: all four sizes are at least 1.
    public func resized(width newWidth: Int, height newHeight: Int) -> GreyImage {
        precondition(min(width, height, newWidth, newHeight) >= 1, "a picture has at least one row and column")
        var narrowed = [UInt8](repeating: 0, count: newWidth * height)
        let columns = ResizingAxis(from: width, to: newWidth)
        for row in 0..<height {
            columns.apply(to: pixels, first: row * width, stride: 1) { narrowed[row * newWidth + $0] = $1 }
        }
        var resized = [UInt8](repeating: 0, count: newWidth * newHeight)
        let rows = ResizingAxis(from: height, to: newHeight)
        for column in 0..<newWidth {
            rows.apply(to: narrowed, first: column, stride: newWidth) { resized[$0 * newWidth + column] = $1 }
        }
        return GreyImage(width: newWidth, height: newHeight, pixels: resized)
    }
}
