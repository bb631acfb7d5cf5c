#!/usr/bin/env bash
# Twenty cycles of an overrun, a suspend and an unplugging each, in random order between spoken digits: every digit is heard,
# and the events tell each fault, in order, and nothing else. Then a daemon that is started without its microphone meets every
# reason for which a device is not to be had.
#
#   Tests/Rigs/faults.sh DIGITD [SEED]
#
# The microphone runs at 4 times real time; what was said and the script say which events must come.
# Needs sox, jq, gcc and libasound2-dev.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1 seed=${2:-1}
. "$here/wait.sh"
cycles=20
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

# One digit before each fault and one behind the last.
for ((i = 0; i < 4; i++)); do
    for path in "$here"/../Audio/digits/[0-9]/*.flac; do
        digit=${path%/*}
        echo "${digit##*/} $path"
    done
done | awk -v s="$seed" 'BEGIN { srand(s) } { printf "%.9f %s\n", rand(), $0 }' | sort -n | cut -d' ' -f2- \
    | awk -v n=$((3 * cycles + 1)) 'NR <= n' >"$work/list"
"$here/make-stream.sh" "$work/stream.wav" "$work/stream.tsv" <"$work/list"
sox "$work/stream.wav" -t raw -e signed -b 16 "$work/stream.raw"

# The script has "FRAME:FAULT" for each fault, at random between the end of a digit's clip and the beginning of the next;
# what must come has a line for each event. A digit's DIGIT comes 70 ms after its last sound, so a fault stays clear of that.
awk -v seed="$seed" -v script="$work/script" -v expected="$work/expected" '
    { digit[NR] = $1; start[NR] = $2; end[NR] = $3 }
    END {
        srand(seed)
        story["xrun"] = "gap overrun"
        story["suspend"] = "gap suspend"
        story["unplug"] = "device lost missing\ndevice open"
        print "device open" >expected
        for (i = 1; i <= NR; i++) {
            print "digit " digit[i] >expected
            if (i == NR) break
            if (i % 3 == 1) {
                split("xrun suspend unplug", kinds, " ")
                for (k = 3; k > 1; k--) { j = 1 + int(rand() * k); kind = kinds[k]; kinds[k] = kinds[j]; kinds[j] = kind }
            }
            kind = kinds[(i - 1) % 3 + 1]
            position = end[i] + 0.1 + rand() * (start[i + 1] - end[i] - 0.1)
            printf "%d:%s ", position * 8000, kind >script
            print story[kind] >expected
        }
    }' "$work/stream.tsv"

# story: the events as lines like those expected.
story() {
    jq -r 'select(.class | IN("DIGIT", "REJECTED", "GAP", "DEVICE"))
        | if .class == "DIGIT" then "digit \(.digit)"
        elif .class == "GAP" then "gap \(.cause)"
        elif .class == "DEVICE" then "device \([.state, .reason // empty] | join(" "))"
        else "rejected \(.reason)" end' "$work/events.jsonl"
}

"$here/alsa/build.sh" "$work/rig"
cat >"$work/microphones.conf" <<CONF
pcm.scripted { type digitdrig file "$work/stream.raw" rate 8000 speed 4 gate "$work/gate" script "$(cat "$work/script")" }
pcm.gated { type digitdrig file "$work/stream.raw" rate 8000 gate "$work/gate" script "4000:unplug" }
CONF
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf:$work/microphones.conf"
touch "$work/gate"
"$digitd" listen --format json --device scripted >"$work/events.jsonl" 2>"$work/log" &
pid=$!
for ((i = 1; i <= cycles; i++)); do
    wait_for '"state":"lost"' $i 30
    touch "$work/gate"
done
wait_for '"class":"DIGIT"' $((3 * cycles + 1)) 30
story >"$work/story"
diff "$work/expected" "$work/story" || { echo "what must come (<) and the events (>) differ; seed $seed"; exit 1; }
echo "$cycles cycles, $((3 * cycles)) faults: $(grep -c digit "$work/story") digits heard, $(wc -l <"$work/story") events as the script says"

# gate WORD: what opening the device says from now on; replaced in one step, so that nobody reads half of it.
gate() { printf %s "$1" >"$work/gate.new" && mv "$work/gate.new" "$work/gate"; }
kill -INT $pid
wait $pid
tail -1 "$work/events.jsonl" | grep -q '"class":"BYE"'
rm -f "$work/gate"
: >"$work/events.jsonl"
"$digitd" listen --format json --socket "$work/socket" --device gated >"$work/events.jsonl" 2>"$work/log" &
pid=$!
wait_for '"reason":"missing"' 1 5
gate busy
wait_for '"reason":"busy"' 1 5
# Several attempts with the same answer are told once.
sleep 3
gate perm
wait_for '"reason":"forbidden"' 1 5
rm "$work/gate"
wait_for '"reason":"missing"' 2 5
gate ""
wait_for '"reason":"missing"' 3 5
gate ""
wait_for '"state":"open"' 2 5
wait_for '"class":"DIGIT"' 1 10
kill -INT $pid
wait $pid
pid=
diff <(printf 'device %s\n' "lost missing" "lost busy" "lost forbidden" "lost missing" open "lost missing" open) \
    <(story | grep device) || { echo "the device's story differs"; exit 1; }
[ "$(grep -c "capture device gated" "$work/log")" -eq 7 ] || { echo "the log has not one line a change:"; cat "$work/log"; exit 1; }
echo "started without a microphone; missing, busy, forbidden, missing, there, unplugged, back: each told once, in events and log"
