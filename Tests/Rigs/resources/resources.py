"""What runs out or changes under digitd; for ../resources.sh, which see. resources.py DIGITD WORK [PART...]"""

import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "Soak"), os.path.join(HERE, "..")]
from clients import Lines, Steady  # noqa: E402
from microphone import KINDS, Microphone  # noqa: E402
from watch import wall_seconds  # noqa: E402

DIGITD, WORK = sys.argv[1:3]
IS_ROOT = os.geteuid() == 0


def check(condition, sentence):
    if not condition:
        sys.exit(sentence)


def run(*arguments, environment=(), **options):
    return subprocess.run(
        [DIGITD, *arguments], env={**os.environ, **dict(environment)}, capture_output=True, text=True, timeout=300, **options)


def contents(directory):
    """Every file below it: path to bytes."""
    result = {}
    for place, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                result[os.path.relpath(os.path.join(place, name), directory)] = file.read()
    return result


def empty(directory):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    return directory


class Mounted:
    """A file system in memory."""

    def __init__(self, name, options):
        self.path = f"{WORK}/{name}"
        os.makedirs(self.path, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.path], check=True)

    def again(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.path], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=True)


class Daemon:
    """A digitd that hears the demo again and again, and its subscriber."""

    def __init__(self, *arguments, environment=(), before=None, socket=None, prefix=(), wait=True):
        self.microphone = Microphone(f"{WORK}/panel", f"{WORK}/gate", 1)
        for name in ("panel", "gate"):
            os.chmod(f"{WORK}/{name}", 0o666)
        self.socket = socket or f"{WORK}/digitd.sock"
        self.log = open(f"{WORK}/log", "w+")
        self.process = subprocess.Popen(
            [*prefix, DIGITD, "listen", "--format", "json", "--socket", self.socket, "--device", "demo", *arguments],
            env={**os.environ, **dict(environment)}, stdout=subprocess.DEVNULL, stderr=self.log, preexec_fn=before)
        if wait:
            self.steady = Steady(self.socket)
            self.steady.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def lines(self):
        with open(f"{WORK}/log") as log:
            return log.read()

    def until(self, what, test, seconds=30):
        deadline = time.monotonic() + seconds
        while not test():
            check(self.process.poll() is None, f"The daemon ended with status {self.process.returncode}; {what} was waited for.\n{self.lines()}")
            check(time.monotonic() < deadline, f"{what}: not within {seconds} s.\n{self.lines()}")
            time.sleep(0.05)

    def events(self, name):
        return [event for _, event in list(self.steady.events) if event["class"] == name]

    def hears(self, count, seconds=30):
        before = len(self.events("DIGIT"))
        self.until(f"{count} more digits", lambda: len(self.events("DIGIT")) >= before + count, seconds)

    def unplug(self):
        struct.pack_into("=I", self.microphone.panel, 0, KINDS["unplug"])
        self.until("DEVICE lost", lambda: any(event["state"] == "lost" for event in self.events("DEVICE")))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        check(status == 0, f"The daemon ended with status {status}.\n{self.lines()}")


# Files

def writers():
    """Commands that write: name, arguments with {out}, and files that are there already."""
    demo, seven = f"{WORK}/demo.wav", os.path.join(HERE, "../../Audio/digits/7/flite-slt_0.flac")
    train = ["train", "--data", f"{WORK}/data", "--output", "{out}/n.safetensors", "--epochs", "1", "--windows", "16",
             "--batch-size", "4", "--threads", "1"]
    return {
        "mel": (["mel", seven, "{out}/seven.png"], ["seven.png"]),
        "mel of a directory": (["mel", f"{WORK}/few", "{out}/pictures"], []),
        "evaluate --report": (["evaluate", "--data", f"{WORK}/few", "--report", "{out}/report"], ["report/index.html", "report/metrics.json"]),
        "train": (train, ["n.safetensors", "n.svg"]),
        "enroll": (["enroll", "--data", f"{WORK}/few", "--output", "{out}/me.safetensors", "--windows", "32", "--threads", "1"], ["me.safetensors"]),
    }


