"""The two halves of numbers.sh: makes a stream of utterances, and scores the digits that were heard in it."""

import argparse
import array
import json
import os
import random
import subprocess
import sys
import wave

RATE = 8000
DIGITS = {word: str(digit) for digit, word in enumerate(
    "zero one two three four five six seven eight nine".split())} | {"oh": "0"}


def samples(path):
    raw = subprocess.run(
        ["sox", path, "-r", str(RATE), "-c", "1", "-b", "16", "-e", "signed", "-t", "raw", "-"],
        capture_output=True, check=True).stdout
    return array.array("h", raw)


def utterances(directory, speakers):
    """Path and words of each utterance of a directory."""
    names = {os.path.splitext(name)[0]: name for name in os.listdir(directory)}
    with open(os.path.join(directory, "text")) as file:
        for line in file:
            name, *words = line.split()
            if name in names and (speakers is None or name.rsplit("_", 1)[0] in speakers):
                yield os.path.join(directory, names[name]), words


def make(options):
    """Writes numbers.wav, and numbers.tsv with a line for each utterance: start and end in s, file, words."""
    speakers = None
    if options.speakers:
        with open(options.speakers) as file:
            speakers = set(file.read().split())
    rng = random.Random(1)

    def background(seconds):
        return array.array("h", (rng.randint(-6, 6) for _ in range(int(seconds * RATE))))

    stream, table = background(1.5), []
    for directory in options.directories:
        for path, words in sorted(utterances(directory, speakers)):
            start = len(stream)
            stream += samples(path)
            table.append((start / RATE, len(stream) / RATE, path, " ".join(words)))
            stream += background(options.pause)
    with wave.open(os.path.join(options.work, "numbers.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(stream.tobytes())
    with open(os.path.join(options.work, "numbers.tsv"), "w") as file:
        for row in table:
            print(*row, sep="\t", file=file)
    print(f"{len(table)} utterances, {len(stream) / RATE / 60:.1f} minutes")


def errors(words, heard):
    """Substitutions, deletions and insertions from the digits said to the digits heard. A spelled "o" sounds as "oh" does: it may be
    heard as one, or not."""
    said = [word for word in words if word in DIGITS or word == "o"]
    row = [(j, 0, 0, j) for j in range(len(heard) + 1)]
    for word in said:
        optional = word == "o"
        next_row = [row[0] if optional else (row[0][0] + 1, row[0][1], row[0][2] + 1, row[0][3])]
        for j, event in enumerate(heard, 1):
            digit = str(event["digit"])
            is_same = (optional and event.get("spoken") == "oh") or (not optional and digit == DIGITS[word])
            cost = 0 if is_same else 1
            a = (row[j - 1][0] + cost, row[j - 1][1] + cost, row[j - 1][2], row[j - 1][3])
            if optional and not is_same:
                a = (10**9, 0, 0, 0)
            lost = 0 if optional else 1
            b = (row[j][0] + lost, row[j][1], row[j][2] + lost, row[j][3])
            c = (next_row[j - 1][0] + 1, next_row[j - 1][1], next_row[j - 1][2], next_row[j - 1][3] + 1)
            next_row.append(min(a, b, c))
        row = next_row
    return row[-1][1:]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000 if values else float("nan")


def score(options):
    with open(os.path.join(options.work, "numbers.tsv")) as file:
        table = [line.rstrip("\n").split("\t") for line in file]
    with open(os.path.join(options.work, "events.jsonl")) as file:
        events = [event for event in map(json.loads, file) if event["class"] in ("DIGIT", "REJECTED")]
    groups = {}
    ends, inner = [], []
    place = 0
    for start, end, path, text in table:
        words = text.split()
        mine = []
        while place < len(events) and events[place]["start"] < float(end) + 0.5:
            mine.append(events[place])
            place += 1
        heard = [event for event in mine if event["class"] == "DIGIT"]
        for event, after in zip(heard, heard[1:] + [None]):
            is_last = after is None or after.get("utterance") != event.get("utterance")
            (ends if is_last else inner).append(event["at"] - event["end"])
        said = sum(word in DIGITS for word in words)
        if said == 0:
            group = "no digit"
        elif said < len(words):
            group = "digits among words"
        elif said == 1:
            group = "one digit"
        else:
            group = "strings with oh" if "oh" in words else "strings without oh"
        wrong = errors(words, heard)
        sums = groups.setdefault(group, [0] * 7)
        rejected = sum(event["class"] == "REJECTED" for event in mine)
        counts = (1, said, *wrong, sum(wrong) == 0, rejected)
        groups[group] = [a + b for a, b in zip(sums, counts)]
        if options.verbose and sum(wrong):
            marks = " ".join(
                str(event["digit"]) if event["class"] == "DIGIT" else "-" for event in mine)
            print(f"{os.path.basename(path)} at {float(start):.1f}: {text}  heard: {marks}")
    print(f"{'':20} {'utt.':>5} {'digits':>6} {'subst.':>6} {'lost':>5} {'added':>5} {'errors':>8} {'exact':>7} {'rejected':>8}")
    for group, (count, said, substituted, lost, added, exact, rejected) in sorted(groups.items()):
        share = f"{100 * (substituted + lost + added) / said:.2f} %" if said else "-"
        print(
            f"{group:20} {count:5} {said:6} {substituted:6} {lost:5} {added:5} {share:>8} {100 * exact / count:5.1f} % "
            f"{rejected:8}")
    for name, delays in (("last of a breath", ends), ("within a breath", inner)):
        print(
            f"delay from a digit's end to its event, {name}: p50 {percentile(delays, 0.5):.0f} ms, "
            f"p95 {percentile(delays, 0.95):.0f} ms of {len(delays)}")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("make")
    command.add_argument("directories", nargs="+")
    command.add_argument("--speakers")
    command.add_argument("--pause", type=float, default=1.2)
    command.set_defaults(run=make)
    command.add_argument("--work", required=True)
    command = commands.add_parser("score")
    command.add_argument("--work", required=True)
    command.add_argument("--verbose", action="store_true")
    command.set_defaults(run=score)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    sys.exit(main())
