#!/bin/sh
# Builds the microphone for tests into a directory and writes its configuration there:
#   Tests/Rigs/alsa/build.sh /tmp/rig
#   ALSA_CONFIG_PATH=/usr/share/alsa/alsa.conf:/tmp/rig/digitdrig.conf digitd listen --device digitdrig
# Needs gcc and libasound2-dev.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
directory=$(cd "$1" && pwd)
gcc -O2 -Wall -Wextra -shared -fPIC -DPIC -o "$directory/libasound_module_pcm_digitdrig.so" \
    "$here/pcm_digitdrig.c" -lasound
sed "s#@DIRECTORY@#$directory#g" "$here/digitdrig.conf.in" > "$directory/digitdrig.conf"
