#!/usr/bin/env bash
# A desktop's sound server as the microphone: it is killed and started again under the running program.
#
#   Tests/Rigs/pulse-restart.sh DIGITD
#
# Needs pulseaudio, pulseaudio-utils, libasound2-plugins, jq and sox. Touches no sound server but its own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1
. "$here/wait.sh"
work=$(mktemp -d)
server= pid=
trap 'kill $pid $server 2>/dev/null || true; rm -rf "$work"' EXIT

export HOME=$work/home XDG_RUNTIME_DIR=$work/run PULSE_RUNTIME_PATH=$work/run/pulse
export PULSE_SERVER=unix:$work/run/pulse/native
mkdir -m 700 -p "$HOME" "$XDG_RUNTIME_DIR" "$PULSE_RUNTIME_PATH"
# norewinds: without it the null sink holds two seconds back.
cat >"$work/rig.pa" <<PA
load-module module-native-protocol-unix auth-anonymous=1 socket=$work/run/pulse/native
load-module module-null-sink sink_name=mic norewinds=1 rate=16000 channels=1 format=s16le channel_map=mono
set-default-sink mic
set-default-source mic.monitor
PA

start_server() {
    pulseaudio -n -F "$work/rig.pa" --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disallow-exit=yes \
        --high-priority=no --realtime=no >>"$work/pulse.log" 2>&1 &
    server=$!
    for ((i = 0; i < 100; i++)); do pactl info >/dev/null 2>&1 && return 0; sleep 0.05; done
    echo "PulseAudio did not start:"; cat "$work/pulse.log"; exit 1
}

# heard: the digits of the events so far, one a line.
heard() { jq -r 'select(.class == "DIGIT") | .digit' "$work/events.jsonl"; }

# Two seconds of the room first: a null sink plays digital silence, and a room that begins with the first word is learnt
# as a part of it.
sox -R -r 16000 -n -b 16 -c 1 "$work/room.wav" synth 2 pinknoise vol 0.01
sox -R "$work/room.wav" "$here/../../Demo/digits.flac" "$work/demo.wav"
tr -s ' \n' '\n' <"$here/../../Demo/digits.txt" >"$work/said"

start_server
"$digitd" listen --device pulse --format json >"$work/events.jsonl" 2>"$work/log" &
pid=$!
wait_for '"state":"open"' 1 5
sleep 0.5
paplay "$work/demo.wav"
sleep 1
heard >"$work/first"
diff "$work/said" "$work/first" || { echo "before the restart, said (<) and heard (>) differ"; exit 1; }

kill -KILL $server
wait $server 2>/dev/null || true
wait_for '"state":"lost"' 1 4
sleep 2
start_server
returned=$(date +%s%N)
wait_for '"state":"open"' 2 4
milliseconds=$((($(date +%s%N) - returned) / 1000000))
echo "capture is back $milliseconds ms after the server answers again"
[ "$milliseconds" -le 2000 ]
sleep 0.5
paplay "$work/demo.wav"
sleep 1
heard | tail -n +"$(($(wc -l <"$work/first") + 1))" >"$work/second"
diff "$work/said" "$work/second" || { echo "after the restart, said (<) and heard (>) differ"; exit 1; }
kill -INT $pid
wait $pid
pid=
echo "$(wc -l <"$work/said") digits heard before and after the sound server's restart"
