#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make-demo.sh
#
# Makes digits.flac, the demo recording, and digits.txt, the digits that are said in it, beside this script: ten
# digits in two voices, 0.5 to 1 s apart, with pink noise 35 dB below the speech. 16 kHz, mono.
# Needs the Debian packages flite and sox, and no network. The same recording comes out of every run.
#
# The recording is synthesised by this project; digits.flac and digits.txt are dedicated to the public domain
# (CC0 1.0).

set -euo pipefail
export LC_ALL=C

for tool in flite sox; do
  command -v "$tool" >/dev/null || { echo "make-demo: install the package $tool" >&2; exit 69; }
done
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

digits=(4 0 7 1 3 9 2 8 5 6)
voices=(slt slt slt slt slt rms rms rms rms rms)
gaps=(0.70 0.90 0.60 0.80 1.00 0.95 0.65 0.85 0.55 0.75) # before each digit
names=(zero one two three four five six seven eight nine)
snr=35

silence() { sox -D -n -r 16000 -b 16 -c 1 "$2" trim 0 "$1"; }

parts=() spoken=()
for i in "${!digits[@]}"; do
  # A little slower than the voices' own rate, as digits are said one by one.
  flite -voice "${voices[i]}" --setf duration_stretch=1.2 -t "${names[digits[i]]}" -o "$work/raw.wav"
  sox -V1 -D "$work/raw.wav" -r 16000 -b 16 -c 1 "$work/$i.wav" highpass 30 norm -1 silence 1 0.005 0.4% \
    reverse silence 1 0.005 0.4% reverse norm -6
  silence "${gaps[i]}" "$work/gap$i.wav"
  parts+=("$work/gap$i.wav" "$work/$i.wav")
  spoken+=("$work/$i.wav")
done
silence 1.00 "$work/end.wav"
sox -D "${parts[@]}" "$work/end.wav" "$work/joined.wav"

rms() { sox "$@" -n stats 2>&1 | awk '/^RMS lev dB/ { print $4 }'; }
speech=$(rms "${spoken[@]}")
sox -R -n -r 16000 -c 1 -e float -b 32 "$work/noise.wav" synth "$(soxi -D "$work/joined.wav")" pinknoise gain -20
noise=$(rms "$work/noise.wav")
gain=$(awk "BEGIN { print $speech - $snr - ($noise) }")
sox -D "$work/noise.wav" -e float -b 32 "$work/quiet.wav" highpass 30 gain "$gain"
sox -V1 -D -m -v 1 "$work/joined.wav" -v 1 "$work/quiet.wav" --comment 'CC0 1.0, synthesised by the digitd project' \
  -b 16 "$here/digits.flac"
echo "${digits[*]}" >"$here/digits.txt"
