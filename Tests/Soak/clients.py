"""The clients of the long run: one that reads everything all the time, and those that come and go."""

import json
import os
import select
import socket
import sys
import threading
import time
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Rigs"))
from abuse import connect, misbehave  # noqa: E402
from watch import wall_seconds  # noqa: E402


class Lines:
    """Events of a connection."""

    def __init__(self, path):
        self.connection = connect(path)
        self.connection.settimeout(20)
        self.rest = b""

    def ask(self, request):
        self.connection.sendall(json.dumps(request).encode() + b"\n")

    def read(self, seconds):
        """The events that come within that time, at least one reading; None at the end."""
        if not select.select([self.connection], [], [], seconds)[0]:
            return []
        data = self.connection.recv(65536)
        if not data:
            return None
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [json.loads(line) for line in lines]


class Steady(threading.Thread):
    """Subscribes once, and keeps all events with the moment of their coming."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.lines = Lines(path)
        self.events = []
        self.failure = None
        self.asks = True
        self.trips = []

    def run(self):
        try:
            self.listen()
        except Exception as error:
            self.failure = repr(error)

    def listen(self):
        number, asked = 0, None
        while True:
            now = time.monotonic()
            if self.asks and asked is None and (not self.trips or now > self.trips[-1][0] + 5):
                number, asked = number + 1, now
                self.lines.ask({"ping": number})
            if asked is not None and now > asked + 60:
                raise TimeoutError("no PONG within 60 s")
            events = self.lines.read(1)
            if events is None:
                if self.events[-1][1]["class"] != "BYE":
                    raise EOFError("closed without BYE")
                return
            now = time.monotonic()
            for event in events:
                if event["class"] == "PONG":
                    assert event["ping"] == number, event
                    self.trips.append((now, now - asked))
                    asked = None
                else:
                    self.events.append((now, event))

    def stop_asking(self):
        self.asks = False
        time.sleep(2)

    def wait_for(self, test, seconds):
        deadline = time.monotonic() + seconds
        while not any(test(event) for _, event in list(self.events)):
            assert self.failure is None, self.failure
            assert time.monotonic() < deadline, "the daemon heard nothing when it began"
            time.sleep(0.1)

    def count(self, name):
        return sum(event["class"] == name for _, event in self.events)

    def delays(self):
        delays = sorted(event["latency_ms"] for _, event in self.events if "latency_ms" in event) or [0]
        return delays[len(delays) // 2], delays[len(delays) * 95 // 100], delays[-1]

    def order(self):
        """None, or what is wrong with the order of the events."""
        seq, start, at, wall = 0, 0, 0, 0
        unexpected = {event["class"] for _, event in self.events} - {"VERSION", "DEVICE", "DIGIT", "REJECTED", "GAP", "BYE"}
        if unexpected:
            return f"the subscriber got {sorted(unexpected)}, which it had not asked for"
        for _, event in self.events:
            if "seq" in event:
                if seq and event["seq"] != seq + 1:
                    return f"event {event['seq']} follows event {seq}"
                seq = event["seq"]
            if event["class"] not in ("DIGIT", "REJECTED"):
                continue
            if not event["start"] < event["end"] <= event["at"] + 0.001:
                return f"event {seq} begins at {event['start']}, ends at {event['end']} and is of {event['at']} s"
            if event["start"] < start or event["at"] < at:
                return f"event {seq} is older than the one before it"
            if "time" in event and wall_seconds(event["time"]) < wall:
                return f"event {seq} has an earlier time than the one before it"
            start, at, wall = event["start"], event["at"], wall_seconds(event["time"]) if "time" in event else wall
        return None


class Visitors:
    """Clients that come and go, each in a thread of its own."""

    def __init__(self, path, steady, chance):
        self.path, self.steady, self.chance = path, steady, chance
        self.kinds = Counter()
        self.failures = []
        self.threads = []
        self.leaving = threading.Event()
        self.last_status = None

    @property
    def count(self):
        return sum(self.kinds.values())

    def summary(self):
        return ", ".join(f"{count} {kind}" for kind, count in self.kinds.most_common())

    def welcome(self):
        self.threads = [thread for thread in self.threads if thread.is_alive()]
        if len(self.threads) >= 10:
            return
        kind = self.chance.choice(["well-behaved", "well-behaved", "slow", "choosy"])
        work = {"well-behaved": self.behave, "slow": self.dawdle, "choosy": self.choose}[kind]
        self.kinds[kind] += 1
        thread = threading.Thread(target=self.guard, args=(kind, work, self.chance.uniform(1, 40)), daemon=True)
        thread.start()
        self.threads.append(thread)

    def guard(self, kind, work, seconds):
        try:
            failure = work(time.monotonic() + seconds)
        except Exception as error:
            failure = repr(error)
        if failure and not self.steady.failure:
            self.failures.append(f"a {kind} client: {failure}")

    def behave(self, until):
        """Reads; each event must be the one that the steady subscriber has."""
        lines, got = Lines(self.path), {}
        while time.monotonic() < until and not self.leaving.is_set():
            events = lines.read(1)
            if events is None:
                return "was closed"
            got.update((event["seq"], event) for event in events if "seq" in event)
        lines.connection.close()
        if list(got) != list(range(min(got, default=0), max(got, default=-1) + 1)):
            return f"missed events: {list(got)}"
        time.sleep(2)
        own = {event["seq"]: event for _, event in self.steady.events[-500:] if "seq" in event}
        for seq, event in got.items():
            if seq in own and own[seq] != event:
                return f"got {event} where another got {own[seq]}"
        return None

    def choose(self, until):
        """Asks for some events, changes its mind, and asks for more."""
        lines = Lines(self.path)
        wishes = [(["DIGIT"], 0.9), (["LEVEL", "SPEECH"], 0), (["DEVICE", "GAP"], 0), (["DIGIT", "LEVEL"], 0.5)]
        for watch, least in wishes:
            lines.ask({"watch": watch, "min_confidence": least})
            deadline, policy = time.monotonic() + 20, None
            while not policy:
                if time.monotonic() > deadline:
                    return "no POLICY within 20 s"
                events = lines.read(1)
                if events is None:
                    return "was closed"
                for place, event in enumerate(events):
                    if "watch" in event:
                        policy, events = event, events[place:]
            if set(policy["watch"]) != set(watch):
                return f"asked for {watch} and got {policy}"
            end = time.monotonic() + (until - time.monotonic()) / 4
            while events is not None and not self.leaving.is_set() and time.monotonic() < end:
                for event in events:
                    if event["class"] in ("DIGIT", "REJECTED", "GAP", "DEVICE", "SPEECH", "LEVEL"):
                        if event["class"] not in watch or event.get("confidence", 1) < least:
                            return f"asked for {watch} from {least} and got {event}"
                events = lines.read(0.5)
        return None

    def dawdle(self, until):
        """Does not read for a while; what it has missed it must be told, or be closed."""
        lines = Lines(self.path)
        lines.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        lines.ask({"watch": ["DIGIT", "REJECTED", "DEVICE", "GAP", "LEVEL", "SPEECH", "BYE"]})
        self.leaving.wait(max(0, until - time.monotonic()))
        last, told = None, False
        while True:
            try:
                events = lines.read(1.0)
            except (ConnectionResetError, json.JSONDecodeError):
                return None
            # The end of what had gathered.
            if not events or len(events) < 3:
                return None
            for event in events:
                told = told or event["class"] == "OVERFLOW"
                if "seq" in event:
                    if last is not None and event["seq"] <= last:
                        return f"event {event['seq']} after {last}"
                    if last is not None and event["seq"] > last + 1 and not told:
                        return f"event {event['seq']} after {last} and no OVERFLOW"
                    last, told = event["seq"], False

    def crowd(self):
        """Up to 30 at a time that do everything wrong."""
        opened = []
        for _ in range(self.chance.randrange(5, 30)):
            self.kinds["abusive"] += 1
            opened.append(connect(self.path))
            misbehave(opened[-1], self.chance)
        for connection in opened:
            connection.close()

    def status(self):
        """Asks what the daemon does; None, or what is wrong."""
        self.kinds["asking for the state"] += 1
        lines, status = Lines(self.path), None
        lines.ask({"status": True})
        deadline = time.monotonic() + 20
        while not status:
            events = lines.read(1)
            if events is None or time.monotonic() > deadline:
                return "no STATUS within 20 s"
            status = next((event for event in events if event["class"] == "STATUS"), None)
        lines.connection.close()
        last, self.last_status = self.last_status, status
        for name in ("stream", "uptime", "digits", "rejected", "gaps", "lost_frames", "overflows") if last else ():
            if status[name] < last[name]:
                return f"{name} in the status fell from {last[name]} to {status[name]}"
        return None

    def leave(self):
        """All of them, within the time that a reading takes."""
        self.leaving.set()
        for thread in self.threads:
            thread.join(30)
        self.threads = []
        self.leaving.clear()
