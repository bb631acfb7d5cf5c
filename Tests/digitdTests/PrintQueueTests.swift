import DigitEvents
import Foundation
import Testing

@testable import digitd

@Suite struct PrintQueueTests {
    private func digit(_ number: Int) -> DigitEvent {
        .digit(.init(seq: number, digit: number % 10, confidence: 1, start: 0, end: 0.5, at: 0.5))
    }

    private func lines(_ bytes: [UInt8]) -> [DigitEvent] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .compactMap { try? DigitEvent(jsonLine: String($0)) }
    }

    @Test func linesLeaveInOrder_untilThereAreNone() {
        var queue = PrintQueue(capacity: 8, format: .json)
        for number in 1...8 { queue.add(digit(number)) }
        var taken: [DigitEvent] = []
        while !queue.isEmpty { taken += lines(queue.take()) }
        #expect(taken == (1...8).map(digit))
        #expect(queue.take() == [])
    }

    @Test func whatDoesNotFitIsCounted_andToldWhenHalfIsTaken() {
        var queue = PrintQueue(capacity: 8, format: .json)
        for number in 1...10 { queue.add(digit(number)) }
        var taken = lines(queue.take())
        // Still more than half: lost too.
        queue.add(digit(11))
        while taken.count < 9 { taken += lines(queue.take()) }
        #expect(taken == (1...8).map(digit) + [.overflow(.init(lost: 3))])
        queue.add(digit(12))
        #expect(lines(queue.take()) == [digit(12)])
    }

    @Test func lastEventComesAfterTheLoss() {
        var queue = PrintQueue(capacity: 1, format: .text)
        queue.add(digit(1))
        queue.add(digit(2))
        queue.finish(.bye(.init(reason: "shutdown")))
        var text = ""
        while !queue.isEmpty { text += String(decoding: queue.take(), as: UTF8.self) }
        #expect(text == "1  100.0 %  0.00-0.50 s\noverflow: 1 events lost\nbye (shutdown)\n")
    }

    @Test func bareDigitsHaveNoPlaceForALoss_soItIsSaidElsewhere() {
        var queue = PrintQueue(capacity: 1, format: .digits)
        queue.add(digit(1))
        queue.add(digit(2))
        #expect(queue.take() == Array("1\n".utf8))
        #expect(queue.takeComplaint() == "overflow: 1 events lost")
        #expect(queue.takeComplaint() == nil)
        #expect(queue.isEmpty)
    }
}