def prepare(out, there):
    for name in there:
        os.makedirs(os.path.dirname(f"{out}/{name}"), exist_ok=True)
        with open(f"{out}/{name}", "w") as file:
            file.write("old")


def steps(name, out, crash=0):
    """Runs a writer below `out`; its steps and the versions of each file that it has put in place."""
    arguments, there = writers()[name]
    empty(out)
    prepare(out, there)
    log, keep = f"{WORK}/steps", f"{WORK}/keep"
    # Links need the same file system.
    empty(keep)
    if os.path.exists(log):
        os.remove(log)
    environment = {"LD_PRELOAD": f"{WORK}/steps.so", "STEPS_UNDER": f"{out}/", "STEPS_LOG": log, "STEPS_KEEP": keep}
    if crash:
        environment["STEPS_CRASH"] = str(crash)
    result = run(*[word.format(out=out) for word in arguments], environment=environment)
    with open(log) as file:
        done = [line.split() for line in file.read().splitlines()]
    versions, number = {}, 0
    for step in done:
        if step[0] == "rename":
            number += 1
            with open(f"{keep}/{number}", "rb") as file:
                versions.setdefault(os.path.relpath(step[2], out), []).append(file.read())
    return result, done, versions


def files():
    """Each file is written under another name, synced and renamed; a crash at any step leaves the old or the new one."""
    for name, (_, there) in writers().items():
        out = f"{WORK}/out"
        result, done, versions = steps(name, out)
        check(result.returncode == 0, f"{name} failed: {result.stderr}")
        synced, created = set(), set()
        for step in done:
            check(step[0] != "open", f"{name} opens {step[1]} to write it in place.")
            if step[0] == "create":
                created.add(step[1])
            elif step[0] == "write":
                synced.discard(step[1])
            elif step[0] == "sync":
                synced.add(step[1])
            else:
                check(step[1] in created and step[1] in synced, f"{name} renames {step[1]}, which was not synced.")
                created.discard(step[1])
        check(not created, f"{name} leaves {created}.")
        final = contents(out)
        check(all(final[path] == versions[path][-1] for path in final), f"{name} has files that were not renamed into place.")
        count = sum(step[0] in ("write", "sync", "rename") for step in done)
        # Training takes long, so only the last steps: those of the checkpoint and of the network.
        points = range(1, count + 1) if name.startswith("mel") and count < 10 else sorted({1, 2, 3, *range(max(1, count - 3), count)})
        for point in points:
            result, _, valid = steps(name, out, crash=point)
            check(result.returncode == 137, f"{name} did not reach step {point}: {result.stderr}")
            for path, data in contents(out).items():
                if path.endswith(".tmp"):
                    continue
                whole = [*versions.get(path, []), *valid.get(path, []), *([b"old"] if path in there else [])]
                check(data in whole, f"{name}, ended at step {point}, leaves a part of {path}.")
        print(f"{name}: {len(versions)} files, each synced and renamed; ended at {len(points)} of {count} steps, none is left in part", flush=True)


def disk():
    """A full disk: one sentence, status 1, and what was there is as it was."""
    for name, (arguments, there) in writers().items():
        with Mounted("small", "size=24k" if name == "mel of a directory" else "size=256k") as small:
            prepare(small.path, there)
            if name != "mel of a directory":
                with open(f"{small.path}/filling", "wb", buffering=0) as file:
                    try:
                        while True:
                            file.write(bytes(4096))
                    except OSError:
                        pass
            result = run(*[word.format(out=small.path) for word in arguments])
            errors = [line for line in result.stderr.splitlines() if line.startswith("digitd: ")]
            # A directory's pictures are told of one by one.
            one = errors and (len(errors) == 1 or name == "mel of a directory")
            check(result.returncode == 1 and one and all("the disk is full" in error for error in errors),
                  f"{name} on a full disk ends with status {result.returncode}: {result.stderr}")
            left = contents(small.path)
            left.pop("filling", None)
            check(not [path for path in left if path.endswith(".tmp")], f"{name} on a full disk leaves {sorted(left)}.")
            if name == "mel of a directory":
                out = empty(f"{WORK}/out")
                run(*[word.format(out=out) for word in arguments])
                check(left and left.items() <= contents(out).items(), "mel of a directory leaves a part of a picture on a full disk.")
            else:
                check(all(left.get(path) == b"old" for path in there), f"{name} on a full disk has damaged an old file: {sorted(left)}.")
                check(set(left) == set(there), f"{name} on a full disk leaves {sorted(set(left) - set(there))}.")
            print(f"full disk, {name}: {errors[0].removeprefix('digitd: ')}", flush=True)


