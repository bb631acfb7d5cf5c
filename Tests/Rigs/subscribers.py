"""Subscribers of a digitd socket, for subscribers.sh.

read SOCKET READERS SLEEPERS OUT.tsv
    Connects, says "ready", and reads until BYE. Each reader must get the events numbered 1, 2, 3, ... without a gap, all of
    them the same, and nothing that it did not ask for. Sleepers ask for everything and never read; when they are closed they
    connect again. OUT gets a line "START DELAY" for each digit that came to each reader: where it begins in the stream, in
    seconds, and the milliseconds from the capture of its last speech sample to its arrival here.
compare ONE.tsv MANY.tsv
    Compares each delivery of MANY with the same event of ONE, which is the one that begins at the same time of the stream.
"""

import datetime
import json
import select
import socket
import sys
import time


# Seconds that the daemon may take to listen, and to greet. It takes a fifth of one; a machine that others share may stand still.
PATIENCE = 100


def connect(path, patience=PATIENCE):
    connection = socket.socket(socket.AF_UNIX)
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.connect(path)
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            # The daemon still loads its network.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Reader:
    def __init__(self, path):
        self.connection = connect(path)
        self.rest = b""
        self.events = []
        self.ended = False
        # Greeted, it is on the server's list.
        self.connection.settimeout(PATIENCE)
        while not self.events:
            assert not self.ended, "closed before the greeting"
            self.receive()
        self.connection.settimeout(None)

    def receive(self):
        data = self.connection.recv(65536)
        now = time.time()
        self.ended = not data
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        self.events += [(now, json.loads(line)) for line in lines]

    def published(self):
        """What every reader gets: not the greeting."""
        return [(now, event) for now, event in self.events if event["class"] in ("DIGIT", "REJECTED", "GAP")]


def sleeper(path, patience=PATIENCE):
    connection = connect(path, patience)
    connection.sendall(b'{"watch":["DIGIT","REJECTED","DEVICE","GAP","BYE","SPEECH","LEVEL"]}\n')
    return connection


def check(reader, name):
    classes = [event["class"] for _, event in reader.events]
    unexpected = set(classes) - {"VERSION", "DEVICE", "DIGIT", "REJECTED", "GAP", "BYE"}
    assert classes[0] == "VERSION" and classes[-1] == "BYE" and not reader.rest, f"{name}: {classes[0]} ... {classes[-1]}"
    assert not unexpected, f"{name} got {unexpected}"
    numbers = [event["seq"] for _, event in reader.published() if "seq" in event]
    assert numbers == list(range(1, len(numbers) + 1)), f"{name} missed events"


def delay(now, event):
    sent = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
    return event["latency_ms"] + (now - sent) * 1000


def read(path, readers, sleepers, out):
    readers = [Reader(path) for _ in range(int(readers))]
    sleepers = [sleeper(path) for _ in range(int(sleepers))]
    poll = select.poll()
    for reader in readers:
        poll.register(reader.connection, select.POLLIN)
    by_descriptor = {reader.connection.fileno(): reader for reader in readers}
    for connection in sleepers:
        poll.register(connection, 0)  # hang-up only
    asleep = {connection.fileno(): connection for connection in sleepers}
    closed = 0
    print("ready", flush=True)
    while not all(reader.ended for reader in readers):
        for descriptor, _ in poll.poll():
            reader = by_descriptor.get(descriptor)
            if reader:
                reader.receive()
                if reader.ended:
                    poll.unregister(descriptor)
            else:
                poll.unregister(descriptor)
                asleep.pop(descriptor).close()
                closed += 1
                try:
                    again = sleeper(path, patience=0)
                except OSError:
                    continue  # the daemon ends
                poll.register(again, 0)
                asleep[again.fileno()] = again
    for index, reader in enumerate(readers):
        check(reader, f"reader {index}")
        same = [event for _, event in reader.published()] == [event for _, event in readers[0].published()]
        assert same, f"reader {index} got other events"
    classes = [event["class"] for _, event in readers[0].published()]
    assert len(classes) > 10, f"only {len(classes)} events"
    print(f"{len(readers)} readers got all of {len(classes)} events, {classes.count('GAP')} of them gaps;", file=sys.stderr)
    print(f"sleepers were closed {closed} times", file=sys.stderr)
    with open(out, "w") as table:
        for reader in readers:
            for now, event in reader.published():
                if "latency_ms" in event:
                    table.write(f"{event['start']}\t{delay(now, event):.3f}\n")


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def rows(path):
    with open(path) as table:
        return [(float(start), float(delay)) for start, delay in (line.split() for line in table)]


def compare(one, many):
    alone = dict(rows(one))
    together = [(start, delay) for start, delay in rows(many) if start in alone]
    later = [delay - alone[start] for start, delay in together]
    for name, delays in (("one", alone.values()), ("64", [delay for _, delay in together])):
        print(f"{name}: p50 {percentile(delays, 0.5):.1f} ms, p95 {percentile(delays, 0.95):.1f} ms from speech to arrival")
    p95 = percentile(later, 0.95)
    print(f"{len(later)} deliveries, later than alone by {percentile(later, 0.5):.1f} ms (p50), {p95:.1f} ms (p95)")
    sys.exit(p95 > 20)


if __name__ == "__main__":
    {"read": read, "compare": compare}[sys.argv[1]](*sys.argv[2:])
