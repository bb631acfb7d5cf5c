#!/bin/bash
# Builds the package with a sanitizer and runs the tests and live rigs with it. Reports end a test or a rig with a failure.
#
#   Tests/sanitizers.sh [address] [thread]     both if none is given
#
# address: with leaks, at the end of each process; undefined behaviour in the C of the shim headers is a trap there. thread:
# data races.
# Needs what the tests and rigs need. Builds lie in .build-fuzz and .build-thread. What is left alone, and why, stands in
# Tests/Sanitizers/*.supp. DIGITD_SANITIZERS_PARTS says which of "tests rigs" run, both if not given.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- address thread
parts=${DIGITD_SANITIZERS_PARTS:-tests rigs}
# libgomp is not built for these tools: its barriers are unknown to them. One thread needs none.
export OMP_NUM_THREADS=1
# A report is what counts; Swift's own backtrace of a trap takes minutes with a sanitizer's memory map.
export SWIFT_BACKTRACE=enable=no

step() { printf '== %s: %s (%(%H:%M:%S)T)\n' "$sanitizer" "$1" -1; }

for sanitizer in "$@"; do
    failed=()
    scratch=$PWD/.build-$([ "$sanitizer" = address ] && echo fuzz || echo thread)
    reports=$scratch/reports
    rm -rf "$reports"
    mkdir -p "$reports"
    rm -f "$scratch/tests.log"
    # Into files, so that no test takes a report for its program's words, and none is lost with a program that is expected
    # to fail.
    case $sanitizer in
        address)
            . Tests/Sanitizers/build.sh
            # shellcheck disable=SC2206 # several flags
            build=($address_flags)
            # Signals keep their own action, here and below: tests of the terminal's rescue send them. Who dies of one is noticed
            # without a report.
            export ASAN_OPTIONS=detect_leaks=1:log_path=$reports/report:quarantine_size_mb=32:handle_segv=0:handle_sigbus=0:handle_abort=0
            export LSAN_OPTIONS=suppressions=$PWD/Tests/Sanitizers/leaks.supp:print_suppressions=0
            ;;
        thread)
            export DIGITD_SANITIZER=thread
            build=(-c release --scratch-path "$scratch" --sanitize thread -Xswiftc -enable-testing)
            export TSAN_OPTIONS=log_path=$reports/report:suppressions=$PWD/Tests/Sanitizers/threads.supp:handle_segv=0:handle_sigbus=0:handle_abort=0
            ;;
    esac
    step "build"
    env -u ASAN_OPTIONS -u TSAN_OPTIONS swift build --build-tests "${build[@]}"
    if [[ $parts == *tests* ]]; then
        step "tests"
        # A report can be why the tests failed: it is shown below before this ends.
        swift test --skip-build "${build[@]}" ${DIGITD_SANITIZERS_FILTER:+--filter "$DIGITD_SANITIZERS_FILTER"} 2>&1 |
            tee "$scratch/tests.log" || failed+=("tests")
    fi
    if [[ $parts == *rigs* ]]; then
        digitd=$scratch/release/digitd
        # Those that ask for no speed and no size of memory.
        for rig in alsa-unplug pulse-restart clients faults; do
            step "rig $rig"
            "Tests/Rigs/$rig.sh" "$digitd" || failed+=("rig $rig")
        done
    fi
    if [ -n "$(ls "$reports")" ]; then
        head -n 60 "$reports"/* | cut -c 1-240
        echo "sanitizers: $(ls "$reports" | wc -l) processes have something to report, see $reports" >&2
        failed+=("reports")
    fi
    if [ ${#failed[@]} -gt 0 ]; then
        if [ -e "$scratch/tests.log" ]; then grep -aE '✘|^error:|^warning: .*(signal|code)' "$scratch/tests.log" | tail -n 20 || true; fi
        (IFS=,; echo "sanitizers: $sanitizer failed: ${failed[*]}" >&2)
        exit 1
    fi
done
