#!/usr/bin/env bash
# Digits run together: joins labelled clips into strings without pauses, and counts the strings that are heard exactly right.
#
#   Tests/Rigs/strings.sh DIGITD [LIST] [listen's options, such as --model FILE]
#
# LIST has a line "DIGIT VOICE PATH" for each clip; a string has one voice. Without one, FSDD's official test clips (index 0 to 4
# of every speaker and digit), which no number may be tuned on. Environment: STRINGS (200), DIGITS a string (4), GAP_MAX
# between digits in ms (80; drawn from 0 to that), SNR of white noise in dB (40), SEED (1), RECORDINGS (FSDD's), KEEP (a folder for
# the stream, its table and the events), MINIMUM per cent right (90, the exit status is 1 below; 0 for lists of one's own).
# Needs sox, jq and python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1
shift
list=
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
    list=$1
    shift
fi
recordings=${RECORDINGS:-$here/../../../shared/data/fsdd/recordings}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -z "$list" ]; then
    list=$work/list
    for path in "$recordings"/?_*_[0-4].wav; do
        name=${path##*/}
        voice=${name#?_}
        echo "${name%%_*} ${voice%_*} $path"
    done >"$list"
fi
python3 "$here/strings.py" make "$list" "$work" --strings "${STRINGS:-200}" --digits "${DIGITS:-4}" \
    --gap-max "${GAP_MAX:-80}" --snr "${SNR:-40}" --seed "${SEED:-1}"
"$digitd" listen --input "$work/strings.wav" --format json "$@" >"$work/events.jsonl"
if [ -n "${KEEP:-}" ]; then
    mkdir -p "$KEEP"
    cp "$work"/{strings.wav,strings.tsv,events.jsonl} "$KEEP"
fi
"$here/strings-events.sh" "$work/events.jsonl" >"$work/events.tsv"
python3 "$here/strings.py" score "$work/strings.tsv" "$work/events.tsv" --minimum "${MINIMUM:-90}"
