#!/usr/bin/env bash
# The clients of the README: socat with jq, subscribe, keypad and status, on a daemon that hears the demo's ten digits as they
# were spoken.
#
#   Tests/Rigs/clients.sh DIGITD
#
# Needs socat and jq.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$1
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
socket=$work/digitd.sock
spoken=$(tr -s ' \n' '  ' <"$here/../../Demo/digits.txt")

"$digitd" listen --input "$here/../../Demo/digits.flac" --realtime --socket "$socket" --format digits >"$work/listen" &
daemon=$!
for ((i = 0; i < 200; i++)); do [ -S "$socket" ] && break; sleep 0.05; done
"$digitd" keypad --socket "$socket" --length 4 >"$work/keypad" 2>/dev/null &
keypad=$!
"$digitd" subscribe --socket "$socket" --format digits >"$work/subscribe" 2>/dev/null &
subscribe=$!
socat -u UNIX-CONNECT:"$socket" - | jq --unbuffered -c 'select(.class == "DIGIT") | .digit' >"$work/socat" &
echo '{"status":true}' | socat -t 5 - UNIX-CONNECT:"$socket",ignoreeof | jq -c 'select(.class == "STATUS")' >"$work/asked" &
# Whoever asks in the first moment hears of no device yet.
for ((i = 0; i < 200; i++)); do
    "$digitd" status --socket "$socket" --json >"$work/status" && jq -e '.state == "open"' "$work/status" >/dev/null && break
    sleep 0.05
done
jq -e '.state == "open" and .model == "digits.safetensors"' "$work/status" >/dev/null || { cat "$work/status"; exit 1; }

wait "$keypad" "$daemon"
# The subscriber waits for the next daemon; all that this one said has reached it when it knows that it has gone.
for ((i = 0; i < 200; i++)); do [ "$(wc -l <"$work/subscribe")" -ge 10 ] && break; sleep 0.05; done
kill "$subscribe"

same() { # same NAME EXPECTED: what a client printed, on one line
    local printed
    printed=$(tr -s '\n' ' ' <"$work/$1")
    [ "${printed% }" = "$2" ] || { echo "$1 printed '$printed' and not '$2'"; exit 1; }
}
same listen "${spoken% }"
same socat "${spoken% }"
same subscribe "${spoken% }"
same keypad "$(cut -d' ' -f1-4 <<<"$spoken" | tr -d ' ')"
jq -e '.class == "STATUS"' "$work/asked" >/dev/null
echo "socat, subscribe and keypad have the digits that were spoken: ${spoken% }"
