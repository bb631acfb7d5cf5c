#!/usr/bin/env bash
# Clients that do everything wrong, ten thousand times: the daemon lives on, leaks nothing, and others notice nothing.
#
#   Tests/Rigs/abuse.sh DIGITD [COUNT]
#
# Needs sox, gcc, libasound2-dev and python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1 count=${2:-10000}
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT

"$here/alsa/build.sh" "$work/rig"
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf"
sox -R "$here/../../Demo/digits.flac" -r 8000 -t raw -e signed -b 16 "$work/demo.raw"
"$digitd" listen --format digits --socket "$work/digitd.sock" \
    --device "digitdrig:FILE=$work/demo.raw,LOOP=1,SPEED=4" >/dev/null 2>"$work/log" &
pid=$!
python3 "$here/abuse.py" "$work/digitd.sock" $pid "$count" || { tail "$work/log"; exit 1; }
kill -TERM $pid
wait $pid
pid=
# What is written of clients is limited, or they could fill the log.
lines=$(wc -l <"$work/log")
echo "$lines lines of log"
[ "$lines" -lt 500 ]
