import Foundation
import Testing

@testable import ResNet

struct WeightsFileTests {
    private let sample = WeightsFile(
        tensors: [
            "a.weight": WeightTensor(shape: [2, 3], values: [0, -1.5, 0.1, 65504, 6e-8, -0.0]),
            "a.bias": WeightTensor(shape: [2], values: [1e-20, 3.0000001]),
            "scalar": WeightTensor(shape: [], values: [7]),
            "empty": WeightTensor(shape: [0, 4], values: []),
        ],
        metadata: ["labels": "0,1", "quote\"/é": "line\nbreak"])

    @Test func readGivesWhatWasWritten_inSinglePrecision() throws {
        try withTemporaryPath { path in
            try sample.write(to: path, precision: .f32)
            #expect(try WeightsFile(contentsOf: path) == sample)
        }
    }

    @Test(arguments: [WeightsFile.Precision.f16, .bf16])
    func writeRoundsMatricesToNearest_andKeepsVectors(precision: WeightsFile.Precision) throws {
        try withTemporaryPath { path in
            try sample.write(to: path, precision: precision)
            let read = try WeightsFile(contentsOf: path)
            #expect(read.metadata == sample.metadata)
            #expect(read.tensors["a.bias"] == sample.tensors["a.bias"])
            let values = try #require(read.tensors["a.weight"]).values
            let expected: [Float] =
                precision == .f16
                ? [0, -1.5, 0.099975586, 65504, 5.9604645e-8, -0.0] : [0, -1.5, 0.100097656, 65536, 6.0070306e-8, -0.0]
            #expect(values == expected)
        }
    }

