import Glibc
import Logging
import Testing

@testable import AudioInput

/// A PulseAudio server of the tests' own, with a sink that plays to nobody and can be listened to.
private final class SoundServer {
    private let path = Rig.directory!.path

    static var isInstalled: Bool {
        system("command -v pulseaudio pacat >/dev/null 2>&1") == 0
            && system("ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so >/dev/null 2>&1") == 0
    }

    init() {
        let modules = """
            load-module module-native-protocol-unix auth-anonymous=1 socket=\(path)/native
            load-module module-null-sink sink_name=mic norewinds=1 rate=16000 channels=1 format=s16le channel_map=mono
            set-default-sink mic
            set-default-source mic.monitor

            """
        _ = Rig.write("server.pa", Array(modules.utf8))
        start()
    }

    deinit {
        kill()
    }

    /// Starts the server and waits until it answers.
    func start() {
        _ = system(
            """
            cd '\(path)' && HOME='\(path)' XDG_RUNTIME_DIR='\(path)' PULSE_RUNTIME_PATH='\(path)/pulse' \
            pulseaudio -n -F server.pa --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disallow-exit=yes \
            --high-priority=no --realtime=no >server.log 2>&1 & echo $! >'\(path)/server.pid'
            """)
        for _ in 0..<100 where system("pactl info >/dev/null 2>&1") != 0 { usleep(50_000) }
    }

    /// Kills the server at once, as a crash does.
    func kill() {
        _ = system("kill -9 $(cat '\(path)/server.pid')")
    }

    /// Stops the server, or lets it go on: it neither answers nor ends.
    func setStopped(_ isStopped: Bool) {
        _ = system("kill -\(isStopped ? "STOP" : "CONT") $(cat '\(path)/server.pid')")
    }

    /// Plays a second of a sine in the background.
    func play() {
        let samples = sine(16_000, frequency: 440, rate: 16_000).map { Int16($0 * 32767) }
        let file = Rig.write("sine.raw", samples.bytes)
        _ = system("pacat --raw --format=s16le --rate=16000 --channels=1 '\(file)' >/dev/null 2>&1 &")
    }
}

extension ALSATests {
    /// Capture from a live sound server, as on a desktop.
    @Suite(
        .enabled(if: SoundServer.isInstalled, "pulseaudio or libasound2-plugins is not installed"),
        .timeLimit(.minutes(1))
    )
    struct SoundServerTests {
        private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        @Test func aStoppedServerIsSilent_andCapturedWhenItGoesOn() throws {
            let server = SoundServer()
            let source = try ALSACapture.open(device: "pulse", policy: .failIfUnavailable, logger: logger)
            defer { source.stop() }
            var reader = try AudioReader(source)
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 400)
            defer { buffer.deallocate() }
            /// The markers until there are `count`, at most 20 s.
            func markers(_ count: Int) throws -> [AudioReading] {
                var markers: [AudioReading] = []
                let deadline = monotonicNanoseconds() + 20_000_000_000
                while markers.count < count, monotonicNanoseconds() < deadline {
                    switch try reader.read(into: buffer, timeout: .milliseconds(100)) {
                    case .samples, .timeout: continue
                    case let marker: markers.append(marker)
                    }
                }
                return markers
            }
            let opened = AudioReading.opened(name: "pulse", rate: 16_000, channels: 1)
            #expect(try markers(1) == [opened])
            server.setStopped(true)
            // Told although closing the device hangs until the server goes on.
            let lost = AudioReading.lost(name: "pulse", error: "No sound for 2 s", reason: .silent)
            #expect(try markers(1) == [lost])
            server.setStopped(false)
            #expect(try markers(1) == [opened])
        }

        @Test func aKilledServerIsLost_andCapturedWithinTwoSecondsOfItsReturn() throws {
            let server = SoundServer()
            let source = try ALSACapture.open(device: "pulse", policy: .failIfUnavailable, logger: logger)
            defer { source.stop() }
            var reader = try AudioReader(source)
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 400)
            defer { buffer.deallocate() }
            /// Reads until what `isWanted` asks for, at most 10 s; the peak of the samples read.
            func read(until isWanted: (AudioReading, Float) -> Bool) throws -> Float {
                var peak: Float = 0
                let deadline = monotonicNanoseconds() + 10_000_000_000
                while monotonicNanoseconds() < deadline {
                    let reading = try reader.read(into: buffer, timeout: .milliseconds(100))
                    if case .samples(let count) = reading { peak = buffer[..<count].reduce(peak) { max($0, abs($1)) } }
                    if isWanted(reading, peak) { return peak }
                }
                Issue.record("not within 10 s")
                return peak
            }
            _ = try read { reading, _ in reading == .opened(name: "pulse", rate: 16_000, channels: 1) }
            server.play()
            #expect(try read { _, peak in peak > 0.4 } > 0.4)
            server.kill()
            _ = try read { reading, _ in if case .lost = reading { true } else { false } }
            usleep(3_000_000)
            server.start()
            let returned = monotonicNanoseconds()
            _ = try read { reading, _ in reading == .opened(name: "pulse", rate: 16_000, channels: 1) }
            _ = try read { reading, _ in if case .samples = reading { true } else { false } }
            #expect(monotonicNanoseconds() - returned < 2_000_000_000)
        }
    }
}
