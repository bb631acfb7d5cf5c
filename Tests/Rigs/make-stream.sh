#!/usr/bin/env bash
# Joins labelled clips into one stream, as people say digits one by one: gaps of 0.4 to 1.2 s, white noise 40 dB below
# the speech over all of it.
#
#   Tests/Rigs/make-stream.sh OUT.wav OUT.tsv [SNR_DB [GAP_MIN GAP_MAX]] < LIST
#
# LIST has a line "DIGIT PATH" for each clip, all 8 kHz mono. OUT.tsv gets "DIGIT START END" in seconds.
# Deterministic: the gaps come from a fixed seed, the noise from sox -R. Needs sox.
set -euo pipefail
wav=$1 table=$2 snr=${3:-40} gap_min=${4:-0.4} gap_max=${5:-1.2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

parts=()
: >"$table"
position=8000 # one second of background first
sox -R -r 8000 -n -b 16 -c 1 "$work/gap-8000.wav" trim 0 8000s
parts+=("$work/gap-8000.wav")
while read -r gap digit path; do
    length=$(soxi -s "$path")
    awk -v d="$digit" -v p="$position" -v n="$length" 'BEGIN { printf "%s\t%.4f\t%.4f\n", d, p / 8000, (p + n) / 8000 }' \
        >>"$table"
    [ -f "$work/gap-$gap.wav" ] || sox -R -r 8000 -n -b 16 -c 1 "$work/gap-$gap.wav" trim 0 "${gap}s"
    parts+=("$path" "$work/gap-$gap.wav")
    position=$((position + length + gap))
done < <(awk -v low="$gap_min" -v high="$gap_max" 'BEGIN { srand(20); steps = int((high - low) * 100 + 1.5) }
    { printf "%d %s\n", low * 8000 + int(rand() * steps) * 80, $0 }')
parts+=("$work/gap-8000.wav")

sox -R "${parts[@]}" -b 16 "$work/speech.wav"
# The speech's own level, without the gaps.
clips=()
for part in "${parts[@]}"; do [[ $part == "$work"/gap-* ]] || clips+=("$part"); done
rms=$(sox "${clips[@]}" -n stat 2>&1 | awk '/RMS.*amplitude/ { print $3; exit }')
# sox's white noise is uniform in -1 ... 1: its RMS is 1/sqrt(3).
volume=$(awk -v r="$rms" -v s="$snr" 'BEGIN { printf "%.8f", r * 10 ^ (-s / 20) * sqrt(3) }')
sox -R "$work/speech.wav" -b 32 "$work/noise.wav" synth whitenoise vol "$volume"
sox -R -m -v 1 "$work/speech.wav" -v 1 "$work/noise.wav" -b 16 "$wav"
