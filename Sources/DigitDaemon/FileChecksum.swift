import CCrypto
import Glibc

/// The SHA-256 of a file in hexadecimal, as `sha256sum` prints it; nil when it can't be read.
public func sha256(ofFile path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return nil }
    let size = Int(status.st_size)
    // Mapped, not read: the pages were read for the network a moment ago, and none of them is to stay in memory.
    guard let bytes = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), bytes != MAP_FAILED else { return nil }
    defer { munmap(bytes, size) }
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    guard SHA256(bytes.assumingMemoryBound(to: UInt8.self), size, &digest) != nil else { return nil }
    return digest.map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }.joined()
}
