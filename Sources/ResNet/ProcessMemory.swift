import CDNNL

/// How this process's allocator (glibc's) treats large blocks.
///
/// Building a network needs tens of megabytes for a moment. By default they stay in the heap, under blocks that live on.
public enum ProcessMemory {
    /// From now on, each block of 128 KiB or more is mapped by itself and given back when it is freed. For a program that lives
    /// long; to be called before the network is built.
    public static func mapLargeBlocks() {
        mallopt(M_MMAP_THRESHOLD, 128 << 10)
        mallopt(M_TRIM_THRESHOLD, 128 << 10)
    }

    /// Gives back what is free now (`malloc_trim`).
    public static func giveBack() { malloc_trim(0) }
}
