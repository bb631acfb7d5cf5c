import AtomicFile

/// Why a report could not be written.
public struct ReportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence for a person.
    public var description: String
}

/// Writes a report whole or not at all, so that a run resumed after a kill never reads a part.
package func writeReport(_ text: String, to path: String) throws(ReportError) {
    do throws(AtomicFileError) {
        try writeAtomically(Array(text.utf8), to: path)
    } catch {
        throw ReportError(description: "Cannot write \"\(path)\": \(error.reason).")
    }
}
