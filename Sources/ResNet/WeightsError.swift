/// Why a network could not be read, written or built.
///
/// The cases are decisions for the caller (a missing file is not a damaged one); `description` is one sentence for a
/// person that names the file or tensor and what is wrong with it.
public enum WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no file at `path`.
    case missing(path: String)
    /// The file exists but the system would not give its content: no permission, a directory, an I/O error.
    case unreadable(path: String, reason: String)
    /// The content is not a valid safetensors file; `problem` says which rule it breaks.
    case malformed(path: String, problem: String)
    /// The weights lack a tensor that the network needs.
    case missingTensor(name: String)
    /// A tensor's shape is not the network's.
    case wrongShape(name: String, expected: [Int], found: [Int])
    /// A tensor holds a value that can't be used (not finite, a negative variance) or stored in the chosen precision.
    case unusableValue(name: String, problem: String)
    /// An entry of the metadata is not what it must be.
    case malformedMetadata(key: String, problem: String)
    /// The network can't be computed in this precision, because of the CPU or of the weights.
    case unusablePrecision(InferencePrecision, problem: String)
    /// The file could not be written.
    case unwritable(path: String, reason: String)
    /// oneDNN refused to build or run an operation.
    case engine(operation: String, status: String)

    /// One sentence that says which file or tensor is at fault, and why.
    public var description: String {
        switch self {
        case .missing(let path):
            "The weights file \(path) does not exist; check its name, or make one with digitd train."
        case .unreadable(let path, let reason):
            "The weights file \(path) can't be read: \(reason)."
        case .malformed(let path, let problem):
            "The weights file \(path) is not usable: \(problem); use one written by digitd train."
        case .missingTensor(let name):
            "The weights lack the tensor \(name); use a file written by digitd train."
        case .wrongShape(let name, let expected, let found):
            "The tensor \(name) has the shape \(found), but the network needs \(expected); use a file written by digitd train."
        case .unusableValue(let name, let problem):
            "The tensor \(name) can't be used: \(problem); use a file written by digitd train."
        case .malformedMetadata(let key, let problem):
            "The weights file's \(key) can't be used: \(problem); use a file written by digitd train."
        case .unusablePrecision(let precision, let problem):
            "The network can't be computed in \(precision.rawValue): \(problem)."
        case .unwritable(let path, let reason):
            "The weights file \(path) can't be written: \(reason)."
        case .engine(let operation, let status):
            "oneDNN can't run the network: \(operation) failed with \(status)."
        }
    }
}
