#!/usr/bin/env bash
# The events of a file of JSON lines as strings.py reads them: class, digit or reason, start, end and at. Needs jq.
#
#   Tests/Rigs/strings-events.sh EVENTS.jsonl
jq -r 'select(.class | IN("DIGIT", "REJECTED")) | [.class, .digit // .reason, .start, .end, .at] | @tsv' "$1"
