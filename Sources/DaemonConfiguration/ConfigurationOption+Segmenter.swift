import SpeechSegmenter

extension ConfigurationOption {
    static let segmenter = [
        decibels("enter_db", \.enterDecibels, 1...40, "How far over the floor a frame must lie to begin a word."),
        decibels(
            "leave_db", \.leaveDecibels, 0.5...39,
            "How far over the floor a frame must stay to remain part of the word; below enter_db."),
        decibels(
            "peak_range_db", \.peakRangeDecibels, 10...100,
            "Frames this far under the loudest of the word are no longer part of it, however low the floor: breath and "
                + "reverberation in a very quiet room."),
        decibels(
            "floor_min_db", \.floorMinimum, -95 ... -55,
            "The lowest floor assumed. Lower it for a microphone of very low gain."),
        milliseconds("onset_ms", \.onsetFrames, 10...200, "How much loud sound begins a word; a click is about 30 ms."),
        milliseconds(
            "pre_roll_ms", \.preRollFrames, 0...250,
            "What is heard before the first loud frame and belongs to the word: a weak first consonant."),
        milliseconds(
            "post_roll_ms", \.postRollFrames, 0...250,
            "What is heard after the last loud frame and belongs to the word."),
        milliseconds(
            "pause_ms", \.pauseFrames, 10...500,
            "The silence after which the word is first looked at: a digit that is certain is given then. Below hangover_ms."
        ),
        milliseconds(
            "pause_repeat_ms", \.pauseRepeatFrames, 10...500,
            "The time from one look to the next while the silence lasts."),
        milliseconds(
            "hangover_ms", \.hangoverFrames, 20...1000,
            "The silence that ends a word for certain; longer than the closure inside \"six\" or \"eight\"."),
        milliseconds(
            "length_min_ms", \.lengthMinimum, 10...1000,
            "A word with less loud sound than this is rejected as too short, unless noise hides the rest of it."),
        milliseconds(
            "length_max_ms", \.lengthMaximum, 500...2500,
            "A word longer than this, with its pre-roll and post-roll, is digits run together, or digits amid other sound, or "
                + "rejected as too long; not below length_min_ms."),
        milliseconds(
            "run_length_max_ms", \.runLengthMaximum, 500...10_000,
            "Digits run together that last longer than this are rejected as too long. Ten take 4 to 6 seconds."),
        milliseconds(
            "tail_gap_ms", \.tailGapFrames, 10...1000,
            "After a digit that was given early: the silence after which the next sound is a new word and not the rest of "
                + "this one."),
        milliseconds(
            "tail_length_max_ms", \.tailLengthMaximum, 50...500,
            "After a digit that was given early: a sound longer than this is a new word, even without that silence."),
        milliseconds(
            "tail_near_ms", \.tailNearFrames, 0...1000,
            "After a digit that was given early: a sound that follows more silence than this is a new word if it is loud."
        ),
        decibels(
            "tail_loud_db", \.tailLoudDecibels, 0...40,
            "Loud is what comes within this of the loudest frame of the digit, for tail_loud_ms."),
        milliseconds("tail_loud_ms", \.tailLoudFrames, 10...500, "How long that must last."),
    ]
}
