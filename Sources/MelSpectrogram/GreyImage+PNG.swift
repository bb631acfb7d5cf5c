import AtomicFile
import CPNG
import Foundation

extension GreyImage {
    /// Reads a PNG of `rows` rows and any number of columns up to `widthMax`.
    ///
    /// Colour, palette, 16-bit and interlaced files become 8-bit grey; transparent parts become black. The size is
    /// checked before memory for the pixels is taken.
    /// - Parameters:
    ///   - path: The file.
    ///   - rows: The height that the picture must have.
    ///   - maker: The command that makes such pictures, for the sentences that refuse others.
    /// - Throws: `MelError.unreadable` for a path that cannot be read, `MelError.notUsable` for what is not such a PNG.
    init(contentsOf path: String, rows: Int, madeBy maker: String) throws(MelError) {
        guard let file = fopen(path, "rbe") else { throw .unreadable(path: path, reason: readAdvice(errno)) }
        defer { fclose(file) }
        var status = stat()
        if fstat(fileno(file), &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw .unreadable(path: path, reason: "it is a directory, so name a PNG file in it")
        }
        if status.st_mode & S_IFMT == S_IFREG,
            let complaint = chunkComplaint(fileno(file), byteCount: Int(status.st_size))
        {
            throw .notUsable(path: path, reason: "\(complaint), so give it a PNG made by \(maker)")
        }

        var image = emptyImage()
        defer { png_image_free(&image) }
        guard png_image_begin_read_from_stdio(&image, file) != 0 else {
            guard ferror(file) == 0 else { throw .unreadable(path: path, reason: readAdvice(EIO)) }
            throw .notUsable(path: path, reason: "\(image.complaint), so give it a PNG made by \(maker)")
        }
        let (width, height) = (Int(image.width), Int(image.height))
        guard height == rows else {
            throw .notUsable(
                path: path,
                reason: "it has \(width) x \(height) pixels and not \(rows) rows, so give it a PNG made by \(maker)")
        }
        guard width <= Self.widthMax else {
            throw .notUsable(
                path: path, reason: "it has \(width) columns, so cut it to \(Self.widthMax) or fewer")
        }

        image.format = png_uint_32(PNG_FORMAT_GRAY)
        var black = png_color()
        var pixels = [UInt8](repeating: 0, count: width * height)
        guard png_image_finish_read(&image, &black, &pixels, Int32(width), nil) != 0 else {
            throw .notUsable(path: path, reason: "it is damaged (\(image.complaint)), so make it again with \(maker)")
        }
        self.init(width: width, height: height, pixels: pixels)
    }

    /// Writes the picture as an 8-bit grey PNG. A file of that name is replaced at once or, on failure, left as it was.
    /// - Throws: `MelError.notWritten`; also for a picture without columns or with more than `widthMax`.
    func write(to path: String) throws(MelError) {
        guard width > 0 else {
            throw .notWritten(path: path, reason: "the sound has no frame, so give it at least 29 ms")
        }
        guard width <= Self.widthMax else {
            throw .notWritten(
                path: path, reason: "the sound has \(width) frames, so cut it to \(Self.widthMax) or fewer")
        }
        let bytes = try encoded(path: path)
        do throws(AtomicFileError) {
            try writeAtomically(bytes, to: path)
        } catch {
            throw .notWritten(path: path, reason: error.reason)
        }
    }

    /// The picture as the bytes of an 8-bit grey PNG, for a page that brings its pictures along.
    /// - Throws: `MelError.notWritten`.
    public func pngBytes() throws(MelError) -> [UInt8] { try encoded(path: "the picture") }

    private func encoded(path: String) throws(MelError) -> [UInt8] {
        var image = emptyImage()
        defer { png_image_free(&image) }
        image.width = png_uint_32(width)
        image.height = png_uint_32(height)
        image.format = png_uint_32(PNG_FORMAT_GRAY)
        // Room for data that deflate cannot shrink (its bound is far under 1/8 more) and the chunks around it.
        var bytes = [UInt8](repeating: 0, count: (width + 1) * height * 9 / 8 + 4096)
        var count = png_alloc_size_t(bytes.count)
        guard png_image_write_to_memory(&image, &bytes, &count, 0, pixels, Int32(width), nil) != 0 else {
            throw .notWritten(path: path, reason: "libpng says \(image.complaint), so free some memory and try again")
        }
        bytes.removeLast(bytes.count - Int(count))
        return bytes
    }
}

/// Chunks that a picture may have before its pixels, and in all. One has a few, and pixels in pieces of 8 kB.
private let chunksMax = 65_536

/// What is wrong with the chunks, if one before the pixels claims more bytes than the file has, or there are too many:
/// libpng takes the memory for a chunk, up to 2 GB, before it reads the first of its bytes, and 80 s for a gigabyte of
/// empty ones; the simplified API offers no limit.
private func chunkComplaint(_ file: Int32, byteCount: Int) -> String? {
    func bytes(_ count: Int, at offset: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        return pread(file, &bytes, count, offset) == count ? bytes : []
    }
    guard bytes(8, at: 0) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] else { return nil }
    var offset = 8
    var hasPixels = false
    for _ in 0..<chunksMax {
        // Length, type, content, checksum.
        let head = bytes(8, at: offset)
        guard !head.isEmpty, head.suffix(4) != Array("IEND".utf8)[...] else { return nil }
        hasPixels = hasPixels || head.suffix(4) == Array("IDAT".utf8)[...]
        offset += 12 + head.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        // A file that was cut off in its checksum, or in its pixels, is libpng's to name.
        if offset - 4 > byteCount { return hasPixels ? nil : "a chunk in it claims to be longer than the file" }
    }
    return "it has more than \(chunksMax) chunks"
}

/// A `png_image` before use, as the simplified API of libpng wants it.
private func emptyImage() -> png_image {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    return image
}

extension png_image {
    /// libpng's message of the failed call, such as "not a PNG file", without a full stop at its end.
    fileprivate var complaint: String {
        let text = withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return switch text.lowercased() {
        case "not a png file": "it is not a PNG file"
        case "read error": "it ends too early"
        default: text
        }
    }
}

/// What to do about the `errno` of a failed `fopen`.
private func readAdvice(_ code: Int32) -> String {
    switch code {
    case ENOENT, ENOTDIR: "there is no such file, so check the name"
    case EACCES, EPERM: "permission is denied, so allow this user to read it"
    default: "\(String(cString: strerror(code))), so check the file and try again"
    }
}
