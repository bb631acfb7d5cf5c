import Glibc
import Testing

@testable import AudioInput

/// The project's microphone for tests (Tests/Rigs/alsa), built into a directory of its own at its first use.
///
/// libasound reads its configuration once, at the first call: whoever calls it in this process asks for the rig before.
enum Rig {
    /// Where the plugin is; nil when it can't be built here.
    static let directory: ScratchDirectory? = {
        let scratch = ScratchDirectory()
        let script = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Rigs/alsa/build.sh"
        guard system("sh '\(script)' '\(scratch.path)' 2>'\(scratch.path)/build.log'") == 0 else { return nil }
        setenv("ALSA_CONFIG_PATH", "/usr/share/alsa/alsa.conf:\(scratch.path)/digitdrig.conf", 1)
        // A sound server of the machine is left alone; the tests of one start their own there.
        setenv("PULSE_SERVER", "unix:\(scratch.path)/native", 1)
        atexit { Rig.directory?.removeAll() }
        ALSAMessages.redirect(to: nil)
        return scratch
    }()

    /// Whether tests on the rig can run.
    static var isAvailable: Bool { directory != nil }

    /// Writes a file for the rig to play or to be gated by, and returns its path.
    static func write(_ name: String, _ bytes: [UInt8]) -> String { directory!.write(name, bytes) }

    /// As `write`, in one step: nobody reads half of it.
    static func replace(_ name: String, _ bytes: [UInt8]) {
        rename(write(name + ".new", bytes), "\(directory!.path)/\(name)")
    }

    /// The ALSA name of a microphone; the fields are those of pcm_digitdrig.c.
    static func device(_ fields: [String: String]) -> String {
        "digitdrig:" + fields.map { "\($0.uppercased())=\"\($1)\"" }.sorted().joined(separator: ",")
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs a test only where the rig can be built.
    static var needsRig: Self {
        .enabled(if: Rig.isAvailable, "gcc or libasound2-dev is missing, so that Tests/Rigs/alsa cannot be built")
    }
}
