import Glibc

/// All bytes of a regular file.
func readWholeFile(_ path: String) throws(WeightsError) -> [UInt8] {
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
        throw .unreadable(
            path: path, reason: status.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : "it is not a regular file")
    }
    let size = Int(status.st_size)
    // A network has 45 MB in f32, a training run's checkpoint five times that.
    guard size <= 1 << 31 else { throw .malformed(path: path, problem: "it is too large for a weights file") }
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < size {
            let got = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
            if got < 0 && errno == EINTR { continue }
            if got < 0 { failure = errno }
            if got <= 0 { break }
            count += got
        }
    }
    guard failure == 0 else { throw .unreadable(path: path, reason: reason(failure)) }
    return bytes
}

/// strerror(3) as the end of a sentence.
private func reason(_ error: CInt) -> String { String(cString: strerror(error)) }
