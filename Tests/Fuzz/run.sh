#!/bin/sh
# Feeds the readers of foreign bytes with inputs that libFuzzer makes up, under the address sanitizer. An input that ends the
# process, takes more than a second or more than 512 MB is a find: it is kept in .build-fuzz/finds, and the script fails.
#
#   Tests/Fuzz/run.sh [SECONDS [TARGET...]]     SECONDS: for each target, 60 if not given; all targets if none is given
#
# DIGITD_FUZZ_RUNS=N also ends a target after N inputs; DIGITD_FUZZ_SEED=N makes up the same inputs again. What is found to
# reach new code is kept in .build-fuzz/corpus; the seeds in Tests/Fuzz/Corpus are only read.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- requests events configuration weights picture audio stdin environment

. Tests/Sanitizers/build.sh
scratch=$PWD/.build-fuzz
# shellcheck disable=SC2086 # several flags
swift build $address_flags --product Fuzz

# The quarantine counts as memory in use. A trap of Swift must not be held up by its backtrace.
export ASAN_OPTIONS="quarantine_size_mb=16:malloc_context_size=12${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export LSAN_OPTIONS="suppressions=$PWD/Tests/Sanitizers/leaks.supp:print_suppressions=0"
export SWIFT_BACKTRACE=enable=no
export OMP_NUM_THREADS=1
program=$scratch/release/Fuzz
rm -rf "$scratch/finds"
mkdir -p "$scratch/finds"
failed=0

# Whether all finds of a target are time-outs, or slow by libFuzzer's measure of 10 s, that do not happen again: on a busy
# machine the process itself may stand still. Removes those.
was_only_waiting() {
    for find in "$scratch/finds/$1"-*; do
        case $find in
            "$scratch/finds/$1"-timeout-* | "$scratch/finds/$1"-slow-unit-*)
                DIGITD_FUZZ_TARGET=$1 "$program" -timeout=1 "$find" >>"$log" 2>&1 </dev/null || return 1
                rm "$find"
                ;;
            *) return 1 ;;
        esac
    done
}

for target in "$@"; do
    case $target in
        picture | audio | weights) length=8192 ;;
        stdin) length=16384 ;;
        *) length=5000 ;;
    esac
    mkdir -p "$scratch/corpus/$target"
    log=$scratch/$target.log
    : >"$log"
    printf '%s: ' "$target"
    left=$seconds
    runs=${DIGITD_FUZZ_RUNS:--1}
    # In slices, each a process of its own: libraries leak (Tests/Sanitizers/leaks.supp), and the limit on memory is for inputs.
    while [ "$left" -gt 0 ] && [ "$runs" -ne 0 ]; do
        slice=$((left < 300 ? left : 300))
        left=$((left - slice))
        set -- -timeout=1 -rss_limit_mb=512 -max_total_time=$slice -runs="$runs" -max_len=$length -print_final_stats=1 \
            -artifact_prefix="$scratch/finds/$target-" ${DIGITD_FUZZ_SEED:+-seed=$DIGITD_FUZZ_SEED}
        # libmpg123 says much of what it refuses; what Fuzz itself has to say of a find comes when it is given the find again.
        if [ "$target" = audio ]; then set -- "$@" -close_fd_mask=2; fi
        if [ -e "Tests/Fuzz/$target.dict" ]; then set -- "$@" -dict="Tests/Fuzz/$target.dict"; fi
        if ! DIGITD_FUZZ_TARGET=$target "$program" "$@" "$scratch/corpus/$target" "Tests/Fuzz/Corpus/$target" \
            >>"$log" 2>&1 </dev/null && ! was_only_waiting "$target"; then
            echo "a find, see $log and $scratch/finds"
            tail -n 30 "$log"
            failed=1
            continue 2
        fi
        if [ "$runs" -gt 0 ]; then
            fed=$(awk '/^stat::number_of_executed_units/ { n = $2 } END { print n }' "$log")
            runs=$((fed < runs ? runs - fed : 0))
        fi
    done
    awk '/^stat::number_of_executed_units/ { n += $2 }
        /^stat::peak_rss_mb/ && $2 > m { m = $2 }
        / cov: / { c = $0; sub(/.* cov: /, "", c); sub(/ .*/, "", c) }
        END { printf "%d inputs, %d places of the code, %d MB at most\n", n, c, m }' "$log"
done
exit $failed
