import Glibc

/// Why a file could not be written.
public struct AtomicFileError: Error, Sendable, Equatable {
    /// The `errno` value of the call that failed.
    public let code: Int32
    /// What is wrong and what to do about it, as the second half of a sentence.
    public let reason: String

    init(code: Int32) {
        self.code = code
        reason =
            switch code {
            case EISDIR: "it is a directory, so name a file in it"
            case ENOENT, ENOTDIR: "its directory does not exist, so make that first"
            case EACCES, EPERM, EROFS: "permission is denied, so choose a directory that this user may write to"
            case ENOSPC, EDQUOT: "the disk is full, so make room and try again"
            default: "\(String(cString: strerror(code))), so check the place and try again"
            }
    }
}

/// Replaces the file at `path` with `bytes`: a reader, or a crash at any moment, sees the old file or the new one,
/// whole.
///
/// A temporary file beside it is written, synced and renamed. What is not a regular file (a pipe, `/dev/stdout`) is
/// written to directly, and a symbolic link stays: the file that it names is replaced. The new file has the mode of the
/// one that it replaces, and its owner and group as far as this user may give them; the group's permissions only
/// together with the group.
/// - Parameter mode: of a file that was not there, less the umask.
/// - Throws: `AtomicFileError`; nothing is left behind then.
public func writeAtomically(
    _ bytes: [UInt8], to path: String, mode: mode_t = 0o666
) throws(AtomicFileError) {
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR {
        throw AtomicFileError(code: EISDIR)
    }
    if exists, status.st_mode & S_IFMT != S_IFREG {
        return try writeFile(bytes, to: path, flags: O_WRONLY | O_CLOEXEC, mode: mode, keeping: nil)
    }
    var target = path
    if exists, let resolved = realpath(path, nil) {
        target = String(cString: resolved)
        free(resolved)
    }
    let temporary = "\(target).\(getpid())-\(UInt32.random(in: 0...(.max))).tmp"
    do throws(AtomicFileError) {
        try writeFile(
            bytes, to: temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode: exists ? 0o600 : mode,
            keeping: exists ? status : nil, sync: true)
        guard rename(temporary, target) == 0 else { throw AtomicFileError(code: errno) }
    } catch {
        unlink(temporary)
        throw error
    }
    syncDirectory(of: target)
}

private func writeFile(
    _ bytes: [UInt8], to path: String, flags: Int32, mode: mode_t, keeping old: stat?, sync: Bool = false
) throws(AtomicFileError) {
    let descriptor = open(path, flags, mode)
    guard descriptor >= 0 else { throw AtomicFileError(code: errno) }
    var failure: Int32 = 0
    bytes.withUnsafeBytes { all in
        var rest = all[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 || errno != EINTR {
                failure = count == 0 ? EIO : errno
                return
            }
        }
    }
    if failure == 0, let old, !keepRights(of: old, descriptor) { failure = errno }
    if failure == 0, sync, fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0, failure == 0 { failure = errno }
    guard failure == 0 else { throw AtomicFileError(code: failure) }
}

/// Gives a file the owner, group and mode of another, as far as that is allowed; false where not even the mode can be
/// set.
private func keepRights(of old: stat, _ descriptor: CInt) -> Bool {
    var new = stat()
    guard fstat(descriptor, &new) == 0 else { return false }
    if new.st_uid != old.st_uid { _ = fchown(descriptor, old.st_uid, .max) }
    var mode = old.st_mode & 0o777
    if new.st_gid != old.st_gid, fchown(descriptor, .max, old.st_gid) != 0 {
        // Another group must not get what that one had; it gets no more than everybody.
        mode = mode & 0o707 | (mode & 0o007) << 3
    }
    return fchmod(descriptor, mode) == 0
}

/// Makes the rename itself last. The file is in place already, so a file system that refuses is no failure.
private func syncDirectory(of path: String) {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
}
