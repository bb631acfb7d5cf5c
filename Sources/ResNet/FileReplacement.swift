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

/// Replaces or creates a file so that it holds either its old content or all of `bytes`, even after a power failure:
/// a temporary file beside it is written, synchronised and renamed.
func replaceFile(_ path: String, with bytes: [UInt8]) throws(WeightsError) {
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: reason(errno)) }
    var error = writeAll(bytes, to: descriptor)
    if error == 0 && fsync(descriptor) != 0 { error = errno }
    if close(descriptor) != 0 && error == 0 { error = errno }
    if error == 0 && rename(temporary, path) != 0 { error = errno }
    guard error == 0 else {
        unlink(temporary)
        throw .unwritable(path: path, reason: reason(error))
    }
    // The rename itself is durable once the directory is; some file systems refuse to sync one, which loses nothing.
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let directoryDescriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directoryDescriptor >= 0 {
        fsync(directoryDescriptor)
        close(directoryDescriptor)
    }
}

/// Writes all bytes; the errno of the failure, or 0.
private func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> CInt {
    bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
            let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 && errno == EINTR { continue }
            if written < 0 { return errno }
            rest = rest.dropFirst(written)
        }
        return 0
    }
}

/// strerror(3) as the end of a sentence.
private func reason(_ error: CInt) -> String { String(cString: strerror(error)) }
