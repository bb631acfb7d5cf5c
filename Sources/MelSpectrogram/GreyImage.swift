/// An 8-bit grey picture.
public struct GreyImage: Sendable, Equatable {
    /// Columns that a picture may have at most: a file of a few bytes must not ask for more than some 100 MB.
    public static let widthMax = 360_000

    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Grey values, 0 (black) to 255, row after row from the top: `[row * width + column]`.
    public let pixels: [UInt8]

    /// A picture of pixels that are there already.
    /// - Precondition: there are `width * height` pixels.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(pixels.count == width * height, "\(pixels.count) pixels do not fill \(width) x \(height)")
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