def outputs():
    """A full disk behind the daemon's output and log: its subscribers are served on."""
    with open("/dev/full", "w") as full:
        socket = f"{WORK}/full.sock"
        Microphone(f"{WORK}/panel", f"{WORK}/gate", 1)
        process = subprocess.Popen(
            [DIGITD, "listen", "--format", "json", "--socket", socket, "--device", "demo"], stdout=full, stderr=full)
        try:
            steady = Steady(socket)
            steady.start()
            steady.wait_for(lambda event: event["class"] == "DIGIT", 30)
            process.send_signal(signal.SIGTERM)
            check(process.wait(10) == 0, f"With a full disk behind output and log the daemon ends with {process.returncode}.")
        finally:
            process.kill()
        result = subprocess.run(
            [DIGITD, "listen", "--input", f"{WORK}/demo.wav", "--format", "json"], stdout=full, stderr=subprocess.PIPE, text=True)
        check(result.returncode == 1 and result.stderr.count("\n") == 1, f"listen >/dev/full: {result.returncode} {result.stderr}")
    print(f"full disk behind the output: a daemon serves on; else: {result.stderr.strip().removeprefix('digitd: ')}", flush=True)


# The process's limits

def descriptors():
    """No descriptors left: those who are connected are served, others wait, the device comes back when there are some again."""
    limit = 40
    with Daemon(before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))) as daemon:
        daemon.hears(1)
        many = [Lines(daemon.socket) for _ in range(limit)]
        daemon.until("a word that clients cannot be accepted", lambda: "cannot accept a client" in daemon.lines())
        daemon.hears(2)
        check(not daemon.events("GAP"), f"Without descriptors sound is lost: {daemon.events('GAP')}")
        # The device goes. What it held the waiting clients take, so that it cannot be opened again.
        daemon.unplug()
        time.sleep(3)
        daemon.microphone.plug_in()
        time.sleep(6)
        states = [(event["state"], event.get("reason"), event.get("error")) for event in daemon.events("DEVICE")]
        processor = os.times()
        before = cpu(daemon.process.pid)
        time.sleep(2)
        share = (cpu(daemon.process.pid) - before) / 2
        check(share < 0.5, f"Without descriptors the daemon takes {100 * share:.0f} % of a processor.")
        for lines in many:
            lines.connection.close()
        daemon.until("the device again", lambda: daemon.events("DEVICE")[-1]["state"] == "open")
        daemon.hears(2)
        late = Lines(daemon.socket)
        check(late.read(5), "A client that comes when there are descriptors again is not greeted.")
        check("clients are accepted again" in daemon.lines(), "The log does not say that clients are accepted again.")
        daemon.end()
        print(f"no descriptors: served on with {100 * share:.1f} % of a processor; the device was {states[-1][0]}"
              f"{f' ({states[-1][2]})' if states[-1][2] else ''} and came back", flush=True)


