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

# stands PID...: where each thread of processes that do not go on is, with its stack where gdb is installed, for whoever has only
# the log of a run.
stands() {
    local process thread
    # Waiting for a disk, or for a processor that a virtual machine does not get (steal, the eighth number).
    grep -s . /proc/pressure/* || true
    grep '^cpu ' /proc/stat
    for process; do
        echo "process $process: $(tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline" || echo has ended)"
        for thread in "/proc/$process/task"/*; do
            [ -r "$thread/status" ] || continue
            printf '  %s: %s, in %s, system call %s\n' "$(cat "$thread/comm")" "$(awk '/^State/ { print $3 }' "$thread/status")" \
                "$(cat "$thread/wchan" 2>/dev/null)" "$(cat "$thread/syscall" 2>/dev/null)"
            # Nanoseconds that it ran, and that it waited for a processor.
            printf '    ran and waited: %s\n' "$(cat "$thread/schedstat" 2>/dev/null)"
        done
        if [ -d "/proc/$process" ] && command -v gdb >/dev/null; then
            timeout 60 gdb -batch -p "$process" -ex 'thread apply all backtrace 30' 2>/dev/null | grep -E '^(Thread|#)' || true
        fi
    done
}