    @Test func everyHalfIsReadExactly_andWrittenBack() throws {
        let halves = (UInt16.min...UInt16.max).map(Float16.init(bitPattern:)).filter(\.isFinite)
        // Shape [n, 1]: only tensors of two dimensions take the precision.
        let values = halves.map(Float.init)
        let file = WeightsFile(tensors: ["h": WeightTensor(shape: [values.count, 1], values: values)])
        let bytes = try file.encoded(precision: .f16)
        #expect(
            bytes.suffix(2 * halves.count).elementsEqual(
                halves.flatMap { [UInt8($0.bitPattern & 0xFF), UInt8($0.bitPattern >> 8)] }))
        #expect(try WeightsFile(bytes: bytes, path: "h") == file)
    }

    @Test func halvesAreRoundedLikeTheHardwareRoundsThem() throws {
        var generator = LCG(seed: 5)
        var values: [Float] = [
            0x1p-14, 0x1.ffep-15, 0x1p-25, 0x1.000002p-25, 0x1.8p-24, 65519.99, 0x1.002p0, 0x1.006p0,
        ]
        for _ in 0..<20_000 {
            values.append(
                generator.next() * Float(sign: .plus, exponent: Int(generator.next() * 22) - 6, significand: 1))
        }
        let file = WeightsFile(tensors: ["h": WeightTensor(shape: [values.count, 1], values: values)])
        let read = try WeightsFile(bytes: file.encoded(precision: .f16), path: "h")
        #expect(read.tensors["h"]?.values == values.map { Float(Float16($0)) })
    }

    @Test func valuesOutsideThePrecisionAreRefused() {
        func file(_ value: Float) -> WeightsFile {
            WeightsFile(tensors: ["w": WeightTensor(shape: [1, 1], values: [value])])
        }
        #expect(throws: WeightsError.unusableValue(name: "w", problem: "it holds a value too large for F16")) {
            try file(65520).encoded(precision: .f16)
        }
        #expect(throws: WeightsError.unusableValue(name: "w", problem: "it holds a value too large for BF16")) {
            try file(.greatestFiniteMagnitude).encoded(precision: .bf16)
        }
        for value in [Float.nan, .infinity] {
            #expect(throws: WeightsError.unusableValue(name: "w", problem: "it holds an infinity or a NaN")) {
                try file(value).encoded(precision: .f32)
            }
        }
    }

    @Test func notANumberInAFileIsRefused() {
        let bytes = safetensors(#"{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, payload: [0, 0x7E])
        #expect(throws: WeightsError.unusableValue(name: "w", problem: "it holds an infinity or a NaN")) {
            try WeightsFile(bytes: bytes, path: "x")
        }
    }

    @Test func batchNormCountersAreWrittenAsIntegers_presentOrNot() throws {
        var file = WeightsFile(tensors: ["bn1.running_var": WeightTensor(shape: [1], values: [1])])
        var read = try WeightsFile(bytes: file.encoded(precision: .f16), path: "x")
        #expect(read.tensors["bn1.num_batches_tracked"] == WeightTensor(shape: [], values: [0]))
        file.tensors["bn1.num_batches_tracked"] = WeightTensor(shape: [], values: [1234])
        let bytes = try file.encoded(precision: .f16)
        read = try WeightsFile(bytes: bytes, path: "x")
        #expect(read == file)
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""data_offsets":[0,8],"dtype":"I64","shape":[]"#))
    }

    @Test func sameWeightsGiveTheSameBytes_withAlignedTensors() throws {
        let bytes = try sample.encoded(precision: .f16)
        for _ in 0..<5 { #expect(try sample.encoded(precision: .f16) == bytes) }
        #expect(bytes[0] % 8 == 0)
    }

    @Test(arguments: [
        ("", 0, "its header would have 0 bytes"),
        ("[]", 0, "not a safetensors file, its header is not a JSON object"),
        ("{\"a\":", 0, "its header is not valid"),
        (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "data_offsets is missing under a"),
        (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "it is not JSON or a number is out of range"),
        (#"{"__metadata__":{"labels":3}}"#, 0, "wrong type under __metadata__/labels"),
        (#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#, 8, "the tensor a has the type F64"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "the tensor a has the data_offsets [0]"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "the tensor a has the data_offsets [4, 0]"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "the tensor a has the data_offsets [-4, 0]"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "the tensor a has the impossible shape [-1]"),
        (
            #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, 4,
            "the tensor a has the impossible shape"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4,
            "the tensor a ends at byte 8 of the data, but the file is truncated at 4"
        ),
        (
            #"{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,4]}}"#, 4,
            "the tensor a has 4 bytes, but its shape [2, 2] of F16 needs 8"
        ),
        (
            #"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"F16","shape":[2],"data_offsets":[2,6]}}"#,
            6,
            "the tensor b overlaps another one"
        ),
        (
            #"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}}"#,
            6,
            "a hole in the data before the tensor b"
        ),
        (#"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, 5, "3 bytes after the last tensor belong to none"),
    ])
    func damagedFileIsRefused_andTheSentenceSaysWhy(header: String, payload: Int, sentence: String) {
        let bytes = safetensors(header, payload: [UInt8](repeating: 0, count: payload))
        let error = #expect(throws: WeightsError.self) { try WeightsFile(bytes: bytes, path: "model.safetensors") }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("The weights file model.safetensors is not usable: ") == true)
    }

    @Test func everyTruncationIsRefused() throws {
        let bytes = try sample.encoded(precision: .f16)
        for length in 0..<bytes.count {
            #expect(throws: WeightsError.self, "\(length) of \(bytes.count) bytes") {
                try WeightsFile(bytes: Array(bytes[..<length]), path: "x")
            }
        }
    }

    @Test func headerLengthBeyondAllBoundsIsRefused() {
        let bytes = [UInt8](repeating: 0xFF, count: 64)
        let error = #expect(throws: WeightsError.self) { try WeightsFile(bytes: bytes, path: "x") }
        #expect(
            error?.description.contains("not a safetensors file, its header would have 18446744073709551615 bytes")
                == true)
    }

    @Test func missingFileAndDirectoryAreToldApart() {
        #expect(throws: WeightsError.missing(path: "/nonexistent/x")) { try WeightsFile(contentsOf: "/nonexistent/x") }
        #expect(throws: WeightsError.unreadable(path: "/tmp", reason: "it is a directory")) {
            try WeightsFile(contentsOf: "/tmp")
        }
        #expect(throws: WeightsError.unreadable(path: "/dev/null", reason: "it is not a regular file")) {
            try WeightsFile(contentsOf: "/dev/null")
        }
    }

    @Test func writeReplacesTheWholeFile_andLeavesNothingBeside() throws {
        try withTemporaryPath { path in
            let big = WeightsFile(tensors: [
                "w": WeightTensor(shape: [1000, 10], values: [Float](repeating: 1, count: 10_000))
            ])
            try big.write(to: path)
            try sample.write(to: path, precision: .f32)
            #expect(try WeightsFile(contentsOf: path) == sample)
            let directory = URL(filePath: path).deletingLastPathComponent()
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["w.safetensors"])
        }
    }

    @Test func writeThatFailsKeepsTheOldFile() throws {
        #expect(
            throws: WeightsError.unwritable(
                path: "/nonexistent/x", reason: "its directory does not exist, so make that first")
        ) {
            try sample.write(to: "/nonexistent/x")
        }
        try withTemporaryPath { path in
            try sample.write(to: path, precision: .f32)
            let broken = WeightsFile(tensors: ["w": WeightTensor(shape: [1, 1], values: [.nan])])
            #expect(throws: WeightsError.self) { try broken.write(to: path) }
            #expect(try WeightsFile(contentsOf: path) == sample)
        }
    }

    /// A safetensors file of a header's text and a payload.
    private func safetensors(_ header: String, payload: [UInt8]) -> [UInt8] {
        let text = [UInt8](header.utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + payload
    }

    /// Runs a test with a path in an empty directory that is removed afterwards.
    private func withTemporaryPath(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory.appending(path: "w.safetensors").path)
    }
}
