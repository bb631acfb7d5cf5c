#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# other-sounds.sh OUTDIR
#
# Writes two data directories of recorded sounds that are not digits, out of free games and teaching programs in Debian:
#
#   OUTDIR/sounds            for `digitd train --data OUTDIR/sounds --train-only sounds`
#   OUTDIR/sounds-held-out   other languages, speakers and packages: to measure with, never to train on
#
# Each holds letters, syllables and nouns in some twenty languages and short cries (8 kHz, mono, 16-bit FLAC; a folder for each
# English letter and syllable, elsewhere one for each package and language, which is nearly always one person), and under
# _background_noise_ blows, steps, drums, animals and music. Numbers are left out, as far as their file names tell, and so are the letter
# O, which some say for a zero, and words that an English digit sounds like. A sound that is there twice is taken once.
#
# Needs apt-get, with package lists, dpkg-deb and the Debian package sox, and 3 GB of room for a while; nothing is installed. The
# packages come from the distribution's archive (0.9 GB), or out of PACKAGES, a folder of .deb files.

set -euo pipefail
export LC_ALL=C

if [[ $# -ne 1 || $1 == -* ]]; then
  sed -n '/^# other-sounds/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi
outdir=$1
for tool in apt-get dpkg-deb sox; do
  command -v "$tool" >/dev/null || {
    echo "other-sounds: install $tool first" >&2
    exit 69
  }
done
mkdir -p "$outdir"
work=$(mktemp -d "$outdir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

speech=(klettres-data ktuberling-data tuxpaint-stamps-default hedgewars-data fillets-ng-data)
noise=(hydrogen-drumkits sonic-pi-samples lmms-common colobot-common-sounds endless-sky-data frozen-bubble-data
  gamine-data lugaru-data marsshooter-data bzflag-data scorched3d-data oxygen-sounds pathological ri-li-data pingus-data)
noise_held_out=(wesnoth-1.16-data supertux-data minetest-data warmux-data)
packages=${PACKAGES:-$work/packages}
if [[ -z ${PACKAGES:-} ]]; then
  mkdir -p "$packages"
  (cd "$packages" && apt-get download "${speech[@]}" "${noise[@]}" "${noise_held_out[@]}" >&2)
fi

# unpacked PACKAGE: the sound files of a package, one path a line.
unpacked() {
  local package=$1 file
  if [[ ! -d $work/$package ]]; then
    file=$(printf '%s\n' "$packages/$package"_*.deb | head -1)
    [[ -f $file ]] || {
      echo "other-sounds: $packages has no $package" >&2
      exit 66
    }
    mkdir "$work/$package"
    # tar fails where a package lacks one of the kinds.
    dpkg-deb --fsys-tarfile "$file" \
      | tar -x -C "$work/$package" --wildcards '*.ogg' '*.wav' '*.flac' '*.oga' 2>/dev/null || true
  fi
  find "$work/$package" -type f | sort
}

# plan SET FOLDER SPEAKER FILE
plan() { printf '%s\t%s\t%s\t%s\n' "$@"; }
is_held_out() { [[ $1 =~ ^(ca|da|nl|ru|sl)(@.*|_.*)?$ ]]; }

speech_plan() {
  local file language kind name set
  while read -r file; do
    [[ $file =~ /klettres/([^/]+)/(alpha|syllab)/([^/]+)\.ogg$ ]] || continue
    language=${BASH_REMATCH[1]} kind=${BASH_REMATCH[2]} name=${BASH_REMATCH[3],,}
    set=sounds
    is_held_out "$language" && set=sounds-held-out
    case $language/$kind/$name in
      en*/alpha/o) ;;
      en*/alpha/*) plan "$set" "letter-$name" "klettres-$language" "$file" ;;
      en*/syllab/*) plan "$set" "$name" "klettres-$language" "$file" ;;
      *) plan "$set" "klettres-$language" "klettres-$language" "$file" ;;
    esac
  done < <(unpacked klettres-data)
  while read -r file; do
    [[ $file =~ /sounds/([a-z]+)[^/]*/[^/]+$ ]] || continue
    language=${BASH_REMATCH[1]}
    set=sounds
    { is_held_out "$language" || [[ $language == en ]]; } && set=sounds-held-out
    plan "$set" "ktuberling-$language" "ktuberling-$language" "$file"
  done < <(unpacked ktuberling-data)
  while read -r file; do
    [[ $file == */math/* || $file == */money/* || $file == *asl_zzz* ]] && continue
    name=${file##*/}
    name=${name%.ogg}
    if [[ $name =~ ^([A-Za-z])_(filled|outline)_en_GB$ ]]; then
      name=${BASH_REMATCH[1],,}
      [[ $name == o ]] || plan sounds "letter-$name" tuxpaint-en-gb "$file"
    elif [[ $name =~ _desc_([a-z]+) ]]; then
      language=${BASH_REMATCH[1]}
      set=sounds
      is_held_out "$language" && set=sounds-held-out
      plan "$set" "tuxpaint-$language" "tuxpaint-$language" "$file"
    elif [[ $name == *_desc ]]; then
      plan sounds-held-out tuxpaint-en tuxpaint-en "$file"
    elif [[ $file != */symbols/* && $file != */hanukkah/* ]]; then
      plan sounds _background_noise_ tuxpaint "$file"
    fi
  done < <(unpacked tuxpaint-stamps-default)
  while read -r file; do
    if [[ $file =~ /voices/([^/]+)/ ]]; then
      name=${BASH_REMATCH[1]}
      set=sounds
      [[ $name == British || $name == Pirate || $name == Russian* ]] && set=sounds-held-out
      plan "$set" "hedgewars-$name" "hedgewars-${name//_/-}" "$file"
    elif [[ $file != */Music/* ]]; then
      plan sounds _background_noise_ hedgewars "$file"
    fi
  done < <(unpacked hedgewars-data)
  while read -r file; do
    [[ $file == */sound/*/en/* ]] && plan sounds fillets fillets "$file"
  done < <(unpacked fillets-ng-data)
  return 0
}

noise_plan() {
  local package file set
  for package in "${noise[@]}"; do
    while read -r file; do
      set=sounds
      [[ $file == */ForzeeStereo/* || $file == */VariBreaks/* ]] && set=sounds-held-out
      plan "$set" _background_noise_ "$package" "$file"
    done < <(unpacked "$package")
  done
  for package in "${noise_held_out[@]}"; do
    while read -r file; do plan sounds-held-out _background_noise_ "$package" "$file"; done < <(unpacked "$package")
  done
}

speech_plan >"$work/plan"
noise_plan >>"$work/plan"
total=$(wc -l <"$work/plan")
echo "other-sounds: $total recordings" >&2

declare -A seen number
index=0 made=0
while IFS=$'\t' read -r set folder speaker file; do
  index=$((index + 1))
  ((index % 1000)) || echo "other-sounds: $index of $total" >&2
  # Homophones of a digit, whatever they mean there.
  case $(basename "${file%.*}") in zero | one | won | two | to | too | three | four | for | five | six | seven | eight | ate | nine | nein) continue ;; esac
  sum=$(md5sum <"$file")
  [[ -z ${seen[$sum]:-} ]] || continue
  seen[$sum]=1
  length=20
  # Drums come in many shades of one stroke; a drum kit is many files.
  [[ $speaker == hydrogen-drumkits && $((index % 3)) != 0 ]] && continue
  n=${number[$set/$folder/$speaker]:-0}
  mkdir -p "$outdir/$set/$folder"
  clip=$outdir/$set/$folder/${speaker}_$n.flac
  # A file that sox can't read, or that holds next to nothing, is no loss among thousands.
  sox -V1 -R "$file" --comment '' -r 8000 -b 16 -c 1 "$work/clip.flac" trim 0 $length norm -3 rate 8000 2>/dev/null || continue
  [[ $(soxi -s "$work/clip.flac") -ge 400 ]] || continue
  mv "$work/clip.flac" "$clip"
  number[$set/$folder/$speaker]=$((n + 1))
  made=$((made + 1))
done <"$work/plan"
for set in sounds sounds-held-out; do
  echo "other-sounds: $(find "$outdir/$set" -name '*.flac' -not -path '*/_background_noise_/*' | wc -l) words and" \
    "$(find "$outdir/$set/_background_noise_" -name '*.flac' | wc -l) noises in $outdir/$set" >&2
done
