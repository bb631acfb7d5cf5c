#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# music.sh OUTDIR
#
# Writes two data directories of music, and of winds, rain and crowds, out of free games in Debian and a telephone system's hold music:
#
#   OUTDIR/music            for `digitd train --data OUTDIR/music --train-only music`; all of it is CC BY-SA, CC BY or CC0
#   OUTDIR/music-held-out   other packages: to measure with, never to train on
#
# Each holds a folder _background_noise_ of 8 kHz, mono, 16-bit FLAC: the first 150 seconds of whatever lasts 8 seconds or more.
#
# Needs apt-get, with package lists, dpkg-deb and the Debian package sox, and 2 GB of room for a while; nothing is installed. The
# packages come from the distribution's archive (1.3 GB), or out of PACKAGES, a folder of .deb files.

set -euo pipefail
export LC_ALL=C

if [[ $# -ne 1 || $1 == -* ]]; then
  sed -n '/^# music/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi
outdir=$1
for tool in apt-get dpkg-deb sox; do
  command -v "$tool" >/dev/null || {
    echo "music: install $tool first" >&2
    exit 69
  }
done
mkdir -p "$outdir"
work=$(mktemp -d "$outdir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

trained=(asterisk-moh-opsound-wav flare-game megaglest-data supertuxkart-data)
held_out=(drascula-music hyperrogue-music singularity-music wesnoth-1.16-music)

# unpacked PACKAGE: the paths of its sound files, which stay until the next package.
unpacked() {
  rm -rf "$work/package" && mkdir "$work/package"
  if [[ -n ${PACKAGES:-} ]]; then
    dpkg-deb -x "$PACKAGES/$1"_*.deb "$work/package"
  else
    (cd "$work/package" && apt-get download -qq "$1" >&2 && dpkg-deb -x "$1"_*.deb . && rm "$1"_*.deb)
  fi
  find "$work/package" -type f \( -iname '*.ogg' -o -iname '*.wav' \) | sort
}

for set in music music-held-out; do
  packages=("${trained[@]}")
  [[ $set == music ]] || packages=("${held_out[@]}")
  folder=$outdir/$set/_background_noise_
  mkdir -p "$folder"
  for package in "${packages[@]}"; do
    n=0
    while read -r file; do
      # The one of its tracks that is under the GPL.
      [[ $file != */klabauter_dance.ogg ]] || continue
      seconds=$(soxi -D "$file" 2>/dev/null) || continue
      [[ ${seconds%.*} -ge 8 ]] || continue
      sox -V1 -R "$file" --comment '' -r 8000 -b 16 -c 1 "$work/clip.flac" trim 0 150 norm -3 rate 8000 2>/dev/null || continue
      mv "$work/clip.flac" "$folder/${package}_$n.flac"
      n=$((n + 1))
    done < <(unpacked "$package")
    echo "music: $n recordings of $package" >&2
  done
done
