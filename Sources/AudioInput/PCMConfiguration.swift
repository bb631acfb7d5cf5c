import CALSA
import Glibc

/// Formats in the order of preference: the smallest that has the range of a microphone first.
let pcmFormats: [(sample: SampleFormat, alsa: snd_pcm_format_t)] = [
    (.int16, SND_PCM_FORMAT_S16_LE), (.int32, SND_PCM_FORMAT_S32_LE), (.float32, SND_PCM_FORMAT_FLOAT_LE),
    (.int24, SND_PCM_FORMAT_S24_LE), (.int24Packed, SND_PCM_FORMAT_S24_3LE),
]

/// Rates in Hz in the order of preference: what speech needs first, then what converters run at.
let pcmRates = [
    16_000, 48_000, 32_000, 44_100, 96_000, 24_000, 22_050, 8000, 11_025, 12_000, 64_000, 88_200, 176_400, 192_000,
]

/// Time of a period in us: how long a sample waits at most before it is handed on.
private let periodTime = 10_000
/// Periods of the device's buffer: how long the capture thread may be held up, 300 ms, without a loss.
private let periodCount = 30

/// Chooses a format, a rate and channels among those that a capture device offers, and sets the device up.
func configurePCM(
    _ pcm: OpaquePointer, _ channel: CaptureChannel
) throws(ALSAError) -> (format: StreamFormat, periodFrames: Int, bufferFrames: Int) {
    let hardware = try HardwareParameters(pcm)
    try ALSAError.check(snd_pcm_hw_params_set_access(pcm, hardware.raw, SND_PCM_ACCESS_RW_INTERLEAVED))
    guard let format = pcmFormats.first(where: { snd_pcm_hw_params_test_format(pcm, hardware.raw, $0.alsa) == 0 })
    else {
        throw ALSAError(code: EINVAL)
    }
    try ALSAError.check(snd_pcm_hw_params_set_format(pcm, hardware.raw, format.alsa))
    let channels = try chooseChannels(pcm, hardware, channel)
    let rate = try chooseRate(pcm, hardware)
    var period = snd_pcm_uframes_t(max(1, rate * periodTime / 1_000_000))
    try ALSAError.check(snd_pcm_hw_params_set_period_size_near(pcm, hardware.raw, &period, nil))
    var buffer = period * snd_pcm_uframes_t(periodCount)
    try ALSAError.check(snd_pcm_hw_params_set_buffer_size_near(pcm, hardware.raw, &buffer))
    try ALSAError.check(snd_pcm_hw_params(pcm, hardware.raw))
    snd_pcm_hw_params_get_period_size(hardware.raw, &period, nil)
    snd_pcm_hw_params_get_buffer_size(hardware.raw, &buffer)

    var software: OpaquePointer?
    try ALSAError.check(snd_pcm_sw_params_malloc(&software))
    defer { snd_pcm_sw_params_free(software) }
    try ALSAError.check(snd_pcm_sw_params_current(pcm, software))
    try ALSAError.check(snd_pcm_sw_params_set_avail_min(pcm, software, period))
    try ALSAError.check(snd_pcm_sw_params(pcm, software))
    return (StreamFormat(sample: format.sample, rate: rate, channels: channels), Int(period), Int(buffer))
}

/// One channel if it can be had, else as few as possible; as many as hold the one that is asked for.
private func chooseChannels(
    _ pcm: OpaquePointer, _ hardware: borrowing HardwareParameters, _ channel: CaptureChannel
) throws(ALSAError) -> Int {
    if case .number(let number) = channel {
        var least = CUnsignedInt(number + 1)
        guard snd_pcm_hw_params_set_channels_min(pcm, hardware.raw, &least) == 0 else { throw ALSAError(code: ECHRNG) }
    }
    var channels: CUnsignedInt = 1
    try ALSAError.check(snd_pcm_hw_params_set_channels_first(pcm, hardware.raw, &channels))
    guard channels <= 255 else { throw ALSAError(code: EINVAL) }
    return Int(channels)
}

private func chooseRate(_ pcm: OpaquePointer, _ hardware: borrowing HardwareParameters) throws(ALSAError) -> Int {
    for rate in pcmRates where snd_pcm_hw_params_test_rate(pcm, hardware.raw, CUnsignedInt(rate), 0) == 0 {
        try ALSAError.check(snd_pcm_hw_params_set_rate(pcm, hardware.raw, CUnsignedInt(rate), 0))
        return rate
    }
    var rate: CUnsignedInt = 48_000
    try ALSAError.check(snd_pcm_hw_params_set_rate_near(pcm, hardware.raw, &rate, nil))
    guard acceptedRates.contains(Int(rate)) else { throw ALSAError(code: EINVAL) }
    return Int(rate)
}

/// The configurations a device still admits: `snd_pcm_hw_params_malloc`, `_any` and `_free`.
struct HardwareParameters: ~Copyable {
    let raw: OpaquePointer

    init(_ pcm: OpaquePointer) throws(ALSAError) {
        var allocated: OpaquePointer?
        try ALSAError.check(snd_pcm_hw_params_malloc(&allocated))
        let result = snd_pcm_hw_params_any(pcm, allocated)
        if result < 0 {
            snd_pcm_hw_params_free(allocated)
            throw ALSAError(code: -result)
        }
        raw = allocated!
    }

    deinit {
        snd_pcm_hw_params_free(raw)
    }
}
