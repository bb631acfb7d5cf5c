import ResNetTraining

/// How errors are traded for rejections as the threshold moves: the detection-error trade-off.
public struct TradeOff: Sendable, Equatable {
    /// One threshold. All shares are 0...1.
    public struct Point: Sendable, Equatable {
        /// A digit is accepted when its probability is at least this.
        public var threshold: Double
        /// Of the digits, the share accepted as another digit.
        public var wrong: Double
        /// Of the digits, the share given no digit.
        public var rejected: Double
        /// Of the other words, the share taken for a digit.
        public var falseAccepts: Double
    }

    /// From the lowest threshold to the highest.
    public let points: [Point]
    /// Where the network is used.
    public let operatingPoint: Point

    /// The curve of judged clips.
    public init(_ judgements: Judgements, _ rule: AnswerRule) {
        func point(_ point: OperatingPoint) -> Point {
            Point(
                threshold: point.threshold, wrong: point.wrong, rejected: max(0, 1 - point.right - point.wrong),
                falseAccepts: point.falseAccepts)
        }
        func at(_ threshold: Double) -> Point {
            point(OperatingPoint(judgements, temperature: rule.temperature, threshold: threshold))
        }
        let hasDigits = judgements.labels.contains { $0 < Int32(LabelledClip.notADigit) }
        let below = [0, 0.1, 0.2, 0.25].map(at)
        let curve = OperatingPoint.curve(judgements, temperature: rule.temperature).map(point)
        points = hasDigits ? below + curve + [at(0.998), at(0.999)] : []
        operatingPoint = at(rule.threshold)
    }

    var json: JSONText {
        func object(_ point: Point) -> JSONText {
            .object([
                ("threshold", .number(point.threshold)), ("wrong", .number(point.wrong)),
                ("rejected", .number(point.rejected)), ("false_accepts", .number(point.falseAccepts)),
            ])
        }
        return .object([("operating_point", object(operatingPoint)), ("points", .array(points.map(object)))])
    }
}
