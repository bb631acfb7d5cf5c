#!/usr/bin/env bash
# The stream test: clips joined into one stream, through a file and through ALSA, must give the same events.
#
#   Tests/Rigs/stream.sh DIGITD [FSDD_RECORDINGS]
#
# With FSDD's recordings, its official test (index 0 to 4 of every speaker and digit, 300 clips); otherwise the clips
# that come with the package. The microphone plays all of it at 8 times real time and the first minute in real time.
# Needs sox, jq, gcc and libasound2-dev.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1 recordings=${2:-$here/../../../shared/data/fsdd/recordings}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -d "$recordings" ]; then
    # Shuffled with a fixed seed, so that speakers and digits follow each other as they come.
    for path in "$recordings"/?_*_[0-4].wav; do name=${path##*/}; echo "${name%%_*} $path"; done \
        | awk 'BEGIN { srand(7) } { printf "%.9f %s\n", rand(), $0 }' | sort -n | cut -d' ' -f2- >"$work/list"
else
    for path in "$here"/../Audio/digits/[0-9]/*.flac; do
        digit=${path%/*}
        echo "${digit##*/} $path"
    done >"$work/list"
fi
"$here/make-stream.sh" "$work/stream.wav" "$work/stream.tsv" <"$work/list"
echo "$(wc -l <"$work/list") clips, $(soxi -d "$work/stream.wav") of stream"

"$digitd" listen --input "$work/stream.wav" --format json >"$work/file.jsonl"
"$here/score-stream.sh" "$work/stream.tsv" "$work/file.jsonl"

# What recognition itself says: all but the device's and the wall clock's part.
events() { jq -cS 'select(.class | IN("DIGIT", "REJECTED", "GAP")) | del(.time, .latency_ms)' "$1"; }

"$here/alsa/build.sh" "$work/rig"
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf"
sox "$work/stream.wav" -t raw -e signed -b 16 "$work/stream.raw"

# listen_alsa SPEED SECONDS OUT: the daemon on the microphone until the stream's SECONDS have passed.
listen_alsa() {
    timeout -s INT "$(awk -v s="$2" -v f="$1" 'BEGIN { print s / f + 1.5 }')" \
        "$digitd" listen --device "digitdrig:FILE=$work/stream.raw,SPEED=$1" --format json >"$3" || [ $? -eq 124 ]
}

# has_gap FILE: whether sound was lost, which the daemon says: then the machine had no time for it, and the run shows nothing.
has_gap() { grep -q '"class":"GAP"' "$1"; }

seconds=$(soxi -D "$work/stream.wav")
for speed in 8 4 2; do
    listen_alsa $speed "$seconds" "$work/fast.jsonl"
    diff <(events "$work/file.jsonl") <(events "$work/fast.jsonl") >"$work/diff" && break
    if [ $speed -gt 2 ] && has_gap "$work/fast.jsonl"; then
        echo "this machine loses sound at $speed times real time; once more, slower"
        continue
    fi
    echo "ALSA at $speed times real time gave other events:"
    head -20 "$work/diff"
    exit 1
done
echo "the same $(events "$work/fast.jsonl" | wc -l) events through ALSA at $speed times real time"

for attempt in 1 2 3; do
    listen_alsa 1 60 "$work/real.jsonl"
    # Without the last, which the stop may have cut.
    count=$(($(events "$work/real.jsonl" | wc -l) - 1))
    [ "$count" -gt 10 ] || { echo "ALSA in real time gave only $count events in a minute"; exit 1; }
    diff <(events "$work/file.jsonl" | head -"$count") <(events "$work/real.jsonl" | head -"$count") >"$work/diff" && break
    if [ $attempt -lt 3 ] && has_gap "$work/real.jsonl"; then
        echo "this machine lost sound in real time; once more"
        continue
    fi
    echo "ALSA in real time gave other events:"
    head -20 "$work/diff"
    exit 1
done
echo "the same first $count events through ALSA in real time"
