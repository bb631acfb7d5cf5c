/// Configurations as TOML.
extension Configuration {
    /// The default configuration: every option with its comment, commented out. This is the text of `config/digitd.toml`.
    public static let defaultText: String = {
        var text = """
            # The configuration of digitd.
            #
            # Every option is here with its default, commented out: remove the # before a name to change it.
            # What the command line says goes before this file. An unknown name or a wrong value is an error;
            # digitd config check says where and why. After a change, digitd reads the file again on SIGHUP
            # (systemctl reload digitd); what it cannot take then is marked here with "Needs a restart."

            """
        for table in ConfigurationOption.tables {
            text += "\n" + comment(table.comment)
            text += "[\(table.name)]\n"
            for option in ConfigurationOption.all where option.table == table.name {
                let restart = option.isLive ? "" : " Needs a restart."
                text += "\n" + comment(option.comment)
                text += comment("Allowed: \(option.kind.allowed). Default: \(option.defaultText).\(restart)")
                text += "#\(option.name) = \(option.defaultText)\n"
            }
        }
        return text
    }()

    /// Every option with its value, as a file that gives this configuration when it is read.
    public var text: String {
        ConfigurationOption.tables.map { table in
            let options = ConfigurationOption.all.filter { $0.table == table.name }
            return "[\(table.name)]\n" + options.map { "\($0.name) = \($0.text(in: self))\n" }.joined()
        }.joined(separator: "\n")
    }

    /// Lines of a comment, of at most 100 characters.
    private static func comment(_ text: String) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= 98 {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.map { "# \($0)\n" }.joined()
    }
}
