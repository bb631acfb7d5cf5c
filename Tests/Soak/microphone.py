"""The microphone for tests, from outside: faults at any moment, and what it gave when."""

import mmap
import os
import signal
import struct
import time
from collections import Counter
from dataclasses import dataclass, field

RATE = 8000
# As in pcm_digitdrig.c.
KINDS = {"xrun": 1, "suspend": 2, "stubborn": 3, "unplug": 4, "eio": 5, "stall": 6}
HEAD, RUN = struct.Struct("=IIQ"), struct.Struct("=ddqqq")
RUNS_MAX = 250_000


@dataclass
class Run:
    """From a start of the device to its stop: frames `position` to `position + taken` were read."""

    started: float
    stopped: float
    position: int
    taken: int
    captured: int
    stalls: list = field(default_factory=list)

    def frame(self, moment, speed):
        """The frame that was captured at a moment of time.monotonic()."""
        stalled = sum(min(max(0, moment - at), seconds) for at, seconds in self.stalls)
        return self.position + (moment - self.started - stalled) * RATE * speed


class Microphone:
    def __init__(self, panel, gate, speed):
        self.gate, self.speed = gate, speed
        with open(panel, "w+b") as file:
            file.truncate(HEAD.size + RUNS_MAX * RUN.size)
            self.panel = mmap.mmap(file.fileno(), 0)
        self.faults = []  # moment, name
        self.stalls = []  # moment, seconds
        self.wall_offset = time.time() - time.monotonic()
        self.plug_in()

    @property
    def count(self):
        return len(self.faults)

    def summary(self):
        return ", ".join(f"{count} {name}" for name, count in Counter(name for _, name in self.faults).most_common())

    def plug_in(self, word=""):
        with open(self.gate + ".new", "w") as file:
            file.write(word)
        os.replace(self.gate + ".new", self.gate)

    def fault(self, pid, chance):
        """One fault at random; None, or what is wrong."""
        name = chance.choice(["xrun", "suspend", "stubborn", "eio", "unplug", "stall", "silence", "stop", "long stop"])
        if not self.runs() or self.runs()[-1].stopped:
            # Still recovering from the last.
            return None
        self.faults.append((time.monotonic(), name))
        if name in ("stop", "long stop"):
            os.kill(pid, signal.SIGSTOP)
            # The device's buffer holds 300 ms.
            time.sleep(chance.uniform(0.5, 4) if name == "long stop" else chance.uniform(0.02, 0.2) / self.speed)
            os.kill(pid, signal.SIGCONT)
            return None
        # A device that is silent for 2 s has failed.
        milliseconds = {"stall": chance.randrange(300, 1500), "silence": chance.randrange(2500, 5000)}.get(name, 0)
        if milliseconds:
            self.stalls.append((time.monotonic(), milliseconds / 1000))
        struct.pack_into("=I", self.panel, 4, milliseconds)
        struct.pack_into("=I", self.panel, 0, KINDS["stall" if milliseconds else name])
        deadline = time.monotonic() + 5
        while struct.unpack_from("=I", self.panel, 0)[0]:
            if time.monotonic() > deadline:
                struct.pack_into("=I", self.panel, 0, 0)
                return None if self.runs()[-1].stopped else f"the daemon read nothing of its device for 5 s ({name})"
            time.sleep(0.002)
        if name == "unplug":
            for word in chance.choice([[], [], ["busy"], ["perm"], ["perm", "busy"]]):
                time.sleep(chance.uniform(0.1, 3))
                self.plug_in(word)
            time.sleep(chance.uniform(0.1, 6))
            self.plug_in()
        return None

    @property
    def run_count(self):
        return HEAD.unpack_from(self.panel, 0)[2]

    def runs(self):
        """All runs; one that lasts has the frames that it must have given by now."""
        runs = []
        for index in range(self.run_count):
            run = Run(*RUN.unpack_from(self.panel, HEAD.size + index * RUN.size))
            end = run.stopped or time.monotonic()
            run.stalls = [stall for stall in self.stalls if run.started <= stall[0] < end]
            if not run.stopped:
                run.taken = run.captured = int(run.frame(time.monotonic(), self.speed)) - run.position
            runs.append(run)
        return runs

    def untold(self, events):
        """The ends of runs that no GAP and no DEVICE event followed within 15 s, but for the last."""
        told = [moment for moment, event in events if event["class"] in ("GAP", "DEVICE")]
        return [run.stopped for run in self.runs()[:-1]
                if not any(run.stopped - 0.1 <= moment < run.stopped + 15 for moment in told)]

    def own_overruns(self, events):
        """Ends of runs that no fault explains: the machine had no time for the daemon."""
        moments = [moment for moment, _ in self.faults]
        return sum(not any(moment - 0.1 <= run.stopped < moment + 8 for moment in moments) for run in self.runs()[:-1])
