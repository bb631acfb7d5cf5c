import CALSA
import Glibc
import Logging

/// A device that sound can be captured from.
public struct CaptureDevice: Sendable, Equatable {
    /// The name to open it by; it stays the same when cards are plugged in another order (`plughw:CARD=Mic,DEV=0`).
    public var name: String
    /// What the card, or the sound server's plugin, calls itself.
    public var description: String
    /// What it offers natively, or why that could not be asked.
    public var offer: Offer
    /// Whether `listen` uses it when no device is given.
    public var isDefault: Bool

    /// What a device offers.
    public enum Offer: Sendable, Equatable {
        /// Sample formats by ALSA's names, and inclusive ranges of rates in Hz and of channels.
        case formats([String], rates: ClosedRange<Int>, channels: ClosedRange<Int>)
        /// It could not be opened: another program has it, this user may not, or it does not answer.
        case unknown(reason: String)
    }
}

/// The capture devices of the system.
public enum CaptureDevices {
    /// All capture devices: those of the cards, and what sound servers and the configuration add. Empty without any.
    ///
    /// Each is opened without blocking to see what it offers; a device that is in use is listed all the same.
    /// - Parameter logger: gets libasound's own messages at debug level; nowhere when nil.
    public static func list(logger: Logger? = nil) -> [CaptureDevice] {
        ALSAMessages.redirect(to: logger)
        var devices = configuredDevices() + cardDevices()
        let usable = devices.firstIndex {
            if case .formats = $0.offer { true } else { false }
        }
        if let index = usable ?? devices.indices.first { devices[index].isDefault = true }
        return devices
    }

    /// The name of the device that `listen` uses when none is given; nil when there is none.
    public static var defaultName: String? { list().first(where: \.isDefault)?.name }

    /// Why there is no device at all: none is plugged in, or none may be opened.
    public static var reasonForNone: AudioInputError {
        forbiddenDevice.map { .deviceNotPermitted(name: $0) } ?? .deviceNone
    }

    /// What is behind an error of opening a device. libasound calls a card missing that this user may not open.
    ///
    /// - Parameters:
    ///   - code: the `errno` value, positive.
    ///   - device: the ALSA name that was opened.
    /// - Returns: the code, or EACCES.
    static func reason(behind code: CInt, device: String) -> CInt {
        let isOfCard = device == "default" || device.contains("CARD=") || device.contains("hw:")
        return LossReason(code: code) == .missing && isOfCard && forbiddenDevice != nil ? EACCES : code
    }

    /// A capture device of a card that this user may not open.
    private static var forbiddenDevice: String? {
        guard let directory = opendir("/dev/snd") else { return nil }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            // Capture devices are pcmC0D0c; without permission libasound does not even see the card.
            if name.hasPrefix("pcm"), name.hasSuffix("c"), access("/dev/snd/\(name)", R_OK | W_OK) != 0 {
                return "/dev/snd/\(name)"
            }
        }
        return nil
    }

    /// Names that plugins give to what is no source of sound but a way to convert or to discard it.
    private static let plugins: Set<String> = [
        "null", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix", "oss", "jack", "usbstream",
    ]

    /// What sound servers and the configuration add: `default`, `pulse`, `pipewire` and the like, those that open.
    private static func configuredDevices() -> [CaptureDevice] {
        var hints: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        guard snd_device_name_hint(-1, "pcm", &hints) == 0, let hints else { return [] }
        defer { snd_device_name_free_hint(hints) }
        var devices: [CaptureDevice] = []
        var index = 0
        while let hint = hints[index] {
            index += 1
            guard let name = hintText(hint, "NAME"), hintText(hint, "IOID") != "Output", !name.contains("CARD="),
                !plugins.contains(name)
            else { continue }
            let offer = probe(name)
            if case .unknown(let reason) = offer, reason == absent { continue }
            let description = hintText(hint, "DESC")?.split(separator: "\n").joined(separator: ", ") ?? name
            devices.append(CaptureDevice(name: name, description: description, offer: offer, isDefault: false))
        }
        // ALSA's own choice comes first.
        return devices.filter { $0.name == "default" } + devices.filter { $0.name != "default" }
    }

    private static func hintText(_ hint: UnsafeRawPointer, _ key: String) -> String? {
        guard let text = snd_device_name_get_hint(hint, key) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// The capture devices of every card.
    private static func cardDevices() -> [CaptureDevice] {
        var devices: [CaptureDevice] = []
        var card: CInt = -1
        while snd_card_next(&card) == 0, card >= 0 {
            var control: OpaquePointer?
            guard snd_ctl_open(&control, "hw:\(card)", CInt(SND_CTL_NONBLOCK)) == 0 else { continue }
            defer { snd_ctl_close(control) }
            devices += captureDevices(ofCard: control!)
        }
        return devices
    }

    private static func captureDevices(ofCard control: OpaquePointer) -> [CaptureDevice] {
        var cardInfo: OpaquePointer?
        var info: OpaquePointer?
        guard snd_ctl_card_info_malloc(&cardInfo) == 0, snd_pcm_info_malloc(&info) == 0 else { return [] }
        defer {
            snd_ctl_card_info_free(cardInfo)
            snd_pcm_info_free(info)
        }
        guard snd_ctl_card_info(control, cardInfo) == 0 else { return [] }
        let cardID = String(cString: snd_ctl_card_info_get_id(cardInfo))
        let cardName = String(cString: snd_ctl_card_info_get_name(cardInfo))
        var devices: [CaptureDevice] = []
        var device: CInt = -1
        while snd_ctl_pcm_next_device(control, &device) == 0, device >= 0 {
            snd_pcm_info_set_device(info, CUnsignedInt(device))
            snd_pcm_info_set_subdevice(info, 0)
            snd_pcm_info_set_stream(info, SND_PCM_STREAM_CAPTURE)
            guard snd_ctl_pcm_info(control, info) == 0 else { continue }
            let address = "CARD=\(cardID),DEV=\(device)"
            let description = "\(cardName), \(String(cString: snd_pcm_info_get_name(info)))"
            devices.append(
                CaptureDevice(
                    name: "plughw:\(address)", description: description, offer: probe("hw:\(address)"), isDefault: false
                ))
        }
        return devices
    }
}
