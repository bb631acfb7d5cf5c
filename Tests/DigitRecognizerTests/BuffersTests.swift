import Testing

@testable import DigitRecognizer

@Suite struct BuffersTests {
    @Test func historyGivesTheLastFrames_whateverWasAppended() {
        var history = FrameHistory(bandCount: 3, capacity: 7)
        for frame in 0..<100 {
            history.append([Float(frame), Float(frame) + 0.25, Float(frame) + 0.5].span)
            #expect(history.frames.upperBound == frame + 1)
            #expect(history.frames.count >= min(frame + 1, 7))
            for start in history.frames {
                let range = start..<frame + 1
                let values: [Float] = history.withFrames(range) { span in span.indices.map { span[$0] } }
                let expected: [Float] = range.flatMap { frame in
                    let value = Float(frame)
                    return [value, value + 0.25, value + 0.5]
                }
                #expect(values == expected)
            }
        }
        history.restart(at: 500)
        #expect(history.frames == 500..<500)
        history.append([1, 2, 3].span)
        #expect(history.frames == 500..<501)
    }

    @Test func backgroundIsTheMeanAtFirst_andForgetsLater() {
        var background = BackgroundEstimate(bandCount: 1)
        for value in 1...10 { background.add([Float(value)].span) }
        #expect(abs(background.bands[0] - 5.5) < 1e-4)
        for _ in 0..<700 { background.add([-3].span) }
        #expect(abs(background.bands[0] + 3) < 0.01)
        background.replace(by: [7])
        #expect(background.bands == [7])
        background.add([1].span)
        #expect(background.bands == [1])
    }
}
