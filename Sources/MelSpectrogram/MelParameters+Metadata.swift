extension MelParameters {
    /// The front end as the strings of a weights file's `__metadata__`, every key starting with `frontend.`.
    public var metadata: [String: String] {
        var strings = Self.fixedMetadata
        strings["frontend.sample_rate"] = "\(sampleRate)"
        strings["frontend.window_length"] = "\(windowLength)"
        strings["frontend.fft_length"] = "\(fftLength)"
        strings["frontend.hop_length"] = "\(hopLength)"
        strings["frontend.band_count"] = "\(bandCount)"
        strings["frontend.lowest_frequency"] = "\(lowestFrequency)"
        strings["frontend.highest_frequency"] = "\(highestFrequency)"
        strings["frontend.power_floor"] = "\(powerFloor)"
        strings["frontend.window_frames"] = "\(windowFrames)"
        return strings
    }

    /// The front end that a weights file was trained with.
    ///
    /// Sample rate, bands and window frames must be the standard ones, because capture and the network's input have that
    /// shape; the other numbers may be any that `validate()` accepts. Other keys of the file are ignored.
    /// - Throws: `MelError.metadataMissing` or `MelError.metadataUnsupported`, naming the key.
    public init(metadata: [String: String]) throws(MelError) {
        self.init()
        for (key, only) in Self.fixedMetadata.sorted(by: { $0.key < $1.key }) {
            guard let value = metadata[key] else { throw .metadataMissing(key: key) }
            guard value == only else {
                throw .metadataUnsupported(key: key, value: value, allowed: "\"\(only)\"")
            }
        }
        try Self.read("sample_rate", metadata, into: &sampleRate, only: sampleRate)
        try Self.read("window_length", metadata, into: &windowLength)
        try Self.read("fft_length", metadata, into: &fftLength)
        try Self.read("hop_length", metadata, into: &hopLength)
        try Self.read("band_count", metadata, into: &bandCount, only: bandCount)
        try Self.read("lowest_frequency", metadata, into: &lowestFrequency)
        try Self.read("highest_frequency", metadata, into: &highestFrequency)
        try Self.read("power_floor", metadata, into: &powerFloor)
        try Self.read("window_frames", metadata, into: &windowFrames, only: windowFrames)
        do {
            try validate()
        } catch .parameterOutOfRange(let name, let value, let allowed) {
            throw .metadataUnsupported(key: Self.key(ofProperty: name), value: value, allowed: allowed)
        }
    }

    /// What this front end does in one way only.
    private static let fixedMetadata = [
        "frontend.window": "hann_periodic",
        "frontend.mel_scale": "slaney",
        "frontend.mel_norm": "slaney",
        "frontend.normalisation": "window_mean_std",
    ]

    private static func read<Number: LosslessStringConvertible & Equatable>(
        _ name: String, _ metadata: [String: String], into number: inout Number, only: Number? = nil
    ) throws(MelError) {
        let key = "frontend.\(name)"
        guard let text = metadata[key] else { throw .metadataMissing(key: key) }
        guard let value = Number(text), only == nil || value == only else {
            throw .metadataUnsupported(key: key, value: text, allowed: only.map { "\($0)" } ?? "numbers only")
        }
        number = value
    }

    /// `windowLength` is `frontend.window_length`.
    private static func key(ofProperty name: String) -> String {
        "frontend." + name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}
