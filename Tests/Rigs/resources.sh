#!/usr/bin/env bash
# What digitd does when something runs out or changes under it: the disk, descriptors, memory, the wall clock, real-time
# priority, a run directory that cannot be written. A clear error or a daemon that carries on, and recovery.
#
#   Tests/Rigs/resources.sh DIGITD
#
# Needs root (for small file systems and another user; without it those parts are left out), sox, gcc, libasound2-dev, python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ "$(id -u)" = 0 ] && [ -z "${RESOURCES_INSIDE:-}" ]; then
    # Mounts of its own, which go with it.
    RESOURCES_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi
digitd=$(realpath "$1")
work=$(mktemp -d)
trap 'umount "$work"/small* 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 755 "$work"

# Every writer goes through AtomicFile: nothing else in the sources makes a file.
if grep -rnE 'createFile\(|\.write\(to(File)?:.*(atomically:|encoding:|options: [.[])|O_CREAT|fopen\([^)]*"[wa]' "$here/../../Sources" \
    --include='*.swift' --include='*.h' | grep -v '^[^:]*Sources/AtomicFile/'; then
    echo "These lines make files by themselves; use writeAtomically of AtomicFile."
    exit 1
fi

for library in steps clock; do
    gcc -O2 -Wall -Wextra -shared -fPIC -o "$work/$library.so" "$here/resources/$library.c" -ldl
done
"$here/alsa/build.sh" "$work/rig"
sox -R "$here/../../Demo/digits.flac" -r 8000 -t raw -e signed -b 16 "$work/demo.raw"
sox -R "$here/../../Demo/digits.flac" -r 8000 "$work/demo.wav"
cat >"$work/microphone.conf" <<CONF
pcm.demo { type digitdrig file "$work/demo.raw" rate 8000 loop 1 gate "$work/gate" panel "$work/panel" }
CONF
# Each digit by six names, so that some can be held out of training; and once, to be quick.
for path in "$here"/../Audio/digits/*; do
    clips=("$path"/*.flac) name=${path##*/} i=0
    mkdir -p "$work/data/$name" "$work/few/$name"
    for speaker in a b c d e f; do ln -s "${clips[i++ % ${#clips[@]}]}" "$work/data/$name/${speaker}_0.flac"; done
    ln -s "${clips[0]}" "$work/few/$name/a_0.flac"
    case $name in [!0-9]*) rm -r "$work/few/$name" ;; esac
done
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf:$work/microphone.conf" OMP_NUM_THREADS=1
python3 "$here/resources/resources.py" "$digitd" "$work" "${@:2}"
