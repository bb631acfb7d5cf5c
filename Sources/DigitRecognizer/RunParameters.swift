import ResNet

/// How an utterance is cut into several digits run together: durations in frames of 10 ms, scores in natural logarithms of
/// probabilities.
///
/// A way of cutting (a path) scores the sum over its digits (members) of the logarithm of the classifier's posterior, less the
/// penalties below. All of these numbers may stand in a weights file's metadata, under the keys of `keys`, because they belong to
/// a network. `Tools/tune-strings.sh` measures other values of them.
public struct RunParameters: Sendable, Equatable {
    /// Whether digits run together are looked for at all. Without, an utterance is one digit or none, and a short sound that
    /// follows a digit closely is the rest of it.
    public var isEnabled = true

    /// An utterance with fewer frames of speech than this is one digit or none: two of the shortest (FSDD's shortest is 0.14 s,
    /// one in a hundred is under 0.19 s).
    public var lengthMinimum: Int = 40
    /// The fewest frames of speech of a member.
    public var memberMinimum: Int = 10
    /// The most frames of speech of a member. 99 % of FSDD's digits last less than 0.92 s.
    public var memberMaximum: Int = 100
    /// Members from here ...
    public var memberUsualMinimum: Int = 20
    /// ... to here are as likely as any; 95 % of FSDD's digits are no longer, and people are quicker in a run.
    public var memberUsualMaximum: Int = 66
    /// A member costs half the square of its distance from the usual lengths over this many frames.
    public var memberSpread: Float = 20

    /// The least depth of an energy minimum that is a candidate for a cut, in dB under the lower one of its two sides.
    public var cutDepthMinimum: Float = 1.5
    /// A minimum of this depth is as likely inside of a digit as between two, in dB. 95 % of the joints between FSDD's clips are
    /// 14 dB deep or more.
    public var cutDepthSure: Float = 12
    /// What a cut of depth 0 would cost.
    public var cutPenalty: Float = 1
    /// What a minimum of twice `cutDepthSure` or more costs inside of a member.
    public var skipPenalty: Float = 1
    /// Candidates in an utterance; with more, the shallowest are left out.
    public var cutMaximum: Int = 40
    /// What each member after the first costs.
    public var insertionPenalty: Float = 0.1

    /// The least geometric mean of the members' posteriors with their penalties, that of the digit given just before among them,
    /// from 0 to 1. Each must be acceptable by itself besides.
    public var goodnessMinimum: Float = 0.75
    /// The same for an utterance that is longer than any digit and goes on: below it no more is expected of it. Lower, since better
    /// digits may follow.
    public var openGoodnessMinimum: Float = 0.5
    /// Before it is given, each member is also looked at with so many frames less at its beginning, and at its end; the least of the
    /// three posteriors counts.
    public var viewTrim: Int = 3
    /// The least posterior of a member that is given, in every view, from 0 to 1. A digit within a run needs more than one by itself:
    /// there are many ways to cut, and the best of them is seldom very unlikely.
    public var viewPosterior: Float = 0.7
    /// A member with a lower posterior, or less likely than "not a digit", makes a path impossible, from 0 to 1.
    public var uncertainPosterior: Float = 0.2
    /// The most members of a path that may be uncertain, so that they are REJECTED in their places: one for each so many.
    public var membersPerUncertain: Int = 3

    /// The most calls of the classifier for the members of one utterance; a search that needs more finds nothing.
    public var windowMaximum: Int = 60

    /// The standard numbers.
    public init() {}
}

extension RunParameters {
    /// The numbers that may stand in a weights file's metadata.
    static var keys: [(key: String, range: ClosedRange<Float>, set: (inout RunParameters, Float) -> Void)] {
        [
            ("runs.length_minimum", 1...1000, { $0.lengthMinimum = Int($1) }),
            ("runs.member_minimum", 1...1000, { $0.memberMinimum = Int($1) }),
            ("runs.member_maximum", 1...1000, { $0.memberMaximum = Int($1) }),
            ("runs.member_usual_minimum", 1...1000, { $0.memberUsualMinimum = Int($1) }),
            ("runs.member_usual_maximum", 1...1000, { $0.memberUsualMaximum = Int($1) }),
            ("runs.member_spread", 0.1...1000, { $0.memberSpread = $1 }),
            ("runs.cut_depth_minimum", 0...100, { $0.cutDepthMinimum = $1 }),
            ("runs.cut_depth_sure", 0.1...100, { $0.cutDepthSure = $1 }),
            ("runs.cut_penalty", 0...100, { $0.cutPenalty = $1 }),
            ("runs.skip_penalty", 0...100, { $0.skipPenalty = $1 }),
            ("runs.cut_maximum", 0...100, { $0.cutMaximum = Int($1) }),
            ("runs.insertion_penalty", 0...100, { $0.insertionPenalty = $1 }),
            ("runs.goodness_minimum", 0...1, { $0.goodnessMinimum = $1 }),
            ("runs.open_goodness_minimum", 0...1, { $0.openGoodnessMinimum = $1 }),
            ("runs.view_trim", 0...100, { $0.viewTrim = Int($1) }),
            ("runs.view_posterior", 0...1, { $0.viewPosterior = $1 }),
            ("runs.uncertain_posterior", 0...1, { $0.uncertainPosterior = $1 }),
            ("runs.members_per_uncertain", 1...1000, { $0.membersPerUncertain = Int($1) }),
            ("runs.window_maximum", 0...10_000, { $0.windowMaximum = Int($1) }),
        ]
    }

    /// The standard numbers, with those of a weights file in their places.
    init(weights: WeightsFile) throws(RecognizerError) {
        self.init()
        for entry in Self.keys {
            guard let value = try weights.number(entry.key, in: entry.range) else { continue }
            entry.set(&self, value)
        }
    }
}
