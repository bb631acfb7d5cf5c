"""What was said, against what was heard."""

import bisect
import json
from dataclasses import dataclass, field

from microphone import RATE
from watch import wall_seconds

# A digit is clear of a fault when so much sound on both sides of it was heard, in seconds: the segmenter's onset and floor before
# it, and behind it the silence that ends a word.
CLEAR_BEFORE, CLEAR_AFTER = 0.6, 0.7
# How far the times of one digit may differ between the table and an event, in seconds. Digits are 1.0 s apart.
NEAR = 0.3


@dataclass
class Utterance:
    label: int
    start: int  # frames since the beginning of the sound, counted on through the loops
    end: int
    heard: list = field(default_factory=list)


@dataclass
class Verdict:
    safe: int = 0
    heard: int = 0
    near: int = 0
    near_heard: int = 0
    losses: int = 0
    wrong: list = field(default_factory=list)


class Spoken:
    def __init__(self, table, events, frames):
        """What is said in one round of the file, and whether the network knows it at all."""
        self.frames = frames
        with open(events) as file:
            known = [event for event in map(json.loads, file) if event["class"] == "DIGIT"]
        self.round = []
        with open(table) as file:
            for line in file:
                label, start, end = line.split()
                start, end = float(start), float(end)
                match = [event for event in known if event["start"] < end and event["end"] > start]
                if len(match) == 1 and match[0]["digit"] == int(label):
                    # As the segmenter sees it: clips have silence around them.
                    start, end = match[0]["start"], match[0]["end"]
                    self.round.append((int(label), int(start * RATE), int(end * RATE)))
                else:
                    self.round.append((None, int(start * RATE), int(end * RATE)))
        unknown = sum(label is None for label, _, _ in self.round)
        assert unknown <= len(self.round) // 10, f"the network does not know {unknown} of {len(self.round)} clips"

    def between(self, begin, end):
        """All that is said between two frames."""
        result = []
        for number in range(begin // self.frames, end // self.frames + 1):
            for label, start, stop in self.round:
                start, stop = start + number * self.frames, stop + number * self.frames
                if start >= begin and stop <= end:
                    result.append(Utterance(label, start, stop))
        return result

    def judge(self, events, microphone, until):
        """Compares everything that was said before a moment."""
        verdict = Verdict()
        runs = microphone.runs()
        starts = [run.started for run in runs]
        heard = [[] for _ in runs]
        for moment, event in events:
            if event["class"] == "DIGIT":
                captured = wall_seconds(event["time"]) - event.get("latency_ms", 0) / 1000 - microphone.wall_offset
                heard[max(0, bisect.bisect_right(starts, captured + 0.05) - 1)].append((captured, event))
        # Sound that was read and found no room, because recognition had no time: each such loss is told, behind it.
        losses = [moment for moment, event in events if event["class"] == "GAP" and event["cause"] == "ring_full"]
        verdict.losses = len(losses)
        for run, digits in zip(runs, heard):
            self.judge_run(run, digits, losses, microphone, until, verdict)
        return verdict

    def judge_run(self, run, digits, losses, microphone, until, verdict):
        speed, limit = microphone.speed, run.position + run.taken
        said = self.between(run.position - self.frames // 10, limit + self.frames // 10)
        shift = self.shift(run, digits, said, speed)
        strays = []
        for captured, event in digits:
            end = event["end"] * RATE + shift
            match = min(said, key=lambda one: abs(one.end - end), default=None)
            if match and abs(match.end - end) < NEAR * RATE:
                match.heard.append(event["digit"])
            else:
                strays.append((captured, event))
        for one in said:
            moment = run.started + (one.end - run.position) / RATE / speed
            inside = one.start - CLEAR_BEFORE * RATE >= run.position and one.end + CLEAR_AFTER * RATE <= limit
            lost = any(loss - 15 <= moment <= loss + 1 for loss in losses)
            if one.label is None or one.start >= limit or one.end <= run.position or moment > until:
                continue
            if not inside or lost:
                verdict.near += 1
                verdict.near_heard += one.heard == [one.label]
                continue
            verdict.safe += 1
            if one.heard == [one.label]:
                verdict.heard += 1
            else:
                verdict.wrong.append(
                    f"the {one.label} that ended at {moment:.2f} s of the machine's clock was heard as {one.heard or 'nothing'}, "
                    f"{(one.start - run.position) / RATE:.2f} s after the device began and {(limit - one.end) / RATE:.2f} s before it stopped")
        for captured, event in strays:
            cut = captured < run.started + 2 / speed or (run.stopped and captured > run.stopped - 2 / speed)
            unknown = any(one.label is None and abs(one.end - event["end"] * RATE - shift) < RATE for one in said)
            if not cut and not unknown and not any(loss - 15 <= captured <= loss + 15 for loss in losses):
                verdict.wrong.append(f"event {event['seq']}, a {event['digit']}, was heard where nothing was said")

    def shift(self, run, digits, said, speed):
        """The frame at which the daemon's second 0 would lie: constant in a run.

        The wall clock says it to a second or so; of the digits around, those that fit most of what was heard say it to 10 ms.
        """
        ends = [one.end for one in said]
        best, most = 0, (-1, 0)
        for captured, event in digits[:20]:
            guess = run.frame(captured, speed)
            low = bisect.bisect_left(ends, guess - 3 * RATE * max(1, speed))
            high = bisect.bisect_right(ends, guess + 3 * RATE * max(1, speed))
            for one in said[low:high]:
                shift = one.end - event["end"] * RATE
                fits = self.fits(digits[:100], said, ends, shift)
                if (fits, -abs(one.end - guess)) > most:
                    best, most = shift, (fits, -abs(one.end - guess))
        return best

    @staticmethod
    def fits(digits, said, ends, shift):
        count = 0
        for _, event in digits:
            end = event["end"] * RATE + shift
            index = bisect.bisect_left(ends, end - NEAR * RATE)
            count += index < len(ends) and ends[index] < end + NEAR * RATE and said[index].label == event["digit"]
        return count
