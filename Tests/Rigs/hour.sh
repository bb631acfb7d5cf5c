#!/usr/bin/env bash
# An hour of speech on one core: how many times real time, and whether memory stays flat.
#
#   Tests/Rigs/hour.sh DIGITD
#
# Needs sox. Speed is reported, not judged: machines differ. Fails where the second half of the run needs over 4 MB more
# memory than the first, or a spoken digit is not heard.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sox -R "$here/../../Demo/digits.flac" -r 8000 -t raw -e signed -b 16 "$work/demo.raw"
bytes=$(stat -c %s "$work/demo.raw")
times=$((3600 * 16000 / bytes + 1))
for ((i = 0; i < times; i++)); do cat "$work/demo.raw"; done >"$work/hour.raw"
seconds=$(($(stat -c %s "$work/hour.raw") / 16000))

started=$(date +%s%N)
taskset -c 0 "$digitd" listen --input - --rate 8000 --format json <"$work/hour.raw" >"$work/events.jsonl" &
pid=$!
: >"$work/memory"
while kill -0 $pid 2>/dev/null; do
    awk '/VmRSS/ { print $2 }' "/proc/$pid/status" 2>/dev/null >>"$work/memory" || true
    sleep 0.02 # the whole hour may be over in one second
done
wait $pid
elapsed=$(($(date +%s%N) - started))
awk -v s="$seconds" -v e="$elapsed" 'BEGIN { printf "%d s of stream in %.1f s: %.0f times real time\n", s, e / 1e9, s * 1e9 / e }'
# The first fifth is start-up.
awk '{ all[NR] = $1 }
    END {
        for (i = int(NR / 5) + 1; i <= NR; i++) v[n++] = all[i]
        for (i = 0; i < n; i++) { if (i < n / 2) { if (v[i] > a) a = v[i] } else if (v[i] > b) b = v[i] }
        printf "resident memory: at most %.1f MB in the first half, %.1f MB in the second\n", a / 1024, b / 1024
        if (n < 4) { print "memory was seen " n " times only: too few to judge"; exit 1 }
        if (b - a >= 4096) { print "memory grows: over 4 MB more in the second half"; exit 1 }
    }' "$work/memory"
heard=$(grep -c '"class":"DIGIT"' "$work/events.jsonl")
said=$((times * $(wc -w <"$here/../../Demo/digits.txt")))
echo "$heard digits heard of $said"
[ $((said - heard)) -le $((said / 100)) ] && [ "$heard" -le $((said + said / 100)) ]
