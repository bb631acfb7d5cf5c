/// Things to draw from by weight.
struct WeightedTable<Element: Sendable>: Sendable {
    private(set) var elements: [Element] = []
    private var cumulative: [Double] = []

    var isEmpty: Bool { elements.isEmpty }

    /// Adds an element; one of weight 0 is never drawn.
    mutating func append(_ element: Element, weight: Double) {
        guard weight > 0 else { return }
        elements.append(element)
        cumulative.append((cumulative.last ?? 0) + weight)
    }

    /// One of the elements; there is at least one.
    func draw(_ random: inout SeededRandom) -> Element {
        let target = random.uniformDouble() * (cumulative.last ?? 0)
        var low = 0
        var high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > target { high = middle } else { low = middle + 1 }
        }
        return elements[low]
    }
}
