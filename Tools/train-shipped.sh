#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# train-shipped.sh DATA OUTPUT
#
# Trains the network for numbers from nothing, in one run: synthetic strings first, then digitd train --recipe numbers on them
# and on the recordings of DATA, a directory with the sets fsdd, speech-commands, heidelberg, single-voices, audiomnist,
# inspektral, iitg, asterisk, picovoice, librispeech, esc10, berlin-noise, an4, moshi-numbers and cs304. OUTPUT is the weights
# file; beside it stand the strings (OUTPUT.strings) and what digitd train leaves. The same command goes on after an
# interruption, and the same seed gives the same network on the same machine.
#
# Environment: DIGITD (default .build/release/digitd), SEED (1), EPOCHS (60) of 200 steps, THREADS (one a processor), JOBS (2)
# processes that synthesise, KOKORO (558) utterances of the slow neural voices.

set -euo pipefail
export LC_ALL=C.UTF-8
[[ $# -eq 2 && $1 != -* ]] || {
  sed -n '/^# train-shipped/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
}
data=$1
output=$2
tools=$(dirname "$0")
digitd=${DIGITD:-$tools/../.build/release/digitd}
sets=(fsdd speech-commands heidelberg single-voices audiomnist inspektral iitg asterisk picovoice librispeech esc10
  berlin-noise an4 moshi-numbers cs304)
for set in "${sets[@]}"; do
  [[ -d $data/$set ]] || {
    echo "train-shipped: $data lacks the recordings $set" >&2
    exit 66
  }
done

strings=$output.strings
export CACHE=$strings/cache JOBS=${JOBS:-2}
KOKORO=${KOKORO:-558} "$tools/synthesise-strings.sh" "$strings/strings"
SAYS=others KOKORO=0 FLITE=700 ESPEAK=400 FESTIVAL=250 PIPER=250 "$tools/synthesise-strings.sh" "$strings/others"

exec "$digitd" train --recipe numbers --data "${sets[@]/#/$data/}" "$strings/strings" "$strings/others" \
  --train-only strings others --set-weight an4=4 moshi-numbers=0.7 cs304=0.7 --epochs "${EPOCHS:-60}" --windows 2400 \
  --seed "${SEED:-1}" ${THREADS:+--threads "$THREADS"} --output "$output"
