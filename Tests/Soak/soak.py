"""The long run of soak.sh: one daemon, its faults and clients, and what must hold of it.

soak.py DIGITD WORK [--hours H | --minutes M] [--speed X] [--seed N]
    WORK has stream.raw, stream.tsv and file.jsonl of soak.sh; ALSA_CONFIG_PATH has the microphone for tests.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time

from clients import Steady, Visitors
from microphone import Microphone
from spoken import Spoken
from watch import Watch, note


class Reloads:
    """SIGHUP, with configurations that change what may change, and now and then with one that is wrong."""

    def __init__(self, path, log, chance):
        self.path, self.log, self.chance = path, log, chance
        self.good = self.bad = 0
        self.write(64)

    def write(self, clients, extra=""):
        pick = self.chance.choice
        text = f"""
[recognition]
alternatives = {pick([0, 1, 2, 4])}
[segmenter]
hangover_ms = {pick([250, 280, 300])}
[server]
clients_max = {clients}
queue_events = {pick([64, 128, 256, 512])}
stall_s = {pick([2, 5, 10])}
[output]
format = "json"
[log]
level = "{pick(["notice", "info"])}"
{extra}"""
        with open(self.path + ".new", "w") as file:
            file.write(text)
        os.replace(self.path + ".new", self.path)

    def lines(self, phrase):
        with open(self.log) as log:
            return sum(phrase in line for line in log)

    def once(self, pid):
        """One reload; None, or what is wrong."""
        broken = self.chance.random() < 0.2
        phrase = "The configuration stays as it was" if broken else "is in force"
        before = self.lines(phrase)
        if broken:
            self.write(64, self.chance.choice(["nonsense = 1", "[segmenter]\nenter_db = 9", "= = \0"]))
        else:
            self.write(self.chance.choice([64, 80, 128]))
        os.kill(pid, signal.SIGHUP)
        deadline = time.monotonic() + 20
        while self.lines(phrase) == before:
            if time.monotonic() > deadline:
                return f"nothing in the log says '{phrase}' within 20 s of a SIGHUP"
            time.sleep(0.1)
        self.good, self.bad = self.good + (not broken), self.bad + broken
        return None


class Soak:
    def __init__(self, options):
        self.options = options
        self.chance = random.Random(options.seed)
        work = options.work
        self.failures = []
        self.microphone = Microphone(f"{work}/panel", f"{work}/gate", options.speed)
        self.spoken = Spoken(f"{work}/stream.tsv", f"{work}/file.jsonl", os.path.getsize(f"{work}/stream.raw") // 2)
        self.reloads = Reloads(f"{work}/digitd.toml", f"{work}/log", random.Random(options.seed + 1))
        with open(f"{work}/microphone.conf", "w") as file:
            file.write(
                f'pcm.soak {{ type digitdrig file "{work}/stream.raw" rate 8000 loop 1 speed {options.speed} '
                f'gate "{work}/gate" panel "{work}/panel" }}\n')
        os.environ["ALSA_CONFIG_PATH"] += f":{work}/microphone.conf"
        self.socket = f"{work}/digitd.sock"
        with open(f"{work}/log", "w") as log, open(f"{work}/printed.jsonl", "w") as printed:
            self.daemon = subprocess.Popen(
                [options.digitd, "listen", "--socket", self.socket, "--config", f"{work}/digitd.toml", "--device", "soak"],
                stdout=printed, stderr=log)
        self.pid = self.daemon.pid

    def fail(self, sentence):
        """Keeps what is wrong; the run goes on, since more may be."""
        if sentence:
            note(f"WRONG: {sentence}")
            self.failures.append(sentence)

    def run(self):
        seconds = self.options.seconds
        self.steady = Steady(self.socket)
        self.steady.start()
        self.steady.wait_for(lambda event: event["class"] == "DIGIT", 60)
        self.visitors = Visitors(self.socket, self.steady, random.Random(self.options.seed + 2))
        self.watch = Watch(self.pid)
        # What a library keeps from its first use on belongs to the baseline.
        for _ in range(4):
            self.fail(self.reloads.once(self.pid))
            self.fail(self.visitors.status())
        self.visitors.crowd()
        time.sleep(12)
        self.watch.settle()
        began = time.monotonic()
        note(f"{seconds / 3600:.2f} hours at {self.options.speed:g} times real time, seed {self.options.seed}; process {self.pid}")
        calms = max(2, min(12, int(seconds / 600)))
        told = began
        for number in range(calms):
            self.storm(began + seconds * (number + 1) / calms - 25, began)
            self.calm()
            if time.monotonic() - told > 250 or number + 1 == calms:
                told = time.monotonic()
                self.tell(began)
            if self.daemon.poll() is not None:
                break
        self.elapsed = time.monotonic() - began
        self.end()
        self.judge()

    def attempt(self, work, *arguments):
        try:
            self.fail(work(*arguments))
        except Exception as error:
            self.fail(f"{work.__name__}: {error!r}")

    def storm(self, until, began):
        """Faults, clients and reloads until then."""
        due = dict.fromkeys(["fault", "visitor", "crowd", "reload", "status", "sample"], time.monotonic())
        mean = {"fault": 15 / self.options.speed**0.5, "visitor": 6, "crowd": 45, "reload": 70, "status": 15}
        for name in mean:
            due[name] += self.chance.expovariate(1 / mean[name])
        while time.monotonic() < until and self.daemon.poll() is None and self.steady.failure is None:
            name = min(due, key=due.get)
            if due[name] > until:
                break
            time.sleep(max(0, due[name] - time.monotonic()))
            if name == "fault":
                self.attempt(self.microphone.fault, self.pid, self.chance)
            elif name == "visitor":
                self.attempt(self.visitors.welcome)
            elif name == "crowd":
                self.attempt(self.visitors.crowd)
            elif name == "reload":
                self.attempt(self.reloads.once, self.pid)
            elif name == "status":
                self.attempt(self.visitors.status)
            elif name == "sample":
                self.watch.sample()
            due[name] = time.monotonic() + (5 if name == "sample" else self.chance.expovariate(1 / mean[name]))

    def calm(self):
        """All clients gone, the device there: descriptors and threads must be what they were at first."""
        if self.daemon.poll() is not None or self.steady.failure:
            return
        self.microphone.plug_in()
        self.visitors.leave()
        self.fail(self.watch.settle())

    def tell(self, began):
        digits, safe = self.steady.count("DIGIT"), self.judge_digits(quiet=True)
        note(f"{(time.monotonic() - began) / 60:.0f} min: {digits} digits, {self.microphone.count} faults, "
             f"{self.visitors.count} clients, {self.reloads.good + self.reloads.bad} reloads, "
             f"{self.watch.anonymous / 1024:.1f} MB, {safe}")

    def end(self):
        """SIGTERM: BYE for the subscriber, and status 0."""
        if self.daemon.poll() is not None:
            return self.fail(f"the daemon ended by itself with status {self.daemon.returncode}")
        if self.steady.failure:
            self.daemon.kill()
            return self.fail(f"the subscriber that reads everything failed: {self.steady.failure}")
        self.watch.sample()
        self.steady.stop_asking()
        began = time.monotonic()
        self.daemon.send_signal(signal.SIGTERM)
        try:
            status = self.daemon.wait(10)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            return self.fail("the daemon did not end within 10 s of SIGTERM")
        self.ended_in = time.monotonic() - began
        self.steady.join(5)
        if status != 0:
            self.fail(f"the daemon ended with status {status} and not 0")
        if not self.steady.events or self.steady.events[-1][1]["class"] != "BYE":
            self.fail("the last event was not BYE")

    def judge_digits(self, quiet=False):
        verdict = self.spoken.judge(self.steady.events, self.microphone, until=time.monotonic() - 10)
        if quiet:
            return f"{verdict.heard} of {verdict.safe} right so far"
        for sentence in verdict.wrong[:5]:
            self.fail(sentence)
        if len(verdict.wrong) > 5:
            self.fail(f"and {len(verdict.wrong) - 5} more digits like these")
        return verdict

    def judge(self):
        verdict = self.judge_digits()
        self.fail(self.steady.order())
        self.fail(self.printed())
        for sentence in self.visitors.failures[:5]:
            self.fail(sentence)
        untold = self.microphone.untold(self.steady.events)
        if untold:
            self.fail(f"{len(untold)} faults were told by no event, the first at {untold[0]:.1f} s of the machine's clock")
        if verdict.safe < verdict.near:
            self.fail(f"only {verdict.safe} of {verdict.safe + verdict.near} digits were clear of losses, too few to judge")
        hours = self.elapsed / 3600
        slope, growth_max = self.watch.slope(), max(4, hours)
        if slope * hours > growth_max:
            self.fail(f"memory grew by {slope:.2f} MB an hour, {slope * hours:.1f} MB in all; at most {growth_max:.0f}")
        shares = self.watch.shares()
        if shares["all"] > 0.2 * max(1, self.options.speed):
            self.fail(f"the daemon took {100 * shares['all']:.1f} % of a processor")
        if shares["last"] > 1.5 * shares["first"] + 0.02:
            self.fail(f"processor share rose from {100 * shares['first']:.1f} to {100 * shares['last']:.1f} %")
        delays = self.steady.delays()
        low, high = self.watch.memory_range()
        rows = [
            ("time", f"{hours:.2f} h at {self.options.speed:g} times real time, seed {self.options.seed}"),
            ("digits spoken clear of faults", f"{verdict.safe}, of which {verdict.heard} heard once, rightly and in order"),
            ("digits near a fault", f"{verdict.near}, of which {verdict.near_heard} heard"),
            ("rejected", f"{self.steady.count('REJECTED')}"),
            ("faults", f"{self.microphone.count}: {self.microphone.summary()}"),
            ("overruns by the machine's load", f"{self.microphone.own_overruns(self.steady.events)}"),
            ("told", f"{self.steady.count('GAP')} gaps, {verdict.losses} of them because recognition had no time, "
             f"{self.steady.count('DEVICE')} changes of the device"),
            ("clients", f"{self.visitors.count}: {self.visitors.summary()}"),
            ("reloads", f"{self.reloads.good} taken, {self.reloads.bad} refused"),
            ("delay, speech to subscriber", f"{delays[0]} ms (p50), {delays[1]} ms (p95), {delays[2]} ms (longest)"),
            ("memory", f"{slope:+.2f} MB an hour after warm-up; {low:.1f} to {high:.1f} MB"),
            ("descriptors", self.watch.descriptors()),
            ("threads", self.watch.threads()),
            ("processor", "{:.2f} % of one; {:.2f} % in the first half, {:.2f} % in the last".format(
                *(100 * shares[name] for name in ("all", "first", "last")))),
            ("end", f"BYE and status 0 after {self.ended_in:.2f} s" if hasattr(self, "ended_in") else "not in order"),
        ]
        print("\n" + "\n".join(f"{name:31} {value}" for name, value in rows), flush=True)

    def printed(self):
        """Standard output must have what the subscriber got."""
        with open(f"{self.options.work}/printed.jsonl") as file:
            printed = {event["seq"]: event for event in map(json.loads, file) if "seq" in event}
        for _, event in self.steady.events:
            if "seq" in event and printed.get(event["seq"]) != event:
                return f"event {event['seq']} is {event} for the subscriber and {printed.get(event['seq'])} in the output"
        return None


def main():
    parser = argparse.ArgumentParser(prog="soak.sh")
    parser.add_argument("digitd")
    parser.add_argument("work")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=float, default=1)
    length.add_argument("--minutes", type=float)
    parser.add_argument("--speed", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.seconds = 60 * options.minutes if options.minutes else 3600 * options.hours
    if options.seconds < 60 or options.speed <= 0:
        parser.error("give at least one minute, and a speed above 0")
    soak = Soak(options)
    try:
        soak.run()
    finally:
        if soak.daemon.poll() is None:
            soak.daemon.send_signal(signal.SIGCONT)
            soak.daemon.kill()
        if soak.failures:
            print("\nlog of the daemon, its end:")
            subprocess.run(["tail", "-20", f"{options.work}/log"])
    if soak.failures:
        sys.exit(f"The soak failed in {len(soak.failures)} ways, the first: {soak.failures[0]}.")


if __name__ == "__main__":
    main()
