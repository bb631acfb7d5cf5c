#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# synthesise-accents.sh OUTDIR
#
# Writes a data directory of the ten digits as the voices of thirty languages read them, for `digitd train --data OUTDIR`:
#
#   OUTDIR/<0-9>/<engine>-<voice>_<take>.flac   in each voice TAKES times (default 3)
#
# Voices: those of MBROLA (read by espeak-ng), RHVoice and SVOX Pico that are installed; English ones read English, the others
# digit-spellings.txt's words of their language. 8 kHz, mono, 16-bit FLAC, trimmed to 50 to 100 ms of silence on both sides, peaks
# of -3 to -9 dB; speed and pitch are drawn for each take. The same set comes out of every run on the same versions.
#
# Needs python3 and these Debian packages: espeak-ng sox; and of the component non-free those of
#   mbrola mbrola-* rhvoice rhvoice-* libttspico-utils
# that are wanted. Most of these voices may not be used commercially, so what digitd ships has not heard them.
# JOBS (default 2) processes make some ten clips a second each. Clips that are there are kept.

set -euo pipefail
export LC_ALL=C.UTF-8

if [[ $# -ne 1 || $1 == -* ]]; then
  sed -n '/^# synthesise/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi
outdir=$1
jobs=${JOBS:-2} takes=${TAKES:-3}
[[ $jobs =~ ^[1-9][0-9]*$ && $takes =~ ^[1-9][0-9]*$ ]] || {
  echo "synthesise-accents: JOBS and TAKES are numbers above 0, not '$jobs' and '$takes'" >&2
  exit 64
}
for tool in espeak-ng sox python3; do
  command -v "$tool" >/dev/null || {
    echo "synthesise-accents: install $tool first" >&2
    exit 69
  }
done

tools=$(dirname "$0")
mkdir -p "$outdir"
pids=()
for ((job = 0; job < jobs; job++)); do
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$tools python3 - "$outdir" "$tools/digit-spellings.txt" "$job" "$jobs" "$takes" <<'END' &
import random
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from word_clip import draw_edges, finish

outdir = Path(sys.argv[1])
job, jobs, takes = map(int, sys.argv[3:])
lines = [line.split() for line in Path(sys.argv[2]).read_text("utf-8").splitlines() if line and line[0] != "#"]
spellings = {code: [words.split("/") for words in digits] for code, *digits in lines}

# espeak-ng's languages of the MBROLA voices, where they differ from the table's.
SAME = {"ms": "id", "en-uk": "en", "en-us": "en", "fr-ca": "fr", "fr-fr": "fr", "fr-be": "fr", "pt-br": "pt", "pt-pt": "pt",
        "es-mx": "es", "es-es": "es", "es-vz": "es"}
# Of their words hardly one was heard right.
BROKEN = {"mb-nl1", "mb-vz1", "mb-es3"}
RHVOICE = {"en": "alan bdl clb slt evgeniy-eng lyubov", "pt": "Leticia-F123", "pl": "magda natan",
           "uk": "anatol natalia marianna volodymyr", "ky": "azamat nazgul", "tt": "talgat", "mk": "kiko suze", "sq": "hana",
           "eo": "spomenka", "ru": "aleksandr aleksandr-hq anna arina artemiy elena evgeniy-rus irina mikhail pavel tatiana "
                                   "victoria vitaliy yuriy"}
PICO = ["en-US", "en-GB", "de-DE", "es-ES", "fr-FR", "it-IT"]

voices = []
listing = subprocess.run(["espeak-ng", "--voices=mb"], capture_output=True, text=True, check=True).stdout
for columns in (line.split() for line in listing.splitlines()[1:]):
    if len(columns) < 5:
        continue
    name = columns[4].split("/")[-1]
    code = SAME.get(columns[1], columns[1])
    if code in spellings and name not in BROKEN and Path("/usr/share/mbrola", name.split("-")[1]).exists():
        voices.append(("mb", name, code))
for code, names in RHVOICE.items():
    voices += [("rh", name, code) for name in names.split() if Path("/usr/share/RHVoice/voices", name).exists()]
if shutil.which("pico2wave"):
    voices += [("pico", name, name[:2]) for name in PICO]
if not voices:
    sys.exit("synthesise-accents: no voice is installed; add Debian's component non-free and install mbrola-fr1, say")


def speak(engine, voice, text, speed, pitch, target):
    if engine == "mb":
        command = ["espeak-ng", "-v", voice, "-s", str(int(150 * speed)), "-p", str(int(50 + 30 * pitch)), "-w", target, text]
    elif engine == "rh":
        command = ["RHVoice-test", "-p", voice, "-r", str(int(100 * speed)), "-t", str(int(100 + 15 * pitch)), "-o", target]
    else:
        text = f'<speed level="{int(100 * speed)}"><pitch level="{int(100 + 15 * pitch)}">{text}.</pitch></speed>'
        command = ["pico2wave", "-l", voice, "-w", target, text]
    # RHVoice reads what it says from standard input; its log is of no use.
    subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


for number, (engine, voice, code) in enumerate(voices):
    if number % jobs != job:
        continue
    for take in range(takes):
        chance = random.Random(zlib.crc32(f"{engine} {voice} {take}".encode()))
        speed, pitch = chance.uniform(0.75, 1.4), chance.uniform(-1, 1)
        for digit in range(10):
            target = outdir / str(digit) / f"{engine}-{voice.removeprefix('mb-')}_{take}.flac"
            text = chance.choice(spellings[code][digit])
            edges = draw_edges(chance)
            if target.exists():
                continue
            with tempfile.TemporaryDirectory() as work:
                speak(engine, voice, text, speed, pitch, f"{work}/raw.wav")
                finish(f"{work}/raw.wav", target, edges)
END
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
echo "synthesise-accents: $(find "$outdir" -name '*.flac' | wc -l) digits in $outdir" >&2
