#!/usr/bin/env bash
# The capture thread's promise: no allocation, no lock and no reference count in a period, counted over a million of them.
#
#   Tests/Rigs/promise.sh DIGITD [PERIODS]
#
# The microphone gives its periods as fast as they are read, and then half a minute of them by the clock, where the thread also
# sleeps between them. See promise/count.c for how it is counted; that it can be seen is shown first, on a thread that breaks its
# promise on purpose. A release build; reference counts on x86-64 and where it is not stripped. Needs sox, gcc and libasound2-dev.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1 periods=${2:-1000000}
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

"$here/alsa/build.sh" "$work/rig"
gcc -O2 -Wall -Wextra -Wno-nonnull -shared -fPIC -o "$work/count.so" "$here/promise/count.c" -ldl
# Speech and room: what comes of it, the capture thread must not notice.
sox -R -r 8000 -n -b 16 -c 1 "$work/room.wav" synth 60 pinknoise vol 0.004
sox -R "$here/../../Demo/digits.flac" -r 8000 "$work/demo.wav"
sox -R "$work/room.wav" "$work/demo.wav" -t raw -e signed -b 16 "$work/speech.raw"
cat >"$work/microphone.conf" <<CONF
pcm.fast { type digitdrig file "$work/speech.raw" loop 1 speed 0 }
pcm.clock { type digitdrig file "$work/speech.raw" loop 1 }
CONF
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf:$work/microphone.conf"

# count DEVICE PERIODS [BREAK=1]: the counts of a daemon that has run for so many periods, in the array counts.
count() {
    local device=$1 until=$2 n=0 before=-1 still=0
    shift 2
    truncate -s 0 "$work/counts"
    truncate -s 4096 "$work/counts"
    env "$@" LD_PRELOAD="$work/count.so" COUNTS="$work/counts" \
        "$digitd" listen --device "$device" --format digits >/dev/null 2>"$work/log" &
    pid=$!
    while [ "$n" -lt "$until" ]; do
        sleep 0.2
        n=$(od -A n -t u8 -N 8 "$work/counts" | tr -d ' ')
        still=$((n == before ? still + 1 : 0)) before=$n
        if [ $still -gt 100 ] || ! kill -0 $pid 2>/dev/null; then
            echo "the daemon stopped capturing after $n periods:"
            cat "$work/log"
            exit 1
        fi
    done
    read -ra counts < <(od -A n -v -t u8 -N 176 -w176 "$work/counts")
    kill -INT $pid
    wait $pid
    pid=
}

kinds=(allocations frees locks futexes "reference counts")
# tell: what was counted; reference counts only where they can be.
tell() {
    local kind
    for kind in 0 1 2 3 4; do
        [ $kind -lt 4 ] || [ "${counts[1]}" = 1 ] || continue
        printf '  %-16s %8d by the capture thread, %8d by libasound on it, %9d by other threads\n' \
            "${kinds[kind]}" "${counts[2 + kind]}" "${counts[7 + kind]}" "${counts[12 + kind]}"
    done
}

count fast 11000 BREAK=1
for kind in 0 1 2 3 4; do
    [ $kind -lt 4 ] || [ "${counts[1]}" = 1 ] || continue
    if [ "${counts[2 + kind]}" -lt 9 ] || { [ $kind != 3 ] && [ "${counts[12 + kind]}" -eq 0 ]; }; then
        echo "A thread that breaks its promise was not noticed; the counting of ${kinds[kind]} does not work here."
        tell
        exit 1
    fi
done
[ "${counts[1]}" = 1 ] || echo "reference counts are not counted: the program is stripped, or not for x86-64"
echo "a capture thread that breaks its promise is noticed"

# keeps: whether it does.
keeps() {
    local kind
    echo "$1: ${counts[0]} periods"
    tell
    for kind in 0 1 2 3 4; do
        [ "${counts[2 + kind]}" -eq 0 ] && continue
        printf 'The capture thread has broken its promise: %d %s, the first from 0x%x of the program.\n' \
            "${counts[2 + kind]}" "${kinds[kind]}" "${counts[17 + kind]}"
        exit 1
    done
    if [ "${counts[7]}" -ne 0 ]; then
        echo "libasound allocates in a period."
        exit 1
    fi
}
count fast "$periods"
keeps "as fast as they are read"
count clock 3500
keeps "by the clock"
