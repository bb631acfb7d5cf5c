#!/bin/sh
# Training throughput of digitd and of PyTorch side by side: whole steps at batch 64, the same thread count, in turns.
#
#   Tools/compare-training.sh                     f32, on 1 and on 2 threads
#   PRECISION=bf16 THREADS=2 Tools/compare-training.sh
#   FRAMES=512 Tools/compare-training.sh          the network for numbers, on 12 rows of 512 frames
#
# PYTHON names a Python with torch and torchvision; of PyTorch's two layouts the faster counts. Both sides give the median
# of STEPS steps; of ROUNDS rounds the best counts, since whatever else runs on the machine only ever takes time away.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
precision=${PRECISION:-f32}
steps=${STEPS:-7}
rounds=${ROUNDS:-3}
frames=${FRAMES:-}
what="batch 64, windows/s"
[ -z "$frames" ] || what="12 rows of $frames frames, seconds of sound a second"

"$python" -c 'import torch, torchvision' || { echo "Name a Python with torch and torchvision in PYTHON." >&2; exit 69; }
swift build -c release --product digitd >&2
digitd="$(swift build -c release --show-bin-path)/digitd"

best() { printf '%s\n' "$@" | sort -g | tail -1; }

for threads in ${THREADS:-1 2}; do
    ours=0 default=0 last=0
    export OMP_NUM_THREADS="$threads"
    options="--threads $threads --precision $precision --steps $steps"
    if [ -n "$frames" ]; then options="$options --batch-size 12 --frames $frames"; else options="$options --batch-size 64"; fi
    for _ in $(seq "$rounds"); do
        ours=$(best "$ours" "$("$digitd" train-benchmark $options)")
        default=$(best "$default" "$("$python" Tools/compare_training.py $options --layout default)")
        last=$(best "$last" "$("$python" Tools/compare_training.py $options --layout channels-last)")
    done
    theirs=$(best "$default" "$last")
    ratio=$(echo "$ours $theirs" | awk '{printf "%.2f", $1 / $2}')
    echo "$threads thread(s), $precision, $what: digitd $ours, PyTorch $theirs" \
        "(default $default, channels last $last), ratio $ratio"
done
