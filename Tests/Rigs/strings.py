"""The two halves of strings.sh: makes a stream of strings of digits, and scores what was heard in it."""

import argparse
import array
import collections
import random
import subprocess
import sys
import wave

RATE = 8000
BETWEEN = 1.5  # s of background before, between and after the strings


def samples(path):
    raw = subprocess.run(
        ["sox", path, "-r", str(RATE), "-c", "1", "-b", "16", "-e", "signed", "-t", "raw", "-"],
        capture_output=True, check=True).stdout
    return array.array("h", raw)


def word(clip):
    """The word of a clip: the stretch that holds most energy, gaps of a closure bridged; None where there is no one word. At a
    common level: clips of several sets become one string."""
    hop = RATE // 100
    powers = [sum(x * x for x in clip[i:i + hop]) for i in range(0, len(clip) - hop + 1, hop)]
    if not any(powers):
        return None
    # 30 dB under the loudest, or 6 dB over what is there all the time.
    threshold = max(max(powers) * 1e-3, sorted(powers)[len(powers) // 10] * 4)
    stretches = []
    for index, power in enumerate(powers):
        if power <= threshold:
            continue
        if stretches and index - stretches[-1][1] <= 14:
            stretches[-1][1] = index
        else:
            stretches.append([index, index])
    first, last = max(stretches, key=lambda s: sum(powers[s[0]:s[1] + 1]), default=(0, -1))
    found = clip[max(0, first - 3) * hop:(last + 4) * hop]
    if not 0.15 < len(found) / RATE < 1:
        return None
    rms = (sum(x * x for x in found) / len(found)) ** 0.5
    gain = min(2500 / rms, 32000 / max(map(abs, found)))
    return array.array("h", (int(x * gain) for x in found))


def make(options):
    """Writes strings.wav, and strings.tsv with a line for each string: start, end, digits, gaps in ms."""
    clips = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(options.list) as file:
        for line in file:
            digit, voice, path = line.split(None, 2)
            clips[voice][int(digit)].append(path.strip())
    rng = random.Random(options.seed)
    voices = sorted(clips)
    speech, table, loud = array.array("h", bytes(2 * int(BETWEEN * RATE))), [], []
    known = {}

    def load(path):
        if path not in known:
            clip = samples(path)
            known[path] = word(clip) if options.trim else clip
        return known[path]

    if options.trim:
        clips = {voice: {digit: [p for p in paths if load(p)] for digit, paths in of.items()} for voice, of in clips.items()}
        clips = {voice: {digit: paths for digit, paths in of.items() if paths} for voice, of in clips.items()}
        voices = [voice for voice in voices if clips[voice]]
    for _ in range(options.strings):
        voice = rng.choice(voices)
        digits = [rng.choice(sorted(clips[voice])) for _ in range(options.digits)]
        gaps = [rng.randrange(options.gap_max + 1) for _ in range(options.digits - 1)] + [0]
        start = len(speech)
        for digit, gap in zip(digits, gaps):
            clip = load(rng.choice(clips[voice][digit]))
            speech.extend(clip)
            loud.append((sum(x * x for x in clip), len(clip)))
            speech.extend(array.array("h", bytes(2 * (gap * RATE // 1000))))
        table.append((start / RATE, len(speech) / RATE, "".join(map(str, digits)), ",".join(map(str, gaps[:-1]))))
        speech.extend(array.array("h", bytes(2 * int(BETWEEN * RATE))))
    # Noise so far under the level of the clips, without the gaps; uniform noise has an RMS of 1/sqrt(3).
    rms = (sum(power for power, _ in loud) / sum(count for _, count in loud)) ** 0.5
    width = rms * 10 ** (-options.snr / 20) * 3 ** 0.5
    noise = random.Random(options.seed + 1)
    for index, value in enumerate(speech):
        speech[index] = max(-32768, min(32767, round(value + noise.uniform(-width, width))))
    with wave.open(options.folder + "/strings.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(speech.tobytes())
    with open(options.folder + "/strings.tsv", "w") as file:
        for start, end, digits, gaps in table:
            file.write(f"{start:.4f}\t{end:.4f}\t{digits}\t{gaps}\n")
    print(f"{len(table)} strings of {options.digits} digits, {len(speech) / RATE:.0f} s of stream")


def percent(part, whole):
    return f"{part} of {whole} ({100 * part / max(whole, 1):.1f} %)"


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def score(options):
    """A string is right where its digits are heard in order and nothing else is, a rejection neither."""
    with open(options.table) as file:
        strings = [line.rstrip("\n").split("\t") for line in file]
    with open(options.events) as file:
        events = [line.rstrip("\n").split("\t") for line in file]
    heard = [[] for _ in strings]
    outside = 0
    for kind, what, start, end, at in events:
        start, end = float(start), float(end)
        # Half of the silence between strings belongs to each.
        index = next((i for i, s in enumerate(strings) if float(s[0]) - BETWEEN / 2 <= start < float(s[1]) + BETWEEN / 2), None)
        if index is None:
            outside += 1
        else:
            heard[index].append((kind, what, end, float(at)))
    right, delays, first = 0, [], []
    joints = collections.defaultdict(lambda: [0, 0])
    kinds = collections.Counter()
    for (start, end, digits, gaps), found in zip(strings, heard):
        said = "".join(what if kind == "DIGIT" else "x" for kind, what, _, _ in found)
        isRight = said == digits
        right += isRight
        if isRight:
            delays.append(found[-1][3] - found[-1][2])
            kinds["right"] += 1
        else:
            # What an application that reads PINs would make of it.
            given = said.replace("x", "")
            kinds["known to be incomplete" if "x" in said or not given else "wrong without a warning"] += 1
            if not options.brief:
                print(f"  {float(start):8.2f} s  said {digits}  heard {said or '-':8s} gaps {gaps} ms")
        for gap in map(int, gaps.split(",") if gaps else []):
            bin = min(gap // 20, 3)
            joints[bin][0] += isRight
            joints[bin][1] += 1
    if options.brief:
        share = 100 * right / max(len(strings), 1)
        print(f"{share:.1f} % ({kinds['wrong without a warning']})".rjust(20), end="")
        return 0
    print(f"{percent(right, len(strings))} strings exactly right, {outside} events outside of strings")
    print("of the others: " + (", ".join(f"{n} {k}" for k, n in sorted(kinds.items()) if k != "right") or "none"))
    for bin in sorted(joints):
        print(f"  joints of {20 * bin} to {20 * bin + (19 if bin < 3 else 20)} ms: in right strings {percent(*joints[bin])}")
    print(f"delay of a string's last digit, at - end: {1000 * quantile(delays, 0.5):.0f} ms at the median, "
          f"{1000 * quantile(delays, 0.95):.0f} ms at the 95th percentile")
    return 0 if 100 * right >= options.minimum * len(strings) else 1


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("make")
    command.add_argument("list")
    command.add_argument("folder")
    command.add_argument("--strings", type=int, default=200)
    command.add_argument("--digits", type=int, default=4)
    command.add_argument("--gap-max", type=int, default=80)
    command.add_argument("--snr", type=float, default=40)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--trim", action="store_true", help="cut each clip to its word, and bring all to one level")
    command.set_defaults(run=make)
    command = commands.add_parser("score")
    command.add_argument("table")
    command.add_argument("events")
    command.add_argument("--minimum", type=float, default=0)
    command.add_argument("--brief", action="store_true", help="only the share of right ones, and those wrong without a warning")
    command.set_defaults(run=score)
    options = parser.parse_args()
    sys.exit(options.run(options))


if __name__ == "__main__":
    main()
