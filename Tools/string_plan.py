# SPDX-License-Identifier: GPL-3.0-or-later
"""What synthesise-strings.sh says: the utterances of each engine, always the same ones.

    python3 string_plan.py OUTDIR ENGINE=COUNT...

writes OUTDIR/text, a line an utterance whose sound file is there: the file's name without its ending, then the words.
"""

import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

DIGITS = "zero one two three four five six seven eight nine".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
MONTHS = "january february march april may june july august september october november december".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
ORDINALS = """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth
""".split()
# Without o: as a letter it sounds as the digit "oh" does.
LETTERS = "abcdefghijklmnpqrstuvwxyz"
# Words near a digit, and others. None that sounds as a digit does or makes one with the word before (sick sit: six it).
WORDS = """
    hero zebra arrow euro sierra narrow wonder want run sun done once tool tooth true shoe new tree free tea key
    sheet threat door fork farm full fall phone hive dive live file fire find fight fine knife wife wine line mine
    night nice nobody heaven eleven several southern oven lemon given gate hate date play late wait table stable yes
    no stop go left right start cancel delete hello okay please help open close call repeat number double triple
    star hash pound point dash correct wrong plus minus enter erase rubout happy marvin sheila computer music light
    radio kitchen garden window water coffee paper money time day week good morning evening today tomorrow yesterday
    man woman mother father people school city train bus road river mountain volume louder quiet pause record
    message email password code bank account alarm timer weather home work book camera screen button switch lock
    unlock lamp sugar salt apple orange banana bread cheese
""".split()
SPELLED = """
    smith miller davis wilson taylor martin lewis walker hall allen king wright scott green baker adams nelson hill
    campbell mitchell carter phillips evans turner parker edwards stewart rivers bell kelly price pittsburgh maple
    elm park main street avenue mary linda susan karen helen sandra david james william richard charles daniel mark
    steven brian
""".split()
BEFORE = [
    "enter {4}", "extension {3}", "extension {2}", "my number is {7}", "my number is {10}", "call {7}", "dial {10}",
    "press {1}", "room {3}", "flight {4}", "flight {3}", "the code is {4}", "the pin is {4}", "my pin is {5}",
    "zip code {5}", "area code {3}", "channel {2}", "that's {4}", "line {1}", "number {1}", "option {1}", "select {2}",
    "it's {5}", "account number {8}", "bus {2}", "page {3}", "apartment {2}", "erase {3}", "delete {2}", "channel {1}",
    "point {3}", "minus {2}", "plus {1} {3} {4}", "zero point {2}", "you can call me at {7}", "my zip code is {5}",
    "gate {l} {2}", "{l} {l} {l} {3}", "{l} {2} {l} {1}", "enter {l} {1} {l}", "hash {4}", "star {2} hash",
]
AROUND = [
    "{4} please", "{3} dash {4}", "{1} no sorry {1}", "um {3} {4}", "{3} uh {4}", "{2} and {2}", "{4} thank you",
    "{3} then {4}", "no not {1} but {1}", "{1} plus {1}", "{1} minus {1}", "{4} is wrong", "{2} point {2}", "{2} hash",
    "yes {4}", "{3} hello {3}", "okay {5}", "{1} or {1}", "from {1} until {1}", "{2} times {1}", "{1} hundred {7}",
]
REPEATED = [
    "double {1}", "triple {1}", "{2} double {1} {2}", "{1} double {1}", "{1} double {1} {1}", "double {1} double {1}",
    "{1} triple {1}", "double {1} {2}", "{3} double {1} {3}", "triple {1} {3}", "oh {1} double {1} {2}",
]


@dataclass
class Utterance:
    """One utterance: its words in parts with a comma between them, and how it is said."""
    name: str
    parts: list
    string: bool  # digits alone
    speed: float
    end: str
    chance: random.Random  # for what the engine draws

    @property
    def words(self):
        return [word for part in self.parts for word in part]

    def text(self, letter=str.upper):
        """As a synthesiser reads it."""
        return ", ".join(" ".join(letter(w) if len(w) == 1 else w for w in part) for part in self.parts) + self.end


def draw_digits(chance, count, oh=None):
    """Digits, "oh" for none (0), every second one (1) or all (2) of the zeros. A quarter has one repeated."""
    said = chance.choices(DIGITS, [1.4] + 9 * [1], k=count)
    if count > 1 and chance.random() < 0.25:
        times = min(count, 3 if chance.random() < 0.3 else 2)
        at = chance.randrange(count - times + 1)
        said[at:at + times] = times * [said[at]]
    oh = chance.choice([0, 0, 1, 2]) if oh is None else oh
    return ["oh" if w == "zero" and (oh == 2 or oh == 1 and chance.random() < 0.5) else w for w in said]


