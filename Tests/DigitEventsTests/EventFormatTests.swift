import DigitEvents
import Testing

@Suite struct EventFormatTests {
    @Test func digitsPrintsBareDigitsAndNothingElse() {
        let lines = JSONLineTests.contract.compactMap { EventFormat.digits.line($0.1) }
        #expect(lines == ["7\n", "0\n"])
    }

    @Test func textIsForPeople() {
        #expect(EventFormat.text.line(JSONLineTests.digit) == "7  99.8 %  12.34-12.81 s\n")
        let likely = DigitEvent.digit(
            .init(
                seq: 1, digit: 5, confidence: 0.7,
                alternatives: [.init(digit: 9, confidence: 0.251), .init(digit: 1, confidence: 0.002)], start: 0.5,
                end: 1,
                at: 1))
        #expect(likely.text == "5  70.0 %  0.50-1.00 s  (or 9 25.1 %)")
        #expect(
            DigitEvent.rejected(.init(seq: 2, reason: .notADigit, confidence: 0.91, start: 1, end: 2)).text
                == "-  91.0 %  1.00-2.00 s  not a digit")
        #expect(
            DigitEvent.device(.init(state: .open, name: "hw:0", rate: 48000, channels: 1)).text
                == "hw:0: open, 48000 Hz, mono")
    }

    @Test func statusIsSeveralLines() {
        let device = """
            digitd   0.1.0, running for 2 h 05 min
            device   plughw:CARD=Mic,DEV=0: open, 48000 Hz, 2 channels
            heard    1 min 05 s of sound
            digits   17, and 3 utterances that are no certain digit
            gaps     1, 480 frames lost
            clients  2, 5 events missed by slow ones
            delay    68 ms median, 108 ms 95th percentile, 131 ms longest
            model    digits.safetensors, SHA-256 9f86d081

            """
        #expect(EventFormat.text.line(.status(JSONLineTests.status)) == device)
        #expect(EventFormat.digits.line(.status(JSONLineTests.status)) == nil)
        let young = DigitEvent.Status(release: "0.1.0", model: "m", checksum: "c", stream: 0, uptime: 273_600)
        #expect(young.device == nil)
        let text = DigitEvent.status(young).text ?? ""
        #expect(text.contains("running for 3 d 04 h\ndevice   none yet\nheard    0 s of sound"))
        #expect(!text.contains("delay"))
    }

    @Test func aLostDeviceIsSaidWithItsReason() {
        let device = DigitEvent.Device(state: .lost, name: "hw:0", reason: .busy)
        #expect(DigitEvent.device(device).text == "hw:0: lost (busy)")
    }

    @Test func textHasNoControlCharacters() {
        let text = DigitEvent.device(.init(state: .lost, name: "a\u{1B}[2Jb\n", error: "x\u{7}")).text
        #expect(text == "a?[2Jb?: lost (x?)")
    }

    @Test func levelsAndSpeechHaveNoText() {
        #expect(EventFormat.text.line(.speech(.init(state: .start, at: 1))) == nil)
        #expect(EventFormat.text.line(.version(.init(release: "1"))) == nil)
    }
}
