#!/bin/sh
# One window through the network, and the front end, of digitd and of other engines side by side: the same weights, the same thread
# count, one process after another.
#
#   Tools/compare-inference.sh
#   THREADS=1 ENGINES="ort-f32 ort-int8" ROUNDS=5 Tools/compare-inference.sh
#
# PYTHON names a Python with torch, torchvision, safetensors, onnx, onnxruntime, openvino and librosa; an engine that it lacks is
# left out. Each side gives the median of COUNT windows; of ROUNDS rounds the best counts, since whatever else runs on the machine
# only ever takes time away. A ratio is digitd's time over the other's, at the same precision.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
count=${COUNT:-100}
rounds=${ROUNDS:-3}
engines=${ENGINES:-"torch-f32 ort-f32 ort-int8 openvino-f32 openvino-bf16 openvino-int8"}
weights=Sources/digitd/Resources/digits.safetensors
windows=Tests/ResNetTests/Golden/shipped.f32

if [ -z "${DIGITD:-}" ]; then
    swift build -c release --product digitd >&2
    DIGITD="$(swift build -c release --show-bin-path)/digitd"
fi

least() { printf '%s\n' "$@" | sort -g | head -1; }
most() { printf '%s\n' "$@" | sort -g | tail -1; }
theirs() { "$python" Tools/compare_inference.py --weights "$weights" --windows "$windows" --count "$count" "$@" 2>/dev/null | tail -1; }
# ours_of PRECISION: the time found for it before; 0 where this machine lacks it.
ours_of() { eval "echo \${ours_$1:-0}"; }

for threads in ${THREADS:-1 2}; do
    export OMP_NUM_THREADS="$threads"
    ours_int8='' ours_bf16='' ours_f32='' others=''
    for round in $(seq "$rounds"); do
        for precision in int8 bf16 f32; do
            time=$("$DIGITD" speed-benchmark network --precision "$precision" --threads "$threads" --count "$count" 2>/dev/null) \
                || continue
            eval "ours_$precision=\$(least \$ours_$precision $time)"
        done
        for engine in $engines; do
            time=$(theirs --engine "$engine" --threads "$threads") || continue
            [ -z "$time" ] || others="$others $engine=$time"
        done
    done
    for precision in int8 bf16 f32; do
        time=$(ours_of "$precision")
        [ "$time" = 0 ] || printf '%d thread(s)  %-14s %8.3f ms\n' "$threads" "digitd-$precision" "$time"
    done
    for engine in $engines; do
        times=$(printf '%s\n' $others | sed -n "s/^$engine=//p")
        [ -n "$times" ] || { echo "$threads thread(s)  $engine is not here"; continue; }
        awk -v n="$threads" -v e="$engine" -v t="$(least $times)" -v o="$(ours_of "${engine#*-}")" 'BEGIN {
            printf "%d thread(s)  %-14s %8.3f ms%s\n", n, e, t, (o > 0 ? sprintf("   digitd takes %.2f of it", o / t) : "") }'
    done
done

ours='' librosa=''
for round in $(seq "$rounds"); do
    ours="$ours $("$DIGITD" speed-benchmark front-end --count 20)"
    librosa="$librosa $(theirs --engine librosa --count 20)" || true
done
ours=$(most $ours)
echo "front end: digitd $ours times real time"
[ -z "$librosa" ] || awk -v a="$ours" -v b="$(most $librosa)" 'BEGIN { printf "front end: librosa %s times real time; digitd is %.1f times as fast\n", b, a / b }'
