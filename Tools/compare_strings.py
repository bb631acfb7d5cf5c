# SPDX-License-Identifier: GPL-3.0-or-later
"""Digit errors of digitd and of pocketsphinx on the utterances of a table; see compare-strings.sh."""

import csv
import re
import subprocess
import sys

from pocketsphinx import Decoder

WORDS = "zero one two three four five six seven eight nine".split()
GRAMMAR = f"#JSGF V1.0; grammar digits; public <digits> = ({' | '.join(WORDS)} | oh)+;"


def digits(words):
    """The digits said: 0 for "oh" too."""
    return "".join(str(WORDS.index(w)) if w in WORDS else "0" for w in words if w in WORDS or w == "oh")


def errors(said, heard):
    """Digits substituted, inserted and lost: the edit distance."""
    row = list(range(len(heard) + 1))
    for i, s in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, h in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (s != h))
    return row[-1]


def sphinx():
    decoder = Decoder(samprate=16000, lm=None, loglevel="FATAL")
    decoder.add_jsgf_string("digits", GRAMMAR)
    decoder.activate_search("digits")

    def hear(path):
        raw = subprocess.run(
            ["sox", "-G", path, "-t", "raw", "-r", "16000", "-e", "signed", "-b", "16", "-c", "1", "-"],
            check=True, stdout=subprocess.PIPE).stdout
        decoder.start_utt()
        decoder.process_raw(raw, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return digits(found.hypstr.split()) if found else ""

    return hear


def accepted(heard):
    """What digitd gave out: digits in brackets were not accepted, points are other words."""
    return re.sub(r"\(.\)|\.", "", heard).replace("o", "0")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    hear = sphinx()
    groups = {"digits, without oh": [], "digits, with oh": [], "digits among words": [], "no digit": []}
    for row in rows:
        words = row["said"].split()
        said = digits(words)
        only = all(w in WORDS or w == "oh" for w in words)
        group = "no digit" if not said else "digits among words" if not only else \
            "digits, with oh" if "oh" in words else "digits, without oh"
        groups[group].append((said, accepted(row["heard"]), hear(row["file"])))
    print(f"{'':20}{'utterances':>11}{'digits':>8}{'digitd':>18}{'pocketsphinx':>18}")
    for name, results in groups.items():
        if not results:
            continue
        count = sum(len(said) for said, _, _ in results)
        cells = []
        for which in (1, 2):
            wrong = sum(errors(r[0], r[which]) for r in results)
            exact = sum(r[0] == r[which] for r in results) / len(results)
            cells.append(f"{wrong} = {wrong / count:.1%}, {exact:.0%}" if count else f"{wrong} digits, {exact:.0%}")
        print(f"{name:20}{len(results):11}{count:8}{cells[0]:>18}{cells[1]:>18}")


main()
