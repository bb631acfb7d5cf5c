#!/usr/bin/env bash
# Measures values of the numbers for digits run together (runs.* of a weights file's metadata): how many strings of digits are
# heard exactly right, against how often other speech is taken for a digit.
#
#   Tools/tune-strings.sh DIGITD MODEL [KEY=VALUE,VALUE...]...
#
# e.g. Tools/tune-strings.sh .build/release/digitd digits.safetensors runs.goodness_minimum=0.55,0.65,0.75 runs.cut_penalty=0.5,2
#
# One line each for the model without runs, for the model as it is, and for each value with all else as in the model. The columns:
# strings of training clips and of strangers that were heard exactly right, those that were wrong without a rejection among them, and false
# digits in each stream of other speech. Put what was chosen into a file with Tools/weights-metadata.py.
#
# Environment: DATA, the recordings (../shared/data); TRAIN, a list of training clips as strings.sh takes it (FSDD without its official test clips,
# index 0 to 4, which must not be tuned on); STRANGERS, a list of clips of held-out speakers, which are cut to their words (none by
# default); SPEECH, folders with speech that holds no digits, below DATA (asterisk/prompt, librispeech, picovoice); STRINGS in a stream
# (200); GAP_MAX, in ms (80); SEED (3); WORK, a folder that keeps the streams for the next call. One setting takes about two minutes on
# one core. Needs sox, jq and python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 64; }
digitd=$1 model=$2
shift 2
data=${DATA:-$here/../../shared/data}
rigs=$here/../Tests/Rigs
export OMP_NUM_THREADS=1
work=${WORK:-}
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
work=${work:-$temporary}
mkdir -p "$work"

# strings NAME LIST [make's options]: a stream of strings.
strings() {
    local name=$1 list=$2
    shift 2
    [ -f "$work/$name.wav" ] && return
    mkdir -p "$temporary/$name"
    python3 "$rigs/strings.py" make "$list" "$temporary/$name" --strings "${STRINGS:-200}" --gap-max "${GAP_MAX:-80}" \
        --seed "${SEED:-3}" "$@" >/dev/null
    mv "$temporary/$name/strings.tsv" "$work/$name.tsv"
    mv "$temporary/$name/strings.wav" "$work/$name.wav"
}

# speech NAME FOLDER: all recordings of a folder, with 0.5 s of quiet noise between them.
speech() {
    [ -f "$work/$1.wav" ] && return
    sox -R -r 8000 -n -b 16 -c 1 "$temporary/gap.wav" synth 0.5 whitenoise vol 0.0004
    find -L "$2" -name '*.flac' -o -name '*.wav' | LC_ALL=C sort >"$temporary/files"
    local parts=()
    while read -r path; do parts+=("$path" "$temporary/gap.wav"); done <"$temporary/files"
    sox -R "${parts[@]}" -r 8000 -c 1 -b 16 "$temporary/speech.wav"
    mv "$temporary/speech.wav" "$work/$1.wav"
}

train=${TRAIN:-}
if [ -z "$train" ]; then
    train=$temporary/train.list
    for path in "$data"/fsdd/recordings/?_*.wav; do
        name=${path##*/}
        voice=${name#?_}
        [[ $name == *_[0-4].wav ]] || echo "${name%%_*} ${voice%_*} $path"
    done >"$train"
fi
lists=(train)
strings train "$train"
if [ -n "${STRANGERS:-}" ]; then
    lists+=(strangers)
    strings strangers "$STRANGERS" --trim
fi
others=()
for folder in ${SPEECH:-asterisk/prompt librispeech picovoice}; do
    others+=("${folder%%/*}")
    speech "${folder%%/*}" "$data/$folder"
done

# measure NAME OPTIONS...: one line of the table.
measure() {
    local line name=$1 stream
    shift
    line=$(printf '%-34s' "$name")
    for stream in "${lists[@]}"; do
        "$digitd" listen --input "$work/$stream.wav" --format json "$@" >"$temporary/events.jsonl"
        "$rigs/strings-events.sh" "$temporary/events.jsonl" >"$temporary/events.tsv"
        line+=$(python3 "$rigs/strings.py" score "$work/$stream.tsv" "$temporary/events.tsv" --brief)
    done
    for stream in "${others[@]}"; do
        "$digitd" listen --input "$work/$stream.wav" --format json "$@" >"$temporary/events.jsonl"
        count=$(jq -r 'select(.class == "DIGIT") | .digit' "$temporary/events.jsonl" | wc -l)
        line+=$(awk -v n="$count" -v s="$(soxi -D "$work/$stream.wav")" 'BEGIN { printf "%14s", n " (" int(n * 3600 / s + 0.5) "/h)" }')
    done
    echo "$line"
}

printf '%-34s' "setting"
printf '%20s' "${lists[@]}"
printf '%14s' "${others[@]}"
echo
printf '[recognition]\nruns = false\n' >"$temporary/off.toml"
measure "without runs" --model "$model" --config "$temporary/off.toml"
measure "as it is" --model "$model"
for setting in "$@"; do
    for value in $(tr ',' ' ' <<<"${setting#*=}"); do
        python3 "$here/weights-metadata.py" "$model" "$temporary/model.safetensors" "${setting%%=*}=$value"
        measure "${setting%%=*} = $value" --model "$temporary/model.safetensors"
    done
done
