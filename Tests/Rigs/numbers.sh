#!/usr/bin/env bash
# Numbers said naturally: plays directories of utterances (audio files, and a file "text" with a line "NAME WORD ..." each) to listen
# as one stream, and scores the digits that it gives.
#
#   Tests/Rigs/numbers.sh DIGITD DIR... [--speakers FILE] [--model FILE] [other options of listen]
#
# A speaker is a file's name up to its last underscore; FILE has those to play, a line each. Environment: PAUSE between utterances
# in s (1.2), KEEP (a folder for the stream, its table and the events), VERBOSE=1 for each utterance that is not heard right.
# Needs sox and python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1
shift
directories=()
speakers=()
while [ $# -gt 0 ] && [[ $1 != -* || $1 == --speakers ]]; do
    if [ "$1" = --speakers ]; then
        speakers=(--speakers "$2")
        shift 2
    else
        directories+=("$1")
        shift
    fi
done
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
python3 "$here/numbers.py" make "${directories[@]}" "${speakers[@]}" --work "$work" --pause "${PAUSE:-1.2}"
"$digitd" listen --input "$work/numbers.wav" --format json "$@" >"$work/events.jsonl"
python3 "$here/numbers.py" score --work "$work" ${VERBOSE:+--verbose}
