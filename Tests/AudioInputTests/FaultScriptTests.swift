import Glibc
import Logging
import Testing

@testable import AudioInput

extension ALSATests {
    /// A microphone that fails by a script, again and again.
    @Suite(.timeLimit(.minutes(2))) struct FaultScriptTests {
        /// One fault of the rig and what the reader must be told of it.
        private enum Fault: String, CaseIterable {
            case xrun, suspend, unplug
        }

        /// Twenty cycles of every fault, in random order, at random frames.
        private func script(seed: UInt64) -> [(frame: Int, fault: Fault)] {
            var random = LinearRandom(state: seed)
            var frame = 0
            return (0..<20).flatMap { _ in
                Fault.allCases.shuffled(using: &random).map { fault in
                    frame += Int.random(in: 100...700, using: &random)
                    return (frame, fault)
                }
            }
        }

        @Test(arguments: [1] as [UInt64])
        func twentyCyclesLoseNoSampleBetweenFaults_andAreToldInOrder(seed: UInt64) throws {
            let script = script(seed: seed)
            let count = script.last!.frame + 800
            let samples = noise16(count, seed: UInt32(seed))
            let gate = "faults\(seed).gate"
            let device = Rig.device([
                "file": Rig.write("faults\(seed).raw", samples.bytes), "gate": Rig.write(gate, []), "speed": "2.0",
                "script": script.map { "\($0.frame):\($0.fault)" }.joined(separator: " "),
            ])
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let source = try ALSACapture.open(device: device, policy: .failIfUnavailable, logger: logger)
            defer { source.stop() }
            var reader = try AudioReader(source)
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 400)
            defer { buffer.deallocate() }

            // What the script says must come, with the frame of each.
            var expected = ["0 opened"]
            for (frame, fault) in script {
                switch fault {
                case .xrun: expected.append("\(frame) gap overrun")
                case .suspend: expected.append("\(frame) gap suspend")
                case .unplug: expected += ["\(frame) lost missing", "\(frame) opened"]
                }
            }
            var told: [String] = []
            var heard: [Float] = []
            let deadline = monotonicNanoseconds() + 60_000_000_000
            while heard.count < count, monotonicNanoseconds() < deadline {
                switch try reader.read(into: buffer, timeout: .milliseconds(100)) {
                case .samples(let count): heard += buffer[..<count]
                case .gap(_, let cause): told.append("\(heard.count) gap \(cause)")
                case .opened: told.append("\(heard.count) opened")
                case .lost(_, _, let reason):
                    told.append("\(heard.count) lost \(reason)")
                    _ = Rig.write(gate, [])
                case let other:
                    if other != .timeout { told.append("\(other)") }
                }
            }
            #expect(told == expected)
            let isWhole = heard.prefix(count) == samples.floats[...]
            #expect(isWhole)
        }
    }
}
