import Glibc
import NIOCore

/// What lies in the kernel's buffers of a socket.
enum SocketBuffer {
    /// How much of what was sent the other side has not read yet, in bytes of kernel memory: `SIOCOUTQ` of unix(7).
    ///
    /// A socket that is full becomes writable only when three quarters of it are read, which may take a slow reader longer than
    /// the stall limit; this shows that it does read.
    static func unreadByPeer(_ descriptor: CInt) -> Int {
        var bytes: CInt = 0
        return ioctl(descriptor, UInt(TIOCOUTQ), &bytes) == 0 ? Int(bytes) : 0
    }

    /// Reads and forgets what has arrived, up to 256 KiB.
    static func discardInput(_ descriptor: CInt) {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            for _ in 0..<64 {
                guard recv(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT)) > 0 else { return }
            }
        }
    }
}

extension Channel {
    /// The socket's descriptor, -1 once it is closed. On the event loop only.
    var descriptor: CInt {
        let descriptor = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            $0
        }
        return descriptor.flatMap { $0 } ?? -1
    }
}