def cpu(pid):
    with open(f"/proc/{pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def memory():
    """Too little memory to begin with: it ends, and says something; a limit that comes later does not touch what runs."""
    told = []
    for megabytes in (120, 200, 300, 400):
        result = run("listen", "--input", f"{WORK}/demo.wav", "--format", "digits",
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20)))
        check(result.returncode != 0 or len(result.stdout.split()) == 10, f"With {megabytes} MB it heard {result.stdout.split()} and says nothing of it.")
        check(result.returncode == 0 or result.stderr, f"With {megabytes} MB it ends with {result.returncode} and without a word.")
        told.append(f"{megabytes} MB: {result.returncode}")
    with Daemon() as daemon:
        daemon.hears(1)
        with open(f"/proc/{daemon.process.pid}/statm") as file:
            pages = int(file.read().split()[0]) + 1024
        resource.prlimit(daemon.process.pid, resource.RLIMIT_AS, (pages * 4096, resource.RLIM_INFINITY))
        daemon.hears(5)
        # There is no memory for a new thread either. It ends in order, or by the signal a second later, but it ends.
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        status = daemon.process.wait(10)
        took = time.monotonic() - began
        check(status in (0, -signal.SIGTERM) and took < 5, f"Without memory for a thread the daemon ends with {status} after {took:.1f} s.")
        daemon.steady.join(5)
        check(daemon.events("BYE"), "Without memory for a thread subscribers get no BYE.")
    print(f"little memory: status by address space: {', '.join(told)}; a daemon that runs goes on with what it has, and ends", flush=True)


def priority():
    """No real-time priority: capture runs at the normal one and loses nothing."""
    directory = empty(f"{WORK}/nobody")
    os.chown(directory, 65534, 65534)

    def before():
        resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))

    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"] if IS_ROOT else []
    with Daemon("--verbose", before=before, prefix=prefix, socket=f"{directory}/digitd.sock") as daemon:
        daemon.hears(5)
        policies = {}
        for task in os.listdir(f"/proc/{daemon.process.pid}/task"):
            with open(f"/proc/{daemon.process.pid}/task/{task}/comm") as file:
                policies[file.read().strip()] = os.sched_getscheduler(int(task))
        check(policies["capture"] == os.SCHED_OTHER, f"The capture thread has a real-time priority in spite of its limit: {policies}")
        check("Capture runs at normal priority" in daemon.lines(), f"The log does not tell of it.\n{daemon.lines()}")
        daemon.end()
    print("no real-time priority: capture runs at the normal one, and the log says so", flush=True)


# What is around it

def clock():
    """The wall clock is stepped forth and back; only the events' wall time may notice."""
    # A machine that is too busy to keep up says nothing of clocks.
    for _ in range(3):
        if step_clock():
            return
    sys.exit("The machine is too busy: recognition did not keep up with the sound in three attempts.")


