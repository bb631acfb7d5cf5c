/// What one training window is made from.
public struct Draw: Sendable, Hashable {
    /// How a clip becomes a window.
    public enum Recipe: Sendable, Hashable {
        /// The clip, under its own label.
        case plain
        /// The clip between the last and first sounds of its neighbours (`partner`, up to 60 ms of each), under its own
        /// label: what a cut out of digits run together leaves.
        case inRun
        /// A digit backwards.
        case reversed
        /// The first quarter to 40 % of a digit, cut hard.
        case beginning
        /// The last third to half of a digit, cut hard.
        case ending
        /// The first half of one digit and the second half of another (`partner`).
        case joined
        /// A digit (`clip`) and half or all of another (`partner`), before or after it, 0 to 60 ms apart.
        case runTogether
        /// Clicks, bursts, tones, snippets and events of recorded noise; no clip is used.
        case noise

        /// The recipes that make something that is not a digit, in the order of `SamplerParameters.madeWeights`.
        public static let made: [Recipe] = [.reversed, .beginning, .ending, .joined, .runTogether, .noise]
    }

    /// Index into the store's clips.
    public var clip: Int
    /// How it is used.
    public var recipe: Recipe
    /// Index of the second clip, where the recipe takes two.
    public var partner: Int
    /// The label of the result, 0...10.
    public var label: Int

    /// Index of a clip of the same word, or where the word is a digit of another digit (of a word that is not a digit, of any such),
    /// whose long-term spectrum the window may take; nil where there is none to take.
    public var model: Int?

    /// Describes a window to make.
    public init(clip: Int, recipe: Recipe = .plain, partner: Int = 0, label: Int, model: Int? = nil) {
        self.clip = clip
        self.recipe = recipe
        self.partner = partner
        self.label = label
        self.model = model
    }
}
