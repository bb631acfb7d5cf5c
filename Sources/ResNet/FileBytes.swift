import Glibc

/// The bytes of a file, unchanging for as long as they are held.
final class FileBytes: Sendable {
    private nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// Maps a regular file: nothing is read before it is looked at.
    init(mapping path: String) throws(WeightsError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let error = errno
            if error == ENOENT || error == ENOTDIR { throw .missing(path: path) }
            throw .unreadable(path: path, reason: reason(error))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            throw .unreadable(path: path, reason: isDirectory ? "it is a directory" : "it is not a regular file")
        }
        let size = Int(status.st_size)
        // A network has 45 MB in f32, a training run's checkpoint five times that.
        guard size <= 1 << 31 else { throw .malformed(path: path, problem: "it is too large for a weights file") }
        isMapped = size > 0
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw .unreadable(path: path, reason: reason(errno))
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    /// Bytes from memory.
    init(copying source: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
        copy.copyBytes(from: source)
        bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            bytes.deallocate()
        }
    }

    var count: Int { bytes.count }

    subscript(index: Int) -> UInt8 { bytes[index] }

    /// Some of the bytes, to be used only while this object is held.
    subscript(range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
}

/// strerror(3) as the end of a sentence.
private func reason(_ error: CInt) -> String { String(cString: strerror(error)) }
