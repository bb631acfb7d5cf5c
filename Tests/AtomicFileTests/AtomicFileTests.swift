import AtomicFile
import Glibc
import Testing

@Suite struct AtomicFileTests {
    private let directory: String

    init() {
        var template = Array("/tmp/AtomicFileTests.XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status
    }

    /// Runs `body` and removes the directory.
    private func inDirectory(_ body: (String) throws -> Void) throws {
        defer { _ = system("rm -rf '\(directory)'") }
        try body(directory + "/file")
    }

    @Test(arguments: [0o600, 0o640, 0o444, 0o755] as [mode_t]) func replacedFileKeepsItsMode(mode: mode_t) throws {
        try inDirectory { path in
            try writeAtomically([1], to: path)
            try #require(chmod(path, mode) == 0)
            try writeAtomically([2, 3], to: path, mode: 0o666)
            let new = try status(path)
            #expect(new.st_mode & 0o7777 == mode)
            #expect(new.st_size == 2)
        }
    }

    @Test(arguments: [0o600, 0o666] as [mode_t]) func newFileHasTheModeAskedFor_lessTheUmask(mode: mode_t) throws {
        try inDirectory { path in
            let mask = umask(0)
            umask(mask)
            try writeAtomically([1], to: path, mode: mode)
            #expect(try status(path).st_mode & 0o7777 == mode & ~mask)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may give files away")) func replacedFileKeepsItsOwnerAndGroup() throws
    {
        try inDirectory { path in
            try writeAtomically([1], to: path)
            try #require(chown(path, 12_345, 23_456) == 0 && chmod(path, 0o640) == 0)
            try writeAtomically([2], to: path)
            let new = try status(path)
            #expect(new.st_uid == 12_345 && new.st_gid == 23_456 && new.st_mode & 0o7777 == 0o640)
        }
    }

    @Test func linkStays_andNothingIsLeftBehind() throws {
        try inDirectory { path in
            try writeAtomically([1], to: path)
            try #require(chmod(path, 0o600) == 0 && symlink("file", directory + "/link") == 0)
            try writeAtomically([2, 3], to: directory + "/link")
            #expect(try status(path).st_size == 2 && status(path).st_mode & 0o777 == 0o600)
            #expect(throws: AtomicFileError.self) { try writeAtomically([1], to: directory) }
            let names = directory + ".names"
            defer { unlink(names) }
            _ = system("ls '\(directory)' | wc -l > '\(names)'")
            var bytes = [CChar](repeating: 0, count: 16)
            let file = fopen(names, "r")
            fgets(&bytes, 16, file)
            fclose(file)
            // The file and the link.
            #expect(atoi(bytes) == 2)
        }
    }
}
