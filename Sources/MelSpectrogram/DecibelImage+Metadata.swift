extension DecibelImage {
    /// The key that tells such a weights file from one of the standard front end, which has none.
    public static let kindKey = "frontend.kind"
    /// Its value.
    public static let kind = "decibel_image"

    /// The front end as the strings of a weights file's `__metadata__`, every key starting with `frontend.`.
    public static let metadata: [String: String] = [
        kindKey: kind,
        "frontend.sample_rate": "\(parameters.sampleRate)",
        "frontend.window": "hann_periodic",
        "frontend.window_length": "\(parameters.windowLength)",
        "frontend.fft_length": "\(parameters.fftLength)",
        "frontend.hop_length": "\(parameters.hopLength)",
        "frontend.padding": "zeros_centred",
        "frontend.band_count": "\(parameters.bandCount)",
        "frontend.mel_scale": "slaney",
        "frontend.mel_norm": "slaney",
        "frontend.lowest_frequency": "\(parameters.lowestFrequency)",
        "frontend.highest_frequency": "\(parameters.highestFrequency)",
        "frontend.decibel_range": "\(decibelRange)",
        "frontend.normalisation": "stretched_to_8_bits",
        "frontend.resizing": "bilinear_antialiased",
        "frontend.input_height": "\(inputHeight)",
        "frontend.input_width": "\(inputWidth)",
    ]

    /// Checks that a weights file asks for exactly this front end.
    /// - Throws: `MelError.metadataMissing` or `MelError.metadataUnsupported`, naming the first key at fault; also for a
    ///   `frontend.` key that this front end does not know.
    public static func validate(metadata found: [String: String]) throws(MelError) {
        for (key, only) in metadata.sorted(by: { $0.key < $1.key }) {
            guard let value = found[key] else { throw .metadataMissing(key: key) }
            guard value == only else {
                throw .metadataUnsupported(key: key, value: value, allowed: "\"\(only)\"")
            }
        }
        if let key = found.keys.sorted().first(where: { $0.hasPrefix("frontend.") && metadata[$0] == nil }) {
            throw .metadataUnsupported(key: key, value: found[key] ?? "", allowed: "no such thing")
        }
    }
}
