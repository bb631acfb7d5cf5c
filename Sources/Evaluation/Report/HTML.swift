import ResNetTraining

/// Pieces of the page; what stands in cells is escaped.
enum HTML {
    /// A table whose first column is a name.
    static func table(_ headings: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String], _ tag: String) -> String {
            let parts = cells.enumerated().map { index, cell in
                "<\(tag)\(index == 0 ? " class=\"name\"" : "")>\(Markup.escape(cell))</\(tag)>"
            }
            return "<tr>\(parts.joined())</tr>"
        }
        let heading = headings.isEmpty ? "" : line(headings, "th")
        return "<table>\(heading)\(rows.map { line($0, "td") }.joined(separator: "\n"))</table>"
    }

    static func heading(_ text: String) -> String { "<h2>\(Markup.escape(text))</h2>\n" }

    static func paragraph(_ text: String) -> String { "<p>\(Markup.escape(text))</p>\n" }

    /// The page's own style, under that of the plots.
    static let style = """
        body{font:15px/1.45 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
        table{border-collapse:collapse;display:block;overflow-x:auto;margin:.8em 0}th,td{padding:.2em .7em;text-align:right;
        border-bottom:1px solid #8886;white-space:nowrap}td.name,th.name{text-align:left;white-space:normal;
        overflow-wrap:anywhere;min-width:9em}
        .summary td{text-align:left;white-space:normal;overflow-wrap:anywhere}.summary td.name{min-width:14em}
        svg{max-width:100%;height:auto}.cell{fill:#8881}p{max-width:46em}
        .clips{display:grid;grid-template-columns:repeat(auto-fill,minmax(15em,1fr));gap:1em}
        figure{margin:0}figure img{width:100%;image-rendering:pixelated;border:1px solid #8886;box-sizing:border-box}
        .marks{position:relative;height:1.3em}.marks span{position:absolute;font-size:13px}
        figcaption{font-size:13px;overflow-wrap:anywhere}figcaption small{opacity:.75}
        """
}
