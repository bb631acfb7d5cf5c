#!/usr/bin/env bash
# A long run of the daemon with everything that can happen to it: devices that fail, clients of every quality, reloads.
#
#   Tests/Soak/soak.sh DIGITD [--hours H | --minutes M] [--speed X] [--seed N]
#
# The daemon hears spoken digits, 1.0 to 2.4 s apart, on the microphone for tests, for H hours (1) of the clock; at X times real
# time the sound, and the faults with it, come X times as fast. At random it meets overruns, suspends, stalls, read errors, an
# unplugged device and being stopped itself (SIGSTOP); subscribers that read, that sleep and that send garbage; SIGHUP with new
# and with broken configurations; requests for its state.
#
# Each digit that was spoken clear of a fault must be heard once, rightly and in order, and each fault must be told by an
# event. One table at the end; 1 and a sentence where something is not as it must be. The same seed gives the same choices, but
# not the same moments. Needs sox, jq, gcc, libasound2-dev and python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rigs=$here/../Rigs
[ $# -ge 1 ] || { sed -n '2,/^set/s/^# \?//p' "$0"; exit 64; }
digitd=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Clips that the network does not know on its own say nothing of the daemon: what a file gives is what must come.
for ((i = 0; i < 4; i++)); do
    for path in "$rigs"/../Audio/digits/[0-9]/*.flac; do
        digit=${path%/*}
        echo "${digit##*/} $path"
    done
done | awk 'BEGIN { srand(11) } { printf "%.9f %s\n", rand(), $0 }' | sort -n | cut -d' ' -f2- >"$work/list"
"$rigs/make-stream.sh" "$work/stream.wav" "$work/stream.tsv" 40 1.0 2.4 <"$work/list"
sox "$work/stream.wav" -t raw -e signed -b 16 "$work/stream.raw"
"$digitd" listen --input "$work/stream.wav" --format json >"$work/file.jsonl"
"$rigs/alsa/build.sh" "$work/rig"

export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf"
status=0
python3 "$here/soak.py" "$digitd" "$work" "$@" || status=$?
if [ $status -ne 0 ] && [ -n "${SOAK_KEEP:-}" ]; then cp -r "$work" "$SOAK_KEEP"; fi
exit $status
