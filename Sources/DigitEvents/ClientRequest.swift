/// What a client may ask of the server: one JSON object a line.
public struct ClientRequest: Sendable, Hashable {
    /// `{"watch":["DIGIT",...]}`: the kinds of events wanted from now on.
    public var watch: Set<DigitEvent.Kind>?
    /// `{"min_confidence":P}`: the least confidence of a DIGIT wanted from now on, from 0 to 1.
    public var minConfidence: Double?
    /// `{"status":true}`: a STATUS is wanted.
    public var status = false
    /// `{"mute":true}` or `false`: whether recognition is to be muted, for as long as the client stays.
    public var mute: Bool?
    /// `{"ping":N}`: a PONG with the number is wanted.
    public var ping: Int?

    /// A request.
    public init(
        watch: Set<DigitEvent.Kind>? = nil, minConfidence: Double? = nil, status: Bool = false, mute: Bool? = nil,
        ping: Int? = nil
    ) {
        self.watch = watch
        self.minConfidence = minConfidence
        self.status = status
        self.mute = mute
        self.ping = ping
    }
}
