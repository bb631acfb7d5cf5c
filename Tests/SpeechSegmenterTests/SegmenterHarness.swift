import SpeechSegmenter

/// A small generator with a seed, so that a failing case can be run again.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What a run of the segmenter gave: how each utterance ended.
enum Outcome: Equatable {
    case accepted(SpeechSegment)
    case ended(SpeechSegment)
    case givenUp(SpeechSegment)
    case dropped(SpeechSegment, SegmentDropReason)

    var segment: SpeechSegment {
        switch self {
        case .accepted(let segment), .ended(let segment), .givenUp(let segment), .dropped(let segment, _): segment
        }
    }
}

/// What a run of the segmenter answers to its questions; by default nothing is accepted, and no utterance may be long.
struct Answers {
    enum Tail { case accept, absorb, wait }

    /// Whether a `pause` is accepted.
    var accepts: (SpeechSegment) -> Bool = { _ in false }
    /// Whether an utterance may go on at `long`.
    var mayGoOn: (SpeechSegment) -> Bool = { _ in false }
    /// What is done at `tail`.
    var tail: (SpeechSegment) -> Tail = { _ in .wait }
}

/// Runs energies through a segmenter and checks what must hold for any of them.
struct SegmenterRun {
    var outcomes: [Outcome] = []
    var violations: [String] = []
    /// Frames heard when the utterance's first `pause` came, by utterance.
    var firstPauses: [Int] = []
    /// The segments of every `long`, `tail` and `tailEnded`.
    var longs: [SpeechSegment] = []
    var tails: [SpeechSegment] = []
    var endedTails: [SpeechSegment] = []

    /// - Parameter accepts: decides about each pause.
    init(
        _ energies: [Float], _ parameters: SegmenterParameters = .standard,
        accepts: @escaping (SpeechSegment) -> Bool = { _ in false }
    ) {
        self.init(energies, parameters, Answers(accepts: accepts))
    }

    init(_ energies: [Float], _ parameters: SegmenterParameters = .standard, _ answers: Answers) {
        var segmenter = SpeechSegmenter(parameters)
        var open: Int?
        var hasAccepted = false
        var hasPaused = false
        var previousEnd = 0
        var previousStart = -1

        func check(_ segment: SpeechSegment, _ run: inout SegmenterRun, heard: Int) {
            let frames = segment.frames
            if frames.lowerBound < 0 || frames.upperBound > heard { run.violations.append("\(frames) beyond \(heard)") }
            if frames.isEmpty || segment.speech.isEmpty { run.violations.append("empty \(segment)") }
            if frames.count > parameters.segmentMaximum { run.violations.append("too long \(frames)") }
            if frames.lowerBound < previousEnd { run.violations.append("\(frames) overlaps \(previousEnd)") }
            if !(frames.lowerBound <= segment.speech.lowerBound && segment.speech.upperBound <= frames.upperBound) {
                run.violations.append("speech outside \(segment)")
            }
        }

        func checkOpen(_ segment: SpeechSegment, _ run: inout SegmenterRun, heard: Int) {
            check(segment, &run, heard: heard)
            if segment.speech.lowerBound != open { run.violations.append("start moved: \(segment), \(open ?? -1)") }
        }

        func checkTail(_ segment: SpeechSegment, _ run: inout SegmenterRun, heard: Int) {
            if open != nil || !hasAccepted { run.violations.append("tail of nothing") }
            check(segment, &run, heard: heard)
        }

        func take(_ action: SpeechSegmenter.Action, _ run: inout SegmenterRun) {
            let heard = segmenter.frameCount
            switch action {
            case .none: break
            case .speechStarted(let frame):
                if open != nil { run.violations.append("started twice at \(frame)") }
                if frame <= previousStart || frame >= heard { run.violations.append("start at \(frame)") }
                previousStart = frame
                open = frame
                hasAccepted = false
                hasPaused = false
            case .pause(let segment):
                if open == nil { run.violations.append("pause outside") }
                checkOpen(segment, &run, heard: heard)
                if !hasPaused { run.firstPauses.append(heard) }
                hasPaused = true
                if answers.accepts(segment) {
                    segmenter.acceptEarly()
                    run.outcomes.append(.accepted(segment))
                    open = nil
                    hasAccepted = true
                    // The post-roll is silence; the next utterance may begin in it.
                    previousEnd = segment.speech.upperBound
                }
            case .long(let segment):
                if open == nil { run.violations.append("long outside") }
                checkOpen(segment, &run, heard: heard)
                if segment.frames.count < parameters.lengthMaximum { run.violations.append("long \(segment)") }
                run.longs.append(segment)
                if !answers.mayGoOn(segment) {
                    segmenter.giveUp()
                    run.outcomes.append(.givenUp(segment))
                    open = nil
                    previousEnd = segment.speech.upperBound
                }
            case .tail(let segment):
                checkTail(segment, &run, heard: heard)
                run.tails.append(segment)
                switch answers.tail(segment) {
                case .accept:
                    segmenter.acceptEarly()
                    run.outcomes.append(.accepted(segment))
                    previousEnd = segment.speech.upperBound
                case .absorb:
                    segmenter.absorbTail()
                    previousEnd = segment.speech.upperBound
                case .wait: break
                }
            case .tailEnded(let segment):
                checkTail(segment, &run, heard: heard)
                run.endedTails.append(segment)
                hasAccepted = false
                previousEnd = segment.speech.upperBound
            case .ended(let segment), .dropped(let segment, _):
                if open == nil { run.violations.append("end outside") }
                checkOpen(segment, &run, heard: heard)
                if case .dropped(_, let reason) = action {
                    run.outcomes.append(.dropped(segment, reason))
                } else {
                    run.outcomes.append(.ended(segment))
                }
                open = nil
                previousEnd = segment.speech.upperBound
            }
        }

        for energy in energies {
            take(segmenter.advance(energy: energy), &self)
            if !segmenter.floorDecibels.isFinite { violations.append("floor \(segmenter.floorDecibels)") }
        }
        take(segmenter.finish(), &self)
        if open != nil { violations.append("left open") }
        if segmenter.frameCount != energies.count { violations.append("frame count") }
    }
}

/// Energies of drawn shapes: a background with words on it.
struct Scene {
    var energies: [Float] = []
    var random: SplitMix64
    var background: Float

    init(background: Float = -65, seed: UInt64 = 1) {
        self.background = background
        random = SplitMix64(seed: seed)
    }

    /// White noise measured over 25 ms has a spread of about 0.6 dB.
    mutating func silence(_ frames: Int) {
        for _ in 0..<frames { energies.append(background + Float.random(in: -1.2...1.2, using: &random)) }
    }

    mutating func sound(_ frames: Int, _ level: Float) {
        for _ in 0..<frames { energies.append(level + Float.random(in: -2...2, using: &random)) }
    }

    /// A vowel with rise and decay. Returns its frames.
    @discardableResult
    mutating func vowel(_ frames: Int = 30, _ level: Float = -25) -> Range<Int> {
        let start = energies.count
        for frame in 0..<frames {
            let edge = Float(min(frame + 1, frames - frame))
            sound(1, level - max(0, 15 - 5 * edge))
        }
        return start..<energies.count
    }

    /// /s/ /i/ closure /k/ /s/.
    mutating func six(closure: Int, level: Float = -25) {
        sound(10, level - 15)
        vowel(12, level)
        silence(closure)
        sound(2, level - 15)
        sound(14, level - 18)
    }

    /// /ei/ closure /t/.
    mutating func eight(closure: Int, level: Float = -25) {
        vowel(18, level)
        silence(closure)
        sound(3, level - 18)
    }
}