GROUPS = {
    2: ["2"],
    3: ["3"],
    4: ["4", "4", "4", "2 2"],
    5: ["5", "5", "5", "3 2", "2 3"],
    6: ["6", "3 3", "3 3", "2 2 2"],
    7: ["3 4", "3 4", "3 4", "7", "3 2 2"],
    8: ["4 4", "4 4", "8", "2 2 2 2"],
    9: ["3 3 3", "5 4", "5 4", "9"],
    10: ["3 3 4", "3 3 4", "3 3 4", "3 3 4", "10", "3 3 2 2", "4 3 3", "5 5"],
}


def digit_string(chance):
    length = chance.choices(range(2, 11), [2, 4, 20, 16, 8, 18, 7, 5, 20])[0]
    groups = [int(n) for n in chance.choice(GROUPS[length]).split()]
    said = draw_digits(chance, length)
    # Half in one breath, a third with a pause between any two groups, the others with some pauses.
    pauses = chance.choices([0, 1, 0.4], [50, 30, 20])[0]
    parts = [[]]
    for count in groups:
        if parts[-1] and chance.random() < pauses:
            parts.append([])
        parts[-1] += said[:count]
        said = said[count:]
    return parts


def fill(chance, template):
    oh = chance.choice([0, 0, 1, 2])
    words = []
    for item in template.split():
        if item == "{l}":
            words.append(chance.choice(LETTERS))
        elif item[0] == "{":
            words += draw_digits(chance, int(item[1:-1]), oh)
        else:
            words.append(item)
    return words


def below_hundred(chance):
    return chance.choice([[chance.choice(TENS)], [chance.choice(TENS), chance.choice(DIGITS[1:])],
                          [chance.choice(TENS), chance.choice(DIGITS[1:])], [chance.choice(TEENS)]])


def spell(chance):
    if chance.random() < 0.6:
        return [c for c in chance.choice(SPELLED) if c != "o"]
    return [chance.choice(LETTERS) for _ in range(chance.randint(2, 7))]


def other_words(chance, shortest):
    """Number words, dates, spelled letters, words: few digits or none."""
    day = lambda: [*chance.choice([[], [], [chance.choice(["twenty", "thirty"])]]), chance.choice(ORDINALS[:9])] \
        if chance.random() < 0.5 else [chance.choice(ORDINALS)]
    ways = [
        (20, lambda: below_hundred(chance)),
        (10, lambda: below_hundred(chance) + below_hundred(chance)),
        (4, lambda: [chance.choice(TEENS + TENS) for _ in range(chance.randint(2, 4))]),
        (4, lambda: [chance.choice(TEENS[3:]), "hundred"]),
        (4, lambda: [chance.choice(DIGITS[1:]), chance.choice(["hundred", "thousand"]), *below_hundred(chance)]),
        (3, lambda: [chance.choice(DIGITS[1:]), "hundred", "and", *below_hundred(chance)]),
        (4, lambda: [chance.choice(DIGITS[1:]), *below_hundred(chance)]),
        (8, lambda: [chance.choice(MONTHS), *day()]),
        (3, lambda: [chance.choice(MONTHS), *day(), chance.choice(["nineteen", "twenty"]), *below_hundred(chance)]),
        (3, lambda: ["the", *day(), "of", chance.choice(MONTHS)]),
        (4, lambda: [chance.choice(DAYS), chance.choice(["the", "morning", "evening", "night"])][:chance.randint(1, 2)]
            + day()),
        (4, lambda: ["the", *day(), chance.choice(["street", "floor", "avenue", "time", "door", "line"])]),
        (4, lambda: ["oh"] if shortest < 2 else ["oh", "oh"]),
        (14, lambda: spell(chance)),
        (4, lambda: spell(chance) + below_hundred(chance)),
        (20, lambda: [chance.choice(WORDS) for _ in range(chance.randint(1, 6))]),
        (4, lambda: [chance.choice(["enter", "erase", "rubout", "repeat", "call", "dial"]), *below_hundred(chance)]),
        (3, lambda: ["quarter", chance.choice(["past", "before"]), chance.choice(DIGITS[1:])]),
    ]
    while True:
        words = chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()
        if len(words) >= shortest:
            return words


# Whether everything is said, or only "others": number words, letters and words that are no digits.
SAYS = os.environ.get("SAYS", "all")


