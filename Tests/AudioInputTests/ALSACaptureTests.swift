import Glibc
import Logging
import Synchronization
import Testing

@testable import AudioInput

/// What uses libasound, one test after the other: devices come and go for the whole process.
@Suite(.needsRig, .serialized) enum ALSATests {}

extension ALSATests {
    /// Capture through libasound itself, from the project's own plugin.
    @Suite(.timeLimit(.minutes(2))) struct ALSACaptureTests {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        /// What a capture gave: its samples in the pieces between its markers, and the markers with their times.
        struct Capture {
            var pieces: [[Float]] = [[]]
            var markers: [AudioReading] = []
            var markerTimes: [Int64] = []
            var samples: [Float] { pieces.flatMap { $0 } }
        }

        /// Reads until `isEnough` or 20 s, and stops the capture.
        private func capture(
            _ device: String, policy: ALSACapture.OpenPolicy = .failIfUnavailable, until isEnough: (Capture) -> Bool
        ) throws -> Capture {
            let source = try ALSACapture.open(device: device, policy: policy, logger: logger)
            return try read(source, until: isEnough)
        }

        private func read(_ source: ALSACapture, until isEnough: (Capture) -> Bool) throws -> Capture {
            defer { source.stop() }
            var reader = try AudioReader(source)
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 400)
            defer { buffer.deallocate() }
            var capture = Capture()
            let deadline = monotonicNanoseconds() + 20_000_000_000
            while !isEnough(capture), monotonicNanoseconds() < deadline {
                switch try reader.read(into: buffer, timeout: .milliseconds(100)) {
                case .samples(let count): capture.pieces[capture.pieces.count - 1] += buffer[..<count]
                case .timeout: continue
                case .end: return capture
                case let marker:
                    capture.markers.append(marker)
                    capture.markerTimes.append(monotonicNanoseconds())
                    capture.pieces.append([])
                }
            }
            #expect(isEnough(capture), "not within 20 s: \(capture.markers), \(capture.pieces.map(\.count))")
            return capture
        }

        private func opened(_ device: String, rate: Int = 8000, channels: Int = 1) -> AudioReading {
            .opened(name: device, rate: rate, channels: channels)
        }

        @Test func samplesAreThoseOfTheFile_atEightKilohertz() throws {
            let samples = noise16(12_000)
            let device = Rig.device(["file": Rig.write("a.raw", samples.bytes)])
            let result = try capture(device) { $0.samples.count >= 12_000 }
            #expect(Array(result.samples.prefix(12_000)) == samples.floats)
            #expect(result.markers == [opened(device)])
        }

        @Test(arguments: [
            ("S16_LE", 16_000, 1), ("S16_LE", 48_000, 2), ("S32_LE", 44_100, 2), ("FLOAT_LE", 96_000, 1),
            ("FLOAT_LE", 11_025, 4), ("S32_LE", 192_000, 1),
        ])
        func samplesAreThoseOfTheFile_inAnyFormat(format: String, rate: Int, channels: Int) throws {
            let frames = rate / 2
            let samples = noise16(frames * channels, seed: UInt32(rate))
            let bytes: [UInt8] =
                switch format {
                case "S16_LE": samples.bytes
                case "S32_LE": samples.flatMap { [0, 0] + littleEndian($0) }
                default: samples.floats.bytes
                }
            let scratch = ScratchDirectory()
            let wave = scratch.write("a.wav", waveBytes(data: samples.bytes, rate: rate, channels: channels))
            let expected = try AudioFile.readMono(wave, rate: 8000)
            let name = "\(format)\(rate)x\(channels).raw"
            let device = Rig.device([
                "file": Rig.write(name, bytes), "rate": "\(rate)", "channels": "\(channels)", "format": format,
            ])
            // What comes after the file is silence, and the end of a file is resampled as if it were.
            let result = try capture(device) { $0.samples.count >= expected.count }
            #expect(result.markers == [opened(device, rate: rate, channels: channels)])
            #expect(zip(result.samples, expected).allSatisfy { abs($0 - $1) < 1e-6 })
        }

