import AudioInput
import DigitEvents
import DigitRecognizer
import Glibc
import Logging
import ServiceManager

/// Standard input: a rate, how the bytes come, and samples, which go through the recogniser.
@Sendable func feedStandardInput(_ input: [UInt8]) {
    var input = input
    let rate = [8000, 16_000, 4000, 11_025, 44_100, 48_000, 192_000, 100][input.takeFirst() % 8]
    let step = 1 + 16 * input.takeFirst()
    // Packets, so that each is one read.
    var ends: [CInt] = [0, 0]
    check(socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue), 0, &ends) == 0, "no sockets")
    defer { close(ends[0]) }
    var quiet = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
    quiet.logLevel = .critical
    guard let source = try? StandardInputSource(rate: rate, descriptor: ends[0], logger: quiet) else {
        close(ends[1])
        return
    }
    for start in stride(from: 0, to: input.count, by: step) {
        let packet = input[start..<min(input.count, start + step)]
        // The fuzzer's clock interrupts a call that waits.
        var sent = -1
        repeat {
            sent = packet.withUnsafeBytes { send(ends[1], $0.baseAddress, $0.count, 0) }
        } while sent < 0 && errno == EINTR
        check(sent == packet.count, "not sent")
    }
    close(ends[1])
    let samples = read(source)
    // What begins as a file is read as one, and an offset is taken off: then the samples are others.
    let isFile = ["RIFF", "RF64", "fLaC", "OggS"].contains { input.starts(with: $0.utf8) }
    if rate == AudioReader.rate, !isFile { check(samples.count == input.count / 2, "another number of samples") }
    recognize(samples)
}

/// All samples of a source up to its end, or what ended it.
private func read(_ source: StandardInputSource) -> [Float] {
    guard var reader = try? AudioReader(source) else { fail("no reader") }
    var samples: [Float] = []
    let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: 800)
    defer { block.deallocate() }
    do throws(AudioInputError) {
        while true {
            switch try reader.read(into: block, timeout: .seconds(1)) {
            case .samples(let count): samples.append(contentsOf: block[..<count])
            case .end: return samples
            case .timeout: fail("nothing for a second")
            case .gap, .lost, .released: fail("a gap in standard input")
            case .opened: break
            }
        }
    } catch {
        return samples
    }
}

private func recognize(_ samples: [Float]) {
    guard var recognizer = try? StreamRecognizer(classifier: AnyDigit()) else { fail("no recogniser") }
    let length = Double(samples.count) / Double(AudioReader.rate) + 0.001
    func take(_ recognition: Recognition) {
        switch recognition.event {
        case .digit(let digit):
            check(digit.start <= digit.end && digit.end <= digit.at && digit.at <= length, "\(digit)")
        default: break
        }
        _ = recognition.event.jsonLine
    }
    recognizer.process(samples.span, take)
    recognizer.finish(take)
}

/// Takes any sound for a digit that depends on it.
private struct AnyDigit: WindowClassifier {
    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        var largest = 0
        for index in window.indices where window[index] > window[largest] { largest = index }
        for index in probabilities.indices { probabilities[index] = 0.005 }
        probabilities[largest % 11] = 0.95
    }
}

/// The variables of a service manager, as lines of NAME=VALUE.
@Sendable func feedEnvironment(_ input: [UInt8]) {
    var environment: [String: String] = [:]
    for line in String(decoding: input, as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { environment[String(parts[0])] = String(parts[1]) }
    }
    _ = listening
    if let taken = try? ListenDescriptors.take(environment: environment, processIdentifier: 1, first: firstListening) {
        check(taken.count <= 2, "descriptors \(taken)")
    }
    guard let notifier = ServiceNotifier(environment: environment, processIdentifier: 1) else { return }
    let status = environment["STATUS"] ?? ""
    notifier.ready(status: status)
    notifier.status(status)
    notifier.watchdog()
    notifier.stopping(status: status)
    guard let interval = notifier.watchdogInterval else { return }
    var feed = WatchdogFeed(interval: interval, inputIsFile: false)
    check(feed.turn(now: 0, captureHeartbeat: 1, captureIsInDeviceCall: false), "the watchdog is not fed at first")
    _ = feed.turn(now: .max, captureHeartbeat: 2, captureIsInDeviceCall: false)
}

private let firstListening: CInt = 900

/// Two sockets that a manager might pass.
private let listening: Void = {
    for descriptor in [firstListening, firstListening + 1] {
        let new = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Only the family: the system chooses an abstract name.
        let isBound = withUnsafeBytes(of: address) {
            bind(new, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t(MemoryLayout<sa_family_t>.size))
        }
        check(isBound == 0 && listen(new, 1) == 0 && dup2(new, descriptor) == descriptor, "no socket to pass")
        close(new)
    }
}()
