# What the live rigs share; sourced by them. They set $work, with the events in $work/events.jsonl and the log beside it, and $pid.

# wait_for PATTERN COUNT SECONDS: until the events hold PATTERN COUNT times.
wait_for() {
    local i count
    for ((i = 0; i < $3 * 20; i++)); do
        count=$(grep -cE "$1" "$work/events.jsonl" 2>/dev/null || true)
        [ "${count:-0}" -ge "$2" ] && return 0
        kill -0 $pid 2>/dev/null || { echo "digitd ended:"; cat "$work/log"; exit 1; }
        sleep 0.05
    done
    echo "no $1 (number $2) within $3 s; events:"
    cat "$work/events.jsonl" "$work/log"
    exit 1
}