        @Test func oneChannelOfSeveralIsHeard_andOneThatIsNotThereIsAnError() throws {
            let samples = noise16(20_000)
            let device = Rig.device(["file": Rig.write("stereo.raw", samples.bytes), "channels": "2"])
            let logger = Logger(label: "test")
            let capture = try ALSACapture.open(
                device: device, channel: .number(1), policy: .failIfUnavailable, logger: logger)
            defer { capture.stop() }
            var reader = try AudioReader(capture)
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1000)
            defer { buffer.deallocate() }
            var heard: [Float] = []
            while heard.count < 8000 {
                if case .samples(let count) = try reader.read(into: buffer, timeout: .seconds(5)) {
                    heard += buffer[..<count]
                }
            }
            #expect(
                heard.prefix(8000)
                    == samples.indices.filter { $0 % 2 == 1 }.prefix(8000).map { samples.floats[$0] }[...])
            let error = #expect(throws: AudioInputError.self) {
                try ALSACapture.open(device: device, channel: .number(2), policy: .failIfUnavailable, logger: logger)
            }
            #expect(
                error
                    == .deviceFailed(
                        name: device, reason: "it has 2 channels, of numbers 0 to 1, and no channel 2"))
        }

        @Test func overrunIsAGapAndCaptureGoesOn() throws {
            let samples = noise16(16_000)
            let device = Rig.device(["file": Rig.write("xrun.raw", samples.bytes), "script": "4000:xrun 8000:xrun"])
            let result = try capture(device) { $0.markers.count == 3 && $0.samples.count >= 12_000 }
            #expect(
                result.markers.dropFirst().allSatisfy { if case .gap(0..., "overrun") = $0 { true } else { false } })
            #expect(result.pieces[1] == Array(samples.floats[..<4000]))
        }

        @Test func suspendIsAGapAndCaptureGoesOn() throws {
            let samples = noise16(16_000)
            let device = Rig.device(["file": Rig.write("suspend.raw", samples.bytes), "script": "4000:suspend"])
            let result = try capture(device) { $0.markers.count == 2 && $0.samples.count >= 8000 }
            #expect({ if case .gap(_, "suspend") = result.markers[1] { true } else { false } }())
            #expect(result.pieces[1] == Array(samples.floats[..<4000]))
        }

        @Test func resumeThatDoesNothingEndsInPrepare() throws {
            let device = Rig.device(["script": "4000:stubborn"])
            let result = try capture(device) { $0.samples.count >= 8000 }
            #expect(result.markers.dropFirst().allSatisfy { if case .gap = $0 { true } else { false } })
            #expect(result.markers.count >= 2 && result.markers.count < 20)
        }

        @Test func unpluggedCardIsLostAndCapturedWithinTwoSecondsOfItsReturn() throws {
            let gate = Rig.write("unplug.gate", [])
            let device = Rig.device(["script": "4000:unplug", "gate": gate])
            let returned = Mutex<Int64>(0)
            var hasPlanned = false
            let result = try capture(device) { capture in
                if capture.markers.count == 2, !hasPlanned {
                    hasPlanned = true
                    try? SourceStream.startThread("plug") {
                        usleep(3_100_000)
                        returned.withLock { $0 = monotonicNanoseconds() }
                        _ = Rig.write("unplug.gate", [])
                    }
                }
                return capture.markers.count == 3 && capture.samples.count >= 8000
            }
            let lost = AudioReading.lost(name: device, error: "No such device", reason: .missing)
            #expect(result.markers == [opened(device), lost, opened(device)])
            let delay = result.markerTimes[2] - returned.withLock { $0 }
            #expect(delay > 0 && delay < 2_000_000_000)
        }

        @Test func failingReadIsLossAndTheDeviceIsOpenedAgain() throws {
            let device = Rig.device(["script": "4000:eio"])
            let result = try capture(device) { $0.markers.count >= 3 && $0.samples.count >= 8000 }
            let lost = AudioReading.lost(name: device, error: "Input/output error", reason: .failed)
            #expect(result.markers == [opened(device), lost, opened(device)])
        }

        @Test func twoSecondsOfSilenceFromTheDriverAreLoss() throws {
            let device = Rig.device(["script": "4000:stall:2600"])
            let result = try capture(device) { $0.markers.count >= 3 && $0.samples.count >= 8000 }
            let lost = AudioReading.lost(name: device, error: "No sound for 2 s", reason: .silent)
            #expect(result.markers == [opened(device), lost, opened(device)])
        }

        @Test func aShorterSilenceIsNoFault() throws {
            let device = Rig.device(["script": "4000:stall:1200"])
            let result = try capture(device) { $0.samples.count >= 8000 }
            #expect(result.markers == [opened(device)])
        }

        @Test(arguments: [("absent", nil), ("busy", "busy"), ("perm", "perm")] as [(String, String?)])
        func firstOpeningThatFailsIsThrown(name: String, word: String?) throws {
            let gate = word.map { Rig.write("\(name).gate", Array($0.utf8)) } ?? "\(Rig.directory!.path)/none.gate"
            let device = Rig.device(["gate": gate])
            let error = #expect(throws: AudioInputError.self) {
                try ALSACapture.open(device: device, policy: .failIfUnavailable, logger: logger)
            }
            let expected: [String: AudioInputError] = [
                "absent": .deviceMissing(name: device), "busy": .deviceBusy(name: device),
                "perm": .deviceNotPermitted(name: device),
            ]
            #expect(error == expected[name])
            #expect(error?.category == .deviceUnavailable)
        }

        @Test func firstOpeningIsTriedAgainWhereThatIsWanted() throws {
            let gate = Rig.write("later.gate", Array("busy".utf8))
            let device = Rig.device(["gate": gate])
            let source = try ALSACapture.open(device: device, policy: .keepTrying, logger: logger)
            _ = Rig.write("later.gate", [])
            let result = try read(source) { $0.samples.count >= 800 }
            let lost = AudioReading.lost(name: device, error: "Device or resource busy", reason: .busy)
            #expect(result.markers == [lost, opened(device)])
        }

        @Test func reasonsAreTakenFromTheDevice_asTheyChange() throws {
            // The gate of the rig is a file: what it holds is what opening the device says.
            let gate = Rig.write("reasons.gate", Array("perm".utf8))
            let device = Rig.device(["gate": gate])
            let result = try capture(device, policy: .keepTrying) { capture in
                switch capture.markers.count {
                case 1: Rig.replace("reasons.gate", Array("busy".utf8))
                case 2: unlink(gate)
                case 3: Rig.replace("reasons.gate", [])
                default: break
                }
                return capture.samples.count >= 800
            }
            #expect(
                result.markers == [
                    .lost(name: device, error: "Permission denied", reason: .forbidden),
                    .lost(name: device, error: "Device or resource busy", reason: .busy),
                    .lost(name: device, error: "No such device", reason: .missing), opened(device),
                ])
        }

        @Test func releasedDeviceIsGivenBack_andTakenAgainAtOnce() throws {
            let device = Rig.device([:])
            let source = try ALSACapture.open(device: device, policy: .failIfUnavailable, logger: logger)
            var before: UInt64 = 0
            let result = try read(source) { capture in
                switch capture.markers.count {
                // Asked again until the release is heard of: by then the thread may be in the call that closes the device.
                case 1 where capture.samples.count >= 800 && !source.isInDeviceCall:
                    source.release()
                case 2:
                    if before == 0 { before = source.heartbeat }
                    // The thread goes on turning while it waits.
                    if source.heartbeat > before { source.acquire() }
                default: break
                }
                return capture.markers.count == 3 && capture.pieces[3].count >= 800
            }
            #expect(result.markers == [opened(device), .released(name: device), opened(device)])
        }

        @Test func unknownNameIsMissing() {
            #expect(throws: AudioInputError.deviceMissing(name: "nosuchmicrophone")) {
                try ALSACapture.open(device: "nosuchmicrophone", policy: .failIfUnavailable, logger: logger)
            }
        }

        @Test(.enabled(if: access("/dev/snd", F_OK) != 0, "there is a sound card"))
        func noMicrophoneAtAllIsSaid() {
            #expect(throws: AudioInputError.deviceNone) {
                try ALSACapture.open(device: "default", policy: .failIfUnavailable, logger: logger)
            }
        }

        @Test func aReaderThatIsLateGetsAGapOfWhatTheRingCouldNotHold() throws {
            let samples = noise16(48_000)
            let device = Rig.device(["file": Rig.write("late.raw", samples.bytes), "speed": "2.0"])
            let source = try ALSACapture.open(device: device, policy: .failIfUnavailable, logger: logger)
            usleep(1_600_000)  // 3.2 s of sound for a ring of 2 s.
            let result = try read(source) { $0.markers.count == 2 && $0.pieces[2].count >= 4000 }
            guard case .gap(let lost, "ring_full") = result.markers[1] else {
                Issue.record("no gap: \(result.markers)")
                return
            }
            let before = result.pieces[1].count
            // The bytes of 2 s, and the room kept for the heads of short blocks, which long blocks leave to samples.
            #expect((15_500...23_000).contains(before))
            #expect(result.pieces[1] == Array(samples.floats[..<before]))
            #expect(Array(result.pieces[2].prefix(4000)) == Array(samples.floats[(before + lost)...].prefix(4000)))
        }

        @Test func patienceGathersSound_andChangesNoSample() throws {
            let samples = noise16(24_000)
            let device = Rig.device(["file": Rig.write("patience.raw", samples.bytes)])
            let source = try ALSACapture.open(device: device, policy: .failIfUnavailable, logger: logger)
            defer { source.stop() }
            var reader = try AudioReader(source)
            reader.patience = .milliseconds(80)
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4000)
            defer { buffer.deallocate() }
            var heard: [Float] = []
            var readings = 0
            while heard.count < samples.count {
                guard case .samples(let count) = try reader.read(into: buffer, timeout: .seconds(5)) else { continue }
                heard += buffer[..<count]
                readings += 1
            }
            let isSame = heard.prefix(samples.count) == samples.floats[...]
            #expect(isSame)
            // 300 periods: one by one for half a second, then eight at a time; a busy machine makes it fewer.
            #expect(readings < 150)
        }

        @Test func stopIsPrompt_andCaptureTimesAreNow() throws {
            let device = Rig.device(["rate": "16000"])
            let source = try ALSACapture.open(device: device, policy: .failIfUnavailable, logger: logger)
            var reader = try AudioReader(source)
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 400)
            defer { buffer.deallocate() }
            while reader.position < 4000 { _ = try reader.read(into: buffer, timeout: .seconds(1)) }
            let age = reader.captureTime(ofStreamSample: reader.position - 1).map { monotonicNanoseconds() - $0 }
            #expect(try (0..<250_000_000).contains(#require(age)))
            let start = monotonicNanoseconds()
            source.stop()
            while try reader.read(into: buffer, timeout: .seconds(5)) != .end {}
            // 200 ms are promised; a loaded machine gets more.
            #expect(monotonicNanoseconds() - start < 500_000_000)
        }

        @Test func theListHasTheRigWithItsOffer() {
            let devices = CaptureDevices.list()
            let rig = devices.first { $0.name == "digitdrig" }
            #expect(rig?.offer == .formats(["S16_LE"], rates: 8000...8000, channels: 1...1))
            #expect(devices.filter(\.isDefault).count == 1)
        }
    }
}