def step_clock():
    path = f"{WORK}/offset"
    steps = [3600, -3600, 86400, -86400 * 400, 86400 * 3650, 0, -30, 30, -1, 0]
    with open(path, "wb") as file:
        file.write(struct.pack("=q", 0))
    with Daemon(environment={"LD_PRELOAD": f"{WORK}/clock.so", "CLOCK_OFFSET": path}) as daemon:
        daemon.hears(1)
        begun, wrong, now = time.monotonic(), [], 0
        for seconds in steps:
            with open(path, "r+b") as file:
                file.write(struct.pack("=q", int(seconds * 1e9)))
            stepped = time.time()
            time.sleep(2.8)
            for _, event in list(daemon.steady.events):
                if event["class"] != "DIGIT" or event.get("seen"):
                    continue
                event["seen"] = True
                sent = wall_seconds(event["time"])
                if not any(abs(sent - offset - time.time()) < 15 for offset in (now, seconds)):
                    wrong.append(f"at an offset of {seconds} s a digit has the time {event['time']}")
            now = seconds
        took = time.monotonic() - begun
        delays = [event["latency_ms"] for event in daemon.events("DIGIT")]
        lines = Lines(daemon.socket)
        lines.ask({"status": True})
        status = next(event for event in sum((lines.read(2) for _ in range(3)), []) if event["class"] == "STATUS")
        check(not wrong, f"The wall time of events does not follow the clock: {wrong}")
        if any(event["cause"] == "ring_full" for event in daemon.events("GAP")):
            return False
        check(len(daemon.events("DEVICE")) == 1 and not daemon.events("GAP"), f"A step of the clock disturbs capture: {daemon.events('DEVICE')} {daemon.events('GAP')}")
        check(max(delays) < 10_000 and min(delays) >= 0, f"A step of the clock is in the delays: {delays}")
        check(took < status["uptime"] < took + 30, f"A step of the clock is in the uptime: {status['uptime']} s after {took:.0f} s.")
        said = open(os.path.join(HERE, "../../../Demo/digits.txt")).read().split()
        heard = [str(event["digit"]) for event in daemon.events("DIGIT")]
        check(heard == (said * 5)[: len(heard)] and len(heard) >= 15, f"Said were {said}, again and again; heard were {heard}.")
        check(daemon.steady.trips and max(trip for _, trip in daemon.steady.trips) < 5, "Answers wait for the clock.")
        # A client that waits for a time, and for which nothing else comes: keypad's time-out of 3 s.
        daemon.unplug()
        for seconds in (-3600, 3600):
            with open(path, "r+b") as file:
                file.write(struct.pack("=q", 0))
            keypad = subprocess.Popen(
                [DIGITD, "keypad", "--socket", daemon.socket, "--length", "9", "--timeout", "3", "--min-confidence", "1"],
                env={**os.environ, "LD_PRELOAD": f"{WORK}/clock.so", "CLOCK_OFFSET": path}, stderr=subprocess.PIPE, text=True)
            begun = time.monotonic()
            time.sleep(1.5)
            with open(path, "r+b") as file:
                file.write(struct.pack("=q", int(seconds * 1e9)))
            try:
                errors = keypad.communicate(timeout=20)[1]
            except subprocess.TimeoutExpired:
                keypad.kill()
                sys.exit(f"keypad --timeout 3 waits on when the clock is stepped by {seconds} s.")
            took = time.monotonic() - begun
            check(keypad.returncode == 1 and took > 2.9, f"keypad --timeout 3 ends after {took:.1f} s when the clock is stepped by {seconds} s: {errors}")
        daemon.end()
    print(f"clock stepped {len(steps)} times, by up to ten years: {len(heard)} digits right, delays {min(delays)} to {max(delays)} ms", flush=True)
    return True


def run_directory():
    """A run directory that cannot be written, or is full: a sentence at the start; later it does not matter."""
    with Mounted("small-run", "size=64k,mode=755") as small:
        socket = f"{small.path}/digitd.sock"
        small.again("ro")
        result = run("listen", "--socket", socket, "--device", "demo")
        check(result.returncode == 1 and result.stderr.count("\n") == 1 and "read-only" in result.stderr,
              f"With a read-only run directory listen ends with {result.returncode}: {result.stderr}")
        sentence = result.stderr.strip().removeprefix("digitd: ")
        small.again("rw")
        with Daemon(socket=socket) as daemon:
            daemon.hears(1)
            small.again("ro")
            late = Lines(socket)
            check(late.read(5), "Clients cannot connect when the run directory has become read-only.")
            daemon.hears(1)
            daemon.end()
        check(os.path.exists(socket), "The socket should be left on a read-only file system.")
        small.again("rw")
        with Daemon(socket=socket) as daemon:
            daemon.hears(1)
            daemon.end()
        check(not os.path.exists(socket), "The socket is left.")
    with Mounted("small-run", "nr_inodes=1,mode=755") as small:
        result = run("listen", "--socket", f"{small.path}/digitd.sock", "--device", "demo")
        check(result.returncode > 0 and result.stderr.count("\n") == 1, f"With a full run directory listen ends with {result.returncode}: {result.stderr}")
    print(f"read-only run directory: {sentence}", flush=True)
    print(f"full run directory: {result.stderr.strip().removeprefix('digitd: ')}", flush=True)
    print("run directory read-only later: clients still come, it ends in order, and the next start replaces the socket", flush=True)


def main():
    parts = {"files": files, "disk": disk, "outputs": outputs, "descriptors": descriptors, "memory": memory,
             "priority": priority, "clock": clock, "run": run_directory}
    needs_root = {"disk", "run"}
    for name in sys.argv[3:] or parts:
        if name in needs_root and not IS_ROOT:
            print(f"left out: {name} needs root", flush=True)
        else:
            parts[name]()


main()
