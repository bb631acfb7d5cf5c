"""Clients that do everything wrong, against the digitd that listens on a socket; for abuse.sh.

abuse.py SOCKET PID COUNT [SEED]
    Makes COUNT connections that end badly, up to 100 at a time, while one subscriber reads all events, asks for a PONG 20 times
    a second, and must get everything. Fails where it does not, or where PID has more descriptors at the end than at the
    beginning, or 4 MB more memory than after the first tenth.
"""

import json
import os
import random
import select
import socket
import sys
import threading
import time


class Steady(threading.Thread):
    """The subscriber that must not notice anything."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.connection = connect(path)
        self.stopping = threading.Event()
        self.trips = []
        self.events = 0
        self.failure = None

    def run(self):
        try:
            self.listen()
        except Exception as error:
            self.failure = repr(error)

    def listen(self):
        rest, last, number, asked = b"", None, 0, None
        while not self.stopping.is_set():
            if asked is None:
                number += 1
                asked = time.monotonic()
                self.connection.sendall(b'{"ping":%d}\n' % number)
            if not select.select([self.connection], [], [], 10)[0]:
                raise TimeoutError("nothing came for 10 s")
            data = self.connection.recv(65536)
            if not data:
                raise EOFError("closed by the server")
            *lines, rest = (rest + data).split(b"\n")
            for event in map(json.loads, lines):
                if event["class"] == "PONG":
                    assert event["ping"] == number, event
                    self.trips.append(time.monotonic() - asked)
                    asked = None
                    time.sleep(0.05)
                elif "seq" in event:
                    assert last is None or event["seq"] == last + 1, f"{event['seq']} follows {last}"
                    last = event["seq"]
                    self.events += 1
                else:
                    assert event["class"] in ("VERSION", "DEVICE"), event


def connect(path):
    deadline = time.monotonic() + 20
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        try:
            connection.connect(path)
            return connection
        except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            # Not there yet, or so many wait to be accepted that no more may.
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def send(connection, data):
    """As much as goes without waiting; the server may have closed already."""
    try:
        connection.setblocking(False)
        while data:
            data = data[connection.send(data):]
    except OSError:
        pass


def misbehave(connection, chance):
    """One of the ways to be a bad client."""
    way = chance.randrange(10)
    if way == 1:
        send(connection, b'{"watch":["DIG')
    elif way == 2:
        send(connection, chance.randbytes(chance.randrange(20000)))
    elif way == 3:
        send(connection, b'{"ping":1}\n' * chance.randrange(50000))
    elif way == 4:
        send(connection, b'{"status":true}\n' * chance.randrange(1000))
        try:
            connection.recv(chance.randrange(1, 100))
        except OSError:
            pass
    elif way == 5:
        send(connection, b"x" * chance.randrange(4000, 4200) + b"\n")
    elif way == 6:
        send(connection, b'{"watch":["LEVEL","SPEECH"]}\n' + b"[" * 4000 + b"\n")
    elif way == 7:
        send(connection, b'{"ping":1}\n{"pi')
        connection.shutdown(socket.SHUT_WR)
    elif way == 8:
        send(connection, b"\r\n\n\0\n" * 500)
        connection.shutdown(socket.SHUT_RD)
    elif way == 9:
        send(connection, b'{"ping":1}\n' * 50000)
        connection.shutdown(socket.SHUT_WR)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def settled(pid, limit):
    """The descriptors, once the server has seen that all are gone.

    Those that wait to be accepted come and go for a while, so the count must hold for half a second; one that the server stopped
    reading from goes after up to 10 s.
    """
    deadline, calm = time.monotonic() + 20, 0
    while calm < 10 and time.monotonic() < deadline:
        time.sleep(0.05)
        calm = calm + 1 if descriptors(pid) <= limit else 0
    return descriptors(pid)


def main(path, pid, count, seed="1"):
    count, chance = int(count), random.Random(int(seed))
    connect(path).close()
    steady = Steady(path)
    steady.start()
    # The device is open, too, when a digit has come.
    while not steady.trips or not steady.events:
        assert steady.failure is None, steady.failure
        time.sleep(0.01)
    before = descriptors(pid)
    began, first, opened = time.monotonic(), None, []
    for number in range(count):
        opened.append(connect(path))
        misbehave(opened[-1], chance)
        # Alone, among others, or one of too many.
        while len(opened) > (0, 10, 100)[number // 200 % 3]:
            opened.pop(chance.randrange(len(opened))).close()
        if number == count // 10:
            first = memory(pid)
        assert steady.failure is None, f"after {number}: {steady.failure}"
    for connection in opened:
        connection.close()
    seconds = time.monotonic() - began
    after, last = settled(pid, before), memory(pid)
    time.sleep(0.5)
    steady.stopping.set()
    steady.join()
    assert steady.failure is None, steady.failure
    trips = sorted(steady.trips)
    print(f"{count} bad clients in {seconds:.1f} s; {before} descriptors before, {after} after;")
    print(f"memory {first / 1024:.1f} MB after a tenth, {last / 1024:.1f} MB at the end;")
    print(f"meanwhile a subscriber got {steady.events} events in order, and {len(trips)} answers")
    print(f"within {trips[len(trips) // 2] * 1000:.1f} ms (p50), {trips[len(trips) * 95 // 100] * 1000:.1f} ms (p95)")
    if after > before:
        print("open:", *sorted(os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")))
    assert after <= before and last - first <= 4096


if __name__ == "__main__":
    main(*sys.argv[1:])
