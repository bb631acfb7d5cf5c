#!/usr/bin/env bash
# What listening costs while nobody speaks: processor time of digitd and of plain arecord on the same microphone, in turns.
#
#   Tests/Rigs/idle.sh DIGITD [SECONDS]
#
# Each is measured three times for SECONDS (30), with quiet noise at 16 kHz in periods of 10 ms, in real time; the medians
# and their ratio are printed. Fails over 1.5 times arecord.
# Needs sox, gcc, libasound2-dev and alsa-utils.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1 seconds=${2:-30}
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

"$here/alsa/build.sh" "$work/rig"
sox -R -r 16000 -n -t raw -e signed -b 16 -c 1 "$work/noise.raw" synth 30 pinknoise vol 0.004
cat >"$work/microphone.conf" <<CONF
pcm.quiet { type digitdrig file "$work/noise.raw" rate 16000 loop 1 }
CONF
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf:$work/microphone.conf"

# used PID: its threads' processor time so far, in microseconds.
used() { cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%d\n", ns / 1000 }'; }

# measure NAME COMMAND...: microseconds of processor time a second of sound, once the start is over.
measure() {
    local name=$1 before after
    shift
    "$@" >"$work/$name.out" 2>"$work/$name.log" &
    pid=$!
    sleep 3
    before=$(used $pid)
    sleep "$seconds"
    after=$(used $pid)
    # A shell that waits prints no word on a job that was told to end.
    kill -INT $pid
    wait $pid || true
    pid=
    echo $(((after - before) / seconds)) >>"$work/$name.times"
}

for ((round = 0; round < 3; round++)); do
    measure arecord arecord -q -D quiet -f S16_LE -r 16000 -c 1 --period-size=160 -t raw /dev/null
    measure digitd "$digitd" listen --device quiet --format json
done
if grep -q '"class":"\(DIGIT\|REJECTED\|GAP\)"' "$work/digitd.out"; then
    echo "the noise was taken for speech, or sound was lost:"
    cat "$work/digitd.out"
    exit 1
fi

# median NAME: of its three times.
median() { sort -n "$work/$1.times" | sed -n 2p; }
echo "arecord: $(tr '\n' ' ' <"$work/arecord.times")us a second"
echo "digitd:  $(tr '\n' ' ' <"$work/digitd.times")us a second"
awk -v a="$(median arecord)" -v d="$(median digitd)" 'BEGIN {
    printf "arecord %.3f %%, digitd %.3f %% of a processor: %.2f times\n", a / 1e4, d / 1e4, d / a
    exit !(d <= 1.5 * a)
}'
