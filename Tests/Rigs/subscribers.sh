#!/usr/bin/env bash
# Many subscribers, some of which never read: the others get every event, none later than with a single subscriber, and the
# daemon's memory stays flat.
#
#   Tests/Rigs/subscribers.sh DIGITD [MINUTES] [SPEED]
#
# Two runs over MINUTES of stream (10) at SPEED times real time (4): one subscriber, then 64 of which 8 never read, ask for
# everything, and come back when they are closed. Fails where a reader misses an event, where of all deliveries more than
# 5 % are over 20 ms later than the same event in the first run, or where peak memory grows by more than 8 MB.
# Needs sox, gcc, libasound2-dev and python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1 minutes=${2:-10} speed=${3:-4}
work=$(mktemp -d)
pid= client=
. "$here/wait.sh"
trap 'kill $pid $client 2>/dev/null || true; rm -rf "$work"' EXIT

"$here/alsa/build.sh" "$work/rig"
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf"
sox -R "$here/../../Demo/digits.flac" -r 8000 -t raw -e signed -b 16 "$work/demo.raw"

# run NAME READERS SLEEPERS: leaves the deliveries in NAME.tsv and the daemon's peak memory in kB in NAME.memory.
run() {
    # The microphone is plugged in when everybody is connected, so that all get the stream from its beginning.
    rm -f "$work/gate" "$work/ready"
    "$digitd" listen --format digits --socket "$work/digitd.sock" \
        --device "digitdrig:FILE=$work/demo.raw,LOOP=1,SPEED=$speed,GATE=$work/gate" >/dev/null 2>"$work/log" &
    pid=$!
    python3 "$here/subscribers.py" read "$work/digitd.sock" "$2" "$3" "$work/$1.tsv" >"$work/ready" &
    client=$!
    # Longer than the subscribers' own patience, so that they say what they waited for.
    for ((i = 0; i < 2400; i++)); do
        grep -qs ready "$work/ready" && break
        kill -0 $pid 2>/dev/null && kill -0 $client 2>/dev/null || break
        sleep 0.05
    done
    grep -qs ready "$work/ready" || { echo "the subscribers did not connect:"; cat "$work/log"; stands $pid $client; exit 1; }
    touch "$work/gate"
    sleep "$(awk -v m="$minutes" -v s="$speed" 'BEGIN { print m * 60 / s }')"
    awk '/VmHWM/ { print $2 }' "/proc/$pid/status" >"$work/$1.memory"
    kill -TERM $pid
    wait $pid
    wait $client || { cat "$work/log"; exit 1; }
    pid= client=
}

run one 1 0
run many 56 8
python3 "$here/subscribers.py" compare "$work/one.tsv" "$work/many.tsv"
one=$(cat "$work/one.memory") many=$(cat "$work/many.memory")
awk -v a="$one" -v b="$many" 'BEGIN { printf "peak memory: %.1f MB with one subscriber, %.1f MB with 64\n", a / 1024, b / 1024 }'
[ $((many - one)) -le 8192 ]
