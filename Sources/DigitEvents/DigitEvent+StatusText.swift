extension DigitEvent.Status {
    /// The status in words, a line for each thing.
    var text: String {
        let lines: [(String, String?)] = [
            ("digitd", "\(DigitEvent.printable(release)), running for \(Self.duration(uptime))"),
            ("device", deviceText),
            ("level", levelDecibels.map { "\(DigitEvent.decibels($0)) dB" }),
            ("muted", isMuted ? "now, by a client" : nil),
            ("heard", "\(Self.duration(stream)) of sound"),
            ("digits", "\(digits), and \(rejected) utterances that are no certain digit"),
            ("gaps", "\(gaps), \(lostFrames) frames lost"),
            ("clients", "\(clients), \(overflows) events missed by slow ones"),
            ("delay", delay.map { "\($0.p50) ms median, \($0.p95) ms 95th percentile, \($0.max) ms longest" }),
            ("model", "\(DigitEvent.printable(model)), SHA-256 \(DigitEvent.printable(checksum))"),
        ]
        return lines.compactMap { name, text in
            text.map { name + String(repeating: " ", count: 9 - name.count) + $0 }
        }.joined(separator: "\n")
    }

    private var deviceText: String {
        guard let device, let state else { return "none yet" }
        return DigitEvent.Device(
            state: state, name: device, rate: rate, channels: channels, reason: reason, error: error
        ).text
    }

    /// Seconds as a person says them: `42 s`, `7 min 05 s`, `2 h 05 min`, `3 d 04 h`.
    private static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e15 else { return "?" }
        let seconds = Int(seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min \(two(seconds % 60)) s"
        case ..<86_400: "\(seconds / 3600) h \(two(seconds / 60 % 60)) min"
        default: "\(seconds / 86_400) d \(two(seconds / 3600 % 24)) h"
        }
    }
}

extension DigitEvent.Device {
    /// The state in words.
    var text: String {
        let name = DigitEvent.printable(name)
        let state = DigitEvent.printable(state.rawValue)
        if self.state == .open, reason == .silent {
            return "\(name): \(state), but gives no sound; is it switched off?"
        }
        if let cause = error ?? reason?.rawValue { return "\(name): \(state) (\(DigitEvent.printable(cause)))" }
        let rate = rate.map { ", \($0) Hz" } ?? ""
        let channels = channels.map { $0 == 1 ? ", mono" : ", \($0) channels" } ?? ""
        return "\(name): \(state)\(rate)\(channels)"
    }
}
