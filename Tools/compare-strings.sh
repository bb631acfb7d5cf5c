#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# compare-strings.sh TABLE
#
# Scores recognisers on the utterances of TABLE, the utterances.tsv of digitd evaluate --report, by their digits: errors
# (substituted, inserted, lost) as a share of the digits said, and utterances whose digits are exactly right, without and with
# "oh" and for those without a digit. Beside what digitd heard stands pocketsphinx (Debian's English model at 16 kHz, telephone
# recordings upsampled) with a grammar that takes any number of digits.
#
# Needs python3 with venv and sox; pocketsphinx comes from PyPI into CACHE (default: a temporary directory).

set -euo pipefail
export LC_ALL=C.UTF-8
[[ $# -eq 1 && $1 != -* ]] || {
  sed -n '/^# compare/,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 64
}
command -v sox >/dev/null || {
  echo "compare-strings: install sox first" >&2
  exit 69
}
cache=${CACHE:-$(mktemp -d)}
[[ -x $cache/bin/python ]] || python3 -m venv "$cache"
"$cache/bin/pip" -q install pocketsphinx
exec "$cache/bin/python" "$(dirname "$0")/compare_strings.py" "$1"
