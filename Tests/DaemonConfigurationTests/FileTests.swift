import DaemonConfiguration
import Foundation
import Testing

/// Files that cannot be read, and where files are looked for.
@Suite struct FileTests {
    private let scratch = ScratchDirectory()
    private var directory: String { scratch.path }

    private func make(_ name: String, _ text: String = "") throws -> String {
        let path = directory + "/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: path, contents: Data(text.utf8)))
        return path
    }

    private func reason(_ path: String) -> String? {
        do {
            _ = try Configuration(contentsOf: path)
            return nil
        } catch .unreadable(let unreadable, let reason) {
            #expect(unreadable == path)
            return reason
        } catch {
            return "\(error)"
        }
    }

    @Test func fileIsRead_withItsLines() throws {
        let path = try make("digitd.toml", "\n[log]\nlevel = \"info\"\n")
        let file = try ConfigurationFile(contentsOf: path)
        #expect(file.path == path)
        #expect(file.configuration.log.level == .info)
        #expect(file.line(of: "log.level") == 3)
        #expect(file.problem("log.level", "is odd").description == "\(path), line 3: is odd.")
        #expect(file.problem("log.log_digits", "is odd").description == "\(path): is odd.")
    }

    @Test func fileThatCannotBeRead_isUnreadable() throws {
        #expect(reason(directory + "/none.toml") == "No such file or directory")
        #expect(reason("") == "No such file or directory")
        #expect(reason(directory) == "Is a directory")
        #expect(reason(try make("file") + "/below") == "Not a directory")
        #expect(reason("a\0b") == "its name holds a NUL")
        let pipe = directory + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(reason(pipe) == "it is no regular file", "and nobody waits for a writer")
        let loop = directory + "/loop"
        #expect(symlink(loop, loop) == 0)
        #expect(reason(loop) == "Too many levels of symbolic links")
        #expect(
            ConfigurationError.unreadable(path: "f", reason: "No such file or directory").description
                == "The configuration file f cannot be read (No such file or directory); check its name and permissions."
        )
    }

    @Test func endlessFileIsRefused() {
        #expect(reason("/dev/zero") == "/dev/zero: the file is larger than 1048576 bytes, which no configuration is.")
        #expect(reason("/dev/null") == nil)
    }

    @Test func placesAreTheUsersAndTheProgramsOwn() {
        func candidates(_ executable: String, _ environment: [String: String]) -> [String] {
            Configuration.candidates(executable: executable, environment: environment)
        }
        #expect(
            candidates("/opt/digitd/bin/digitd", ["XDG_CONFIG_HOME": "/x", "HOME": "/home/a"])
                == ["/x/digitd/digitd.toml", "/opt/digitd/etc/digitd/digitd.toml"])
        #expect(
            candidates("/usr/bin/digitd", ["HOME": "/home/a/"])
                == ["/home/a/.config/digitd/digitd.toml", "/etc/digitd/digitd.toml"])
        #expect(candidates("/usr/local/bin/digitd", [:]) == ["/usr/local/etc/digitd/digitd.toml"])
        #expect(candidates("/bin/digitd", ["HOME": "/"]) == ["/.config/digitd/digitd.toml", "/etc/digitd/digitd.toml"])
        #expect(candidates("/digitd", ["XDG_CONFIG_HOME": "x", "HOME": ""]) == ["/etc/digitd/digitd.toml"])
        #expect(candidates("digitd", [:]) == [])
    }

    @Test func firstPlaceThatExistsIsUsed() throws {
        let environment = ["XDG_CONFIG_HOME": directory + "/user"]
        let executable = directory + "/prefix/bin/digitd"
        func path(given: String? = nil) -> String? {
            Configuration.path(given: given, executable: executable, environment: environment)
        }
        #expect(path() == nil)
        #expect(path(given: "none.toml") == "none.toml", "what is given is not looked for")
        let installed = try make("prefix/etc/digitd/digitd.toml")
        #expect(path() == installed)
        try FileManager.default.createDirectory(atPath: directory + "/user/digitd", withIntermediateDirectories: true)
        #expect(symlink("nowhere", directory + "/user/digitd/digitd.toml") == 0)
        #expect(path() == directory + "/user/digitd/digitd.toml", "a broken link is a mistake to be told of")
        #expect(reason(directory + "/user/digitd/digitd.toml") == "No such file or directory")
        #expect(path(given: "given.toml") == "given.toml")
    }
}
