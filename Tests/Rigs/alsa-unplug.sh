#!/usr/bin/env bash
# A microphone that fails in every way, under the whole program: each loss is survived, and capture is back within 2 s of the
# device's return.
#
#   Tests/Rigs/alsa-unplug.sh DIGITD
#
# Needs sox, gcc and libasound2-dev.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1
. "$here/wait.sh"
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT

"$here/alsa/build.sh" "$work/rig"
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf"
sox -R "$here/../../Demo/digits.flac" -r 8000 -t raw -e signed -b 16 "$work/demo.raw"
touch "$work/gate"

# Unplugged 3 s into the demo (its gate goes with it), plugged in again after 3 s, then an overrun, a suspend and an EIO.
"$digitd" listen --format json --device \
    "digitdrig:FILE=$work/demo.raw,LOOP=1,GATE=$work/gate,SCRIPT=\"24000:unplug 64000:xrun 90000:suspend 110000:eio\"" \
    >"$work/events.jsonl" 2>"$work/log" &
pid=$!

wait_for '"state":"lost"' 1 8
sleep 3
before=$(grep -c '"class":"DIGIT"' "$work/events.jsonl" || true)
returned=$(date +%s%N)
touch "$work/gate"
wait_for '"state":"open"' 2 4
milliseconds=$((($(date +%s%N) - returned) / 1000000))
echo "capture is back $milliseconds ms after the device"
[ "$milliseconds" -le 2000 ]
wait_for '"class":"DIGIT"' $((before + 3)) 10
wait_for '"class":"GAP"' 1 10
sleep 8
wait_for '"class":"DIGIT"' $((before + 8)) 10
kill -INT $pid
wait $pid
pid=
tail -1 "$work/events.jsonl" | grep -q '"class":"BYE"'
echo "$(grep -c '"class":"DIGIT"' "$work/events.jsonl") digits, $(grep -c '"class":"GAP"' "$work/events.jsonl") gaps, ended in order"
