#!/usr/bin/env python3
"""Accuracy against delay: what deciding earlier after the end of a word costs.

    Tools/delay-curve.py DIGITD LIST [--model FILE] [--pause MS...] [--early P...] [--json FILE]

LIST has a line "DIGIT VOICE PATH" for each clip. The clips are cut to their words, so that the true end of each is known (the last 10 ms
over 30 dB under its loudest), and joined into one stream: gaps of 0.4 to 1.2 s, noise 30 dB under the speech. digitd listens to it once for
each pair of [segmenter] pause_ms and [recognition] early_posterior, and once waiting 400 ms. A line for each: digits right, wrong,
rejected or missed, extra, and from the true end to the event's `at` the median and the 95th percentile. An end found too early, as in the closure
of a six, counts as it is. Needs sox; choose on held-out speakers, never on a test set.
"""

import argparse
import array
import importlib.util
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import wave

ROOT = pathlib.Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location("strings", ROOT / "Tests/Rigs/strings.py")
strings = importlib.util.module_from_spec(spec)
spec.loader.exec_module(strings)
RATE, TAIL = strings.RATE, 3  # word() leaves three frames of 10 ms behind the last loud one


def stream(clips, path, snr, seed):
    """Writes the stream; returns (digit, start, true end) of each word in it, in seconds."""
    rng = random.Random(seed)
    rng.shuffle(clips)
    speech, table, power, count = array.array("h", bytes(4 * RATE)), [], 0, 0
    for digit, clip_path in clips:
        word = strings.word(strings.samples(clip_path))
        if word is None:
            continue
        start = len(speech)
        speech.extend(word)
        table.append((digit, start / RATE, (len(speech) - TAIL * RATE // 100) / RATE))
        power += sum(x * x for x in word)
        count += len(word)
        speech.extend(array.array("h", bytes(2 * int(rng.uniform(0.4, 1.2) * RATE))))
    speech.extend(array.array("h", bytes(2 * RATE)))
    width = (power / count) ** 0.5 * 10 ** (-snr / 20) * 3 ** 0.5
    for index, value in enumerate(speech):
        speech[index] = max(-32768, min(32767, round(value + rng.uniform(-width, width))))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(speech.tobytes())
    return table


def listen(options, wav, folder, segmenter, early):
    config = folder / "digitd.toml"
    lines = ["[segmenter]"] + [f"{key} = {value}" for key, value in segmenter.items()]
    if early is not None:
        lines += ["[recognition]", f"early_posterior = {early}"]
    config.write_text("\n".join(lines) + "\n")
    command = [options.digitd, "listen", "--input", str(wav), "--format", "json", "--config", str(config)]
    if options.model:
        command += ["--model", options.model]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    events = [json.loads(line) for line in output.splitlines()]
    return [event for event in events if event["class"] in ("DIGIT", "REJECTED")]


def score(table, events):
    """A word is right where exactly one DIGIT overlaps it and says it."""
    heard, extra = [[] for _ in table], 0
    for event in events:
        overlaps = [min(end, event["end"]) - max(start, event["start"]) for _, start, end in table]
        best = max(range(len(table)), key=overlaps.__getitem__)
        if overlaps[best] > 0:
            heard[best].append(event)
        elif event["class"] == "DIGIT":
            extra += 1
    right = wrong = 0
    delays = []
    for (digit, _, end), events in zip(table, heard):
        digits = [event for event in events if event["class"] == "DIGIT"]
        if [event["digit"] for event in digits] == [digit]:
            right += 1
            delays.append(digits[0]["at"] - end)
        elif digits:
            wrong += 1
    delays.sort()
    return {
        "right": right / len(table), "wrong": wrong / len(table), "silent": 1 - (right + wrong) / len(table), "extra": extra,
        "p50_ms": round(1000 * delays[len(delays) // 2]), "p95_ms": round(1000 * delays[int(0.95 * len(delays))])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("digitd")
    parser.add_argument("list")
    parser.add_argument("--model")
    parser.add_argument("--pause", type=int, nargs="+", default=[30, 40, 50, 60, 80, 100, 150, 200])
    parser.add_argument("--early", type=float, nargs="+", default=[0.9, 0.97, 0.99])
    parser.add_argument("--snr", type=float, default=30)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--json")
    options = parser.parse_args()
    clips = []
    for line in open(options.list):
        digit, _, path = line.split(None, 2)
        clips.append((int(digit), path.strip()))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        wav = folder / "stream.wav"
        table = stream(clips, wav, options.snr, options.seed)
        print(f"{len(table)} words of {len(clips)} clips")
        print("pause_ms  early     right   wrong  rejected or missed  extra   p50 ms  p95 ms")
        settings = [("400", None, {"pause_ms": 390, "hangover_ms": 400})]
        settings += [(str(p), e, {"pause_ms": p, "hangover_ms": max(250, p + 10)}) for p in options.pause for e in options.early]
        rows = []
        for name, early, segmenter in settings:
            row = {"pause_ms": name, "early": early} | score(table, listen(options, wav, folder, segmenter, early))
            rows.append(row)
            print(
                f"{name:>8}  {early if early is not None else '-':>5}  {100 * row['right']:6.2f} % {100 * row['wrong']:5.2f} %"
                f"  {100 * row['silent']:16.2f} %  {row['extra']:5}  {row['p50_ms']:7} {row['p95_ms']:7}", flush=True)
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
