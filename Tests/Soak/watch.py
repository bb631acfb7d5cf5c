"""What the daemon's process uses, and the clocks."""

import datetime
import os
import time
from collections import Counter


def note(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


def wall_seconds(text):
    """Seconds since 1970 of a time of the protocol."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Watch:
    """Samples of /proc; those of the first tenth, at most 5 minutes, are warm-up."""

    def __init__(self, pid):
        self.pid = pid
        self.samples = []  # seconds, anonymous kB, resident kB, processor seconds
        self.baseline = None
        self.first_links = []
        self.calm = []  # descriptors and threads at each calm
        self.most = (0, 0)

    def counts(self):
        return len(os.listdir(f"/proc/{self.pid}/fd")), len(os.listdir(f"/proc/{self.pid}/task"))

    def links(self):
        """What the descriptors are, without numbers."""
        links = []
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                link = os.readlink(f"/proc/{self.pid}/fd/{name}")
                links.append("socket" if link.startswith("socket:") else link)
            except OSError:
                continue
        return links

    def sample(self):
        with open(f"/proc/{self.pid}/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        with open(f"/proc/{self.pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
        seconds = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
        self.samples.append((time.monotonic(), int(fields["RssAnon"].split()[0]), int(fields["VmRSS"].split()[0]), seconds))
        self.most = tuple(map(max, self.most, self.counts()))

    @property
    def anonymous(self):
        return self.samples[-1][1]

    def settle(self):
        """Waits until descriptors and threads are as at first; None, or what is wrong."""
        deadline, quiet = time.monotonic() + 20, 0
        while quiet < 10 and time.monotonic() < deadline:
            time.sleep(0.1)
            count, _ = self.counts()
            quiet = quiet + 1 if self.baseline is None or count <= self.baseline[0] else 0
        self.sample()
        counts = self.counts()
        if self.baseline is None:
            self.baseline, self.first_links = counts, self.links()
        self.calm.append(counts)
        if counts[0] > self.baseline[0]:
            more = list((Counter(self.links()) - Counter(self.first_links)).elements())
            return f"{counts[0]} descriptors are open and were {self.baseline[0]} at first; new are {' '.join(more)}"
        # Dispatch keeps threads of its own for a while.
        if counts[1] > self.baseline[1] + 4:
            return f"{counts[1]} threads run and were {self.baseline[1]} at first"
        return None

    def warm(self):
        first, last = self.samples[0][0], self.samples[-1][0]
        begin = first + min(300, (last - first) / 10)
        return [sample for sample in self.samples if sample[0] >= begin]

    def slope(self):
        """MB an hour of memory of its own: the straight line of least squares."""
        warm = self.warm()
        hours = [sample[0] / 3600 for sample in warm]
        megabytes = [sample[1] / 1024 for sample in warm]
        middle, level = sum(hours) / len(hours), sum(megabytes) / len(megabytes)
        square = sum((hour - middle) ** 2 for hour in hours)
        return sum((h - middle) * (m - level) for h, m in zip(hours, megabytes)) / square if square else 0.0

    def memory_range(self):
        megabytes = [sample[1] / 1024 for sample in self.warm()]
        return min(megabytes), max(megabytes)

    def shares(self):
        """Of one processor: all the time, the first half and the last."""
        middle = len(self.samples) // 2
        share = lambda a, b: (b[3] - a[3]) / max(1e-9, b[0] - a[0])
        first, half, last = self.samples[0], self.samples[middle], self.samples[-1]
        return {"all": share(first, last), "first": share(first, half), "last": share(half, last)}

    def descriptors(self):
        return f"{self.baseline[0]} at first, {self.most[0]} at most, {' '.join(str(c[0]) for c in self.calm[1:])} at each calm"

    def threads(self):
        return f"{self.baseline[1]} at first, {self.most[1]} at most, {' '.join(str(c[1]) for c in self.calm[1:])} at each calm"
