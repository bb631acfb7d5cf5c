/// Two options of which one must not be above the other.
struct ConfigurationOrder: Sendable {
    let lower: String
    let upper: String
    /// Whether they may be the same.
    let mayBeEqual: Bool

    /// Every such pair.
    static let all = [
        // Speech that begins must not be over at once.
        ConfigurationOrder(lower: "segmenter.leave_db", upper: "segmenter.enter_db", mayBeEqual: false),
        // The first look would never come.
        ConfigurationOrder(lower: "segmenter.pause_ms", upper: "segmenter.hangover_ms", mayBeEqual: false),
        // Every word would be too short or too long.
        ConfigurationOrder(lower: "segmenter.length_min_ms", upper: "segmenter.length_max_ms", mayBeEqual: true),
        // The first look would accept what the last one rejects.
        ConfigurationOrder(
            lower: "recognition.accept_posterior", upper: "recognition.early_posterior", mayBeEqual: true),
    ]

    /// What is wrong, if the order is broken.
    ///
    /// - Parameter given: the keys that the file gives: one of these is to blame, and not a default.
    func breach(in configuration: Configuration, given: Set<String>) -> (key: String, message: String)? {
        guard let low = ConfigurationOption.named(lower), let high = ConfigurationOption.named(upper),
            let lowNumber = low.value(configuration).number, let highNumber = high.value(configuration).number,
            lowNumber > highNumber || (lowNumber == highNumber && !mayBeEqual)
        else { return nil }
        let (key, other) = given.contains(lower) ? (low, high) : (high, low)
        let side =
            given.contains(lower)
            ? (mayBeEqual ? "must not be above" : "must be below")
            : (mayBeEqual ? "must not be below" : "must be above")
        let origin = given.contains(other.key) ? "" : " by default"
        return (
            key.key,
            "\(key.key) is \(key.text(in: configuration)), but \(side) \(other.key), which is "
                + "\(other.text(in: configuration))\(origin)"
        )
    }
}