def plan(engine, count, speakers):
    """The first `count` utterances of an engine; speakers: the function from a number to the name of its voice."""
    for number in range(count):
        chance = random.Random(f"{engine} {number}" if SAYS == "all" else f"{engine} {SAYS} {number}")
        shortest = 2 if engine == "kokoro" else 1  # Kokoro adds a vowel to a word alone
        kind = chance.random() if SAYS == "all" else 1
        string = kind < 0.7
        if kind < 0.6:
            parts = digit_string(chance)
        elif kind < 0.7:
            parts = [draw_digits(chance, chance.choice([2, 2, 3]))]
        elif kind < 0.85:
            parts = [[]]
            while len(parts[0]) < shortest:
                parts = [fill(chance, chance.choice(chance.choice([BEFORE, BEFORE, AROUND, REPEATED])))]
        else:
            parts = [other_words(chance, shortest)]
        if not string and len(parts[0]) > 3 and chance.random() < 0.2:
            at = chance.randint(1, len(parts[0]) - 1)
            parts = [parts[0][:at], parts[0][at:]]
        # A third of them faster than 1.3.
        speed = chance.uniform(1.3, 1.9) if chance.random() < 0.36 else chance.uniform(0.8, 1.3)
        name = f"{speakers(number)}_{number:04}"
        yield Utterance(name, parts, string, speed, chance.choice("......?"), chance)


# --- the voices of each engine ------------------------------------------------------------------

FLITE = ["slt", "rms", "awb", "slt", "rms", "awb", "kal16", "kal"]
FESTIVAL = ["hts", "ked", "kal"]
ACCENTS = [
    "en-us", "en-gb", "en-us", "en-gb-scotland", "en-us-nyc", "en-gb-x-rp", "en-us", "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
]
VARIANTS = """
    f1 m1 f2 m3 f3 m2 f4 m4 f5 m5 linda m6 steph m7 belinda m8 - Alex max Gene Annie mike aunty Marco michael anika
    Andy robert Diogo Henrique Mario Lee miguel Gene2
""".split()
# All but the whispering af_nicole.
KOKORO = ["af_" + v for v in "alloy aoede bella heart jessica kore nova river sarah sky".split()] + \
    ["am_" + v for v in "adam echo eric fenrir liam michael onyx puck santa".split()] + \
    ["bf_" + v for v in "alice emma isabella lily".split()] + ["bm_" + v for v in "daniel fable george lewis".split()]
MIXTURES = 200


def espeak_voice(number):
    """Accent and variant: 102 voices."""
    voice = number % 102
    return ACCENTS[voice % len(ACCENTS)], VARIANTS[voice % len(VARIANTS)]


def kokoro_voice(number):
    """Name, accent, [(style, weight)] and the rate of playing, a head of another size."""
    if number % 4 == 0:
        name = KOKORO[number // 4 % len(KOKORO)]
        return name, "en-gb" if name[0] == "b" else "en-us", [(name, 1.0)], 1.0
    mixture = (number // 4 * 3 + number % 4 - 1) % MIXTURES
    chance = random.Random(f"mixture {mixture}")
    names = chance.sample(KOKORO, chance.choice([2, 3]))
    weights = [chance.uniform(0.3, 1) for _ in names]
    parts = sorted(((w / sum(weights), n) for n, w in zip(names, weights)), reverse=True)
    accent = "en-gb" if parts[0][1][0] == "b" else "en-us"
    return f"mix-{mixture:04}", accent, [(n, w) for w, n in parts], chance.uniform(0.93, 1.1)


SPEAKERS = {
    "flite": lambda n: f"flite-{FLITE[n % len(FLITE)]}",
    "festival": lambda n: f"festival-{FESTIVAL[n % len(FESTIVAL)]}",
    "espeak": lambda n: "espeak-{}-{}".format(*espeak_voice(n)).replace("--", "-plain").lower(),
    "piper": lambda n: "piper-joe",
    "kokoro": lambda n: f"kokoro-{kokoro_voice(n)[0]}",
}


def utterances(engine, count):
    return plan(engine, count, SPEAKERS[engine])


if __name__ == "__main__":
    outdir = Path(sys.argv[1])
    lines = []
    for argument in sys.argv[2:]:
        engine, count = argument.split("=")
        for utterance in utterances(engine, int(count)):
            if (outdir / f"{utterance.name}.flac").exists():
                lines.append(" ".join([utterance.name, *utterance.words]) + "\n")
    (outdir / "text.part").write_text("".join(sorted(lines)))
    (outdir / "text.part").rename(outdir / "text")
    print(f"synthesise-strings: {len(lines)} utterances in {outdir}", file=sys.stderr)
