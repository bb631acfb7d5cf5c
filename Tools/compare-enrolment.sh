#!/bin/sh
# What `digitd enroll` gains for people whom a network has never heard, with 5 clips of each digit, and what it costs
# everybody else: the same errors before and after, by speaker and in all.
#
#   Tools/compare-enrolment.sh DATA              DATA holds the sets: fsdd, speech-commands, ...
#   MODEL=other.safetensors STRANGERS="DATA/theo" Tools/compare-enrolment.sh DATA
#   Tools/compare-enrolment.sh DATA --windows 2048 --learning-rate 0.0002
#
# The sets named in SETS must be those that the network was trained on, in any order but all of them: the same speakers are
# then held out again. SYNTH is the directory of synthetic voices, which all train. STRANGERS are directories of people
# whom the network has not heard at all, such as the speaker of FSDD that a network was trained without; where it is not
# given, held-out speakers with enough clips of every digit are enrolled. FSDD's test clips are left out.
#
# "error" is where the network must answer, "missed" what is not right at its own operating point, "wrong" what is taken for
# another digit, "others taken" other words taken for a digit.
set -eu
[ $# -ge 1 ] || { echo "Name the directory that holds the sets." >&2; exit 64; }
data=$1
shift
cd "$(dirname "$0")/.."

default="fsdd speech-commands audiomnist inspektral iitg asterisk picovoice librispeech esc10 berlin-noise"
directories=
for set in ${SETS:-$default}; do
    case $set in
    */*) directories="$directories $set" ;;
    *) directories="$directories $data/$set" ;;
    esac
done
swift build -c release --product digitd >&2
digitd="$(swift build -c release --show-bin-path)/digitd"

# Names are split on spaces on purpose.
# shellcheck disable=SC2086
exec "$digitd" enroll-benchmark --data $directories ${SYNTH:-} \
    ${SYNTH:+--train-only "$(basename "$SYNTH")"} \
    ${STRANGERS:+--strangers $STRANGERS} ${MODEL:+--model "$MODEL"} --threads "${THREADS:-2}" "$@"
