/// How columns of logits become digits.
public struct DecoderParameters: Sendable, Equatable {
    /// Divides the logits, over 0: fitted on people whom the network has not heard in training.
    public var temperature: Double
    /// Frames (10 ms each) from one column to the next, at least 1: the network's stride in time.
    public var framesPerColumn: Int
    /// A part is accepted when its confidence is at least this, 0...1.
    public var acceptPosterior: Double
    /// The search for the label sequence.
    public var beam: CTCBeamSearch.Parameters

    /// The parameters of the shipped network's shape; temperature and threshold are a weights file's to say.
    public init(
        temperature: Double = 1, framesPerColumn: Int = 4, acceptPosterior: Double = 0.5,
        beam: CTCBeamSearch.Parameters = CTCBeamSearch.Parameters()
    ) {
        precondition(framesPerColumn >= 1, "a column is a frame long at least")
        self.temperature = temperature
        self.framesPerColumn = framesPerColumn
        self.acceptPosterior = acceptPosterior
        self.beam = beam
    }

    /// Columns that the network gives for so many frames.
    public func columnCount(frames: Int) -> Int { (frames + framesPerColumn - 1) / framesPerColumn }
}
