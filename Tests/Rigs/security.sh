#!/usr/bin/env bash
# Who may use the socket of a digitd: nobody too many from the first instant, and nobody by tricks with its path.
#
#   Tests/Rigs/security.sh DIGITD
#
# Needs root, for other users to be tried; skipped without. Needs gcc, python3, sox and libasound2-dev. What the service may do
# under systemd is shown by systemd.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$(realpath "$1")
if [ "$(id -u)" != 0 ]; then
    echo "skipped: root is needed"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
gcc -O2 -Wall -Wextra -shared -fPIC -o "$work/socket.so" "$here/security/socket.c" -ldl
"$here/alsa/build.sh" "$work/rig"
export ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$work/rig/digitdrig.conf"
python3 "$here/security/security.py" "$digitd" "$work"
