import Foundation

/// Why a report could not be written.
public struct ReportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence for a person.
    public var description: String
}

/// Writes a file so that a reader, or a run resumed after a kill, sees the old one or the new one and never a part.
enum AtomicFile {
    /// `open`, `write`, `fsync` of a file beside `path`, then `rename` over it.
    static func write(_ text: String, to path: String) throws(ReportError) {
        let temporary = path + ".partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                let error = failure(path)
                close(descriptor)
                unlink(temporary)
                throw error
            }
            bytes = bytes.dropFirst(written)
        }
        let isSynced = fsync(descriptor) == 0
        guard isSynced, close(descriptor) == 0, rename(temporary, path) == 0 else {
            let error = failure(path)
            if !isSynced { close(descriptor) }
            unlink(temporary)
            throw error
        }
    }

    private static func failure(_ path: String) -> ReportError {
        ReportError(description: "Cannot write \(path) (\(String(cString: strerror(errno)))); check the directory.")
    }
}
