"""What the long run must notice, shown on runs that are made up: python3 Tests/Soak/selftest.py"""

import json
import os
import tempfile
import time
import unittest

from microphone import RATE, Run
from spoken import Spoken

ROUND = [(3, 1.0, 1.5), (8, 3.0, 3.4), (1, 5.0, 5.5), (9, 7.0, 7.6)]
SECONDS = 9


class MadeUp:
    """A microphone with the runs that a test says."""

    speed, wall_offset = 1, 0

    def __init__(self, runs):
        self.made = runs

    def runs(self):
        return self.made


def digit(label, start, end, seq, shift=0.0, at=1000.0):
    """An event for what was said from `start` to `end` of a sound that began at `at`; the daemon's clock is `shift` ahead."""
    wall = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at + end)) + f".{int((at + end) % 1 * 1000):03}Z"
    return at + end + 0.1, {"class": "DIGIT", "seq": seq, "digit": label, "start": start + shift, "end": end + shift,
                            "at": end + shift + 0.07, "time": wall, "latency_ms": 0}


class SpokenTests(unittest.TestCase):
    def setUp(self):
        with tempfile.TemporaryDirectory() as folder:
            table, events = os.path.join(folder, "tsv"), os.path.join(folder, "jsonl")
            with open(table, "w") as file:
                file.writelines(f"{label}\t{start}\t{end}\n" for label, start, end in ROUND)
            with open(events, "w") as file:
                for label, start, end in ROUND:
                    file.write(json.dumps({"class": "DIGIT", "digit": label, "start": start, "end": end}) + "\n")
            self.spoken = Spoken(table, events, SECONDS * RATE)
        # Three rounds, and a fault in the second: nothing of 10.5 to 13.0 s, which is in and behind the first digit, was read.
        self.runs = [Run(1000.0, 1010.5, 0, int(10.4 * RATE), int(10.5 * RATE)), Run(1013.0, 0, int(13.0 * RATE), 14 * RATE, 14 * RATE)]
        self.events, seq = [], 0
        for number in range(3):
            for label, start, end in ROUND:
                start, end = start + number * SECONDS, end + number * SECONDS
                if end > 10.4 and start < 13.0:
                    continue
                seq += 1
                # Behind the fault the daemon's clock is another.
                self.events.append(digit(label, start, end, seq, 0.7 if end < 11 else -1.1))
        self.events.insert(4, (1010.6, {"class": "GAP", "cause": "overrun", "lost_frames": 0}))

    def judge(self):
        return self.spoken.judge(self.events, MadeUp(self.runs), until=2000)

    def testRightRunHasNothingWrong(self):
        verdict = self.judge()
        self.assertEqual(verdict.wrong, [])
        self.assertEqual((verdict.safe, verdict.heard), (10, 10))

    def testLostDigitIsNoticed(self):
        del self.events[2]
        self.assertEqual(len(self.judge().wrong), 1)

    def testToldLossIsNoError(self):
        del self.events[2]
        self.events.insert(3, (1008.0, {"class": "GAP", "cause": "ring_full", "lost_frames": 4000}))
        self.assertEqual(self.judge().wrong, [])

    def testDoubledDigitIsNoticed(self):
        self.events.insert(3, self.events[2])
        self.assertEqual(len(self.judge().wrong), 1)

    def testWrongDigitIsNoticed(self):
        self.events[2][1]["digit"] = 4
        self.assertEqual(len(self.judge().wrong), 1)

    def testDigitThatNobodySaidIsNoticed(self):
        self.events.insert(2, digit(5, 4.2, 4.4, 99, 0.7))
        self.assertEqual(len(self.judge().wrong), 1)

    def testLossNearAFaultIsNoError(self):
        # The second digit of the second round begins 0.1 s after the device.
        self.runs[1] = Run(1011.9, 0, int(11.9 * RATE), 16 * RATE, 16 * RATE)
        verdict = self.judge()
        self.assertEqual((verdict.wrong, verdict.near), ([], 2))


if __name__ == "__main__":
    unittest.main()
