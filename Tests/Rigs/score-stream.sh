#!/usr/bin/env bash
# Scores the events of a stream against what was said.
#
#   Tests/Rigs/score-stream.sh TABLE.tsv EVENTS.jsonl [MIN_RIGHT_PERCENT] [MAX_EXTRA_PERCENT]
#
# A spoken digit is right if exactly one DIGIT event overlaps it and says it. An event that overlaps no digit, or a second
# one for the same digit, is extra. Exits 1 where the limits (98 and 1) are not kept, or the events are out of order. Needs jq.
set -euo pipefail
table=$1 events=$2 right=${3:-98} extra=${4:-1}
jq -r 'select(.class == "DIGIT") | [.digit, .start, .end] | @tsv' "$events" \
    | awk -v right="$right" -v extra="$extra" '
        BEGIN { n = 0 }
        FNR == NR && FILENAME != "-" { digit[n] = $1; start[n] = $2; end[n] = $3; n++; next }
        {
            if ($2 < last) unordered = 1
            last = $2
            best = -1; most = 0
            for (i = 0; i < n; i++) {
                low = $2 > start[i] ? $2 : start[i]; high = $3 < end[i] ? $3 : end[i]
                if (high - low > most) { most = high - low; best = i }
            }
            if (best < 0 || heard[best]++) extras++
            else said[best] = $1
        }
        END {
            for (i = 0; i < n; i++) {
                if (heard[i] == 1 && said[i] == digit[i]) ok++
                else printf "  %.2f s: said %s, heard %s\n", start[i], digit[i], (i in said) ? said[i] : "nothing"
            }
            printf "%d of %d digits right (%.2f %%), %d extra%s\n", ok, n, 100 * ok / n, extras, unordered ? ", out of order" : ""
            exit !(ok >= right / 100 * n && extras <= extra / 100 * n && !unordered)
        }' "$table" -
