import ArgumentParser
import AudioInput

/// `digitd devices`: what sound can be captured from.
struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the capture devices and what each offers.",
        discussion: """
            A device is listed by the name to give to digitd listen --device, which stays the same when cards are plugged in \
            another order. An asterisk marks the one that is used when none is given.
            """)

    func run() throws {
        let devices = CaptureDevices.list()
        guard !devices.isEmpty else { throw CaptureDevices.reasonForNone }
        for device in devices {
            try StandardOutput.line("\(device.isDefault ? "*" : " ") \(device.name)  \(device.description)")
            try StandardOutput.line("      \(Self.text(device.offer))")
        }
    }

    private static func text(_ offer: CaptureDevice.Offer) -> String {
        switch offer {
        case .formats(let formats, let rates, let channels):
            "\(formats.joined(separator: " ")), \(text(rates)) Hz, \(text(channels)) \(channels == 1...1 ? "channel" : "channels")"
        case .unknown(let reason): reason
        }
    }

    private static func text(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }
}
