extension TrainingOptions {
    /// Options that a resumed run must share with the run that wrote the checkpoint.
    ///
    /// Threads and precision are left out: a run may go on with other ones, if not to the same bits. So are the seed
    /// recipe's epochs, on which its learning rate does not depend.
    package var fingerprint: String {
        var parts: [(String, Any)] = [
            ("directories", directories), ("init", initialWeights ?? ""),
            ("epochs", recipe == .seed ? 0 : epochs),
            ("windows", windowsPerEpoch ?? 0), ("batch", batchSize), ("rate", learningRate), ("decay", weightDecay),
            ("smoothing", labelSmoothing), ("average", averageDecay), ("seed", seed), ("split", split),
            ("sampler", sampler), ("augmentation", augmentation),
        ]
        // Only where they are not the defaults, so that checkpoints from before they were there are still taken.
        if recipe != .standard { parts.append(("recipe", recipe)) }
        if recipe == .numbers {
            parts += [("utterances", utterances), ("row", rowFrames), ("column", framesPerColumn)]
        }
        if splitKind != .speakers { parts.append(("kind", splitKind)) }
        if !fsddSpeakersLeftOut.isEmpty { parts.append(("left out", fsddSpeakersLeftOut)) }
        if !teachers.isEmpty { parts += [("teachers", teachers), ("share", teacherShare)] }
        return parts.map { "\($0)=\(Self.stableDescription(of: $1))" }.joined(separator: " ")
    }

    /// A value's description, the same in every run: fields by name, and members of sets and dictionaries sorted, since
    /// their own order changes from run to run. A field added to an option structure is in it without further ado.
    static func stableDescription(of value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .struct:
            let fields = mirror.children.map { "\($0.label ?? "")=\(stableDescription(of: $0.value))" }
            return "{\(fields.sorted().joined(separator: " "))}"
        case .set, .dictionary:
            return "[\(mirror.children.map { "\($0.value)" }.sorted().joined(separator: ", "))]"
        default: return "\(value)"
        }
    }
}
