#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make-audio.sh
#
# Makes the folder digits beside this script, a small data directory for the tests: the ten digits in two synthetic
# voices, and six other words in one of them each. 8 kHz, mono, 16-bit FLAC.
# Needs the Debian packages espeak-ng, flite and sox, and no network. The same clips come out of every run.
#
# The clips are synthesised by this project and dedicated to the public domain (CC0 1.0).

set -euo pipefail
export LC_ALL=C

for tool in espeak-ng flite sox; do
  command -v "$tool" >/dev/null || { echo "make-audio: install the package $tool" >&2; exit 69; }
done
out=$(cd "$(dirname "$0")" && pwd)/digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_clip() { # raw.wav folder voice
  mkdir -p "$out/$2"
  sox -V1 -D "$1" --comment '' -r 8000 -b 16 -c 1 "$out/$2/$3_0.flac" \
    norm -1 silence 1 0.005 0.4% pad 0.06 reverse silence 1 0.005 0.4% pad 0.06 reverse rate 8000 norm -6
}

say_flite() { # word folder
  flite -voice slt -t "$1" -o "$work/raw.wav"
  make_clip "$work/raw.wav" "$2" flite-slt
}
say_espeak() { # word folder
  espeak-ng -v en-us -s 155 -a 60 -w "$work/raw.wav" "$1"
  make_clip "$work/raw.wav" "$2" espeak-en-us
}

names=(zero one two three four five six seven eight nine)
for digit in "${!names[@]}"; do
  say_flite "${names[digit]}" "$digit"
  say_espeak "${names[digit]}" "$digit"
done
for word in hello music house; do say_flite "$word" "$word"; done
for word in cancel window yellow; do say_espeak "$word" "$word"; done
