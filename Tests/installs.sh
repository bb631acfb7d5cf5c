#!/bin/bash
# Runs the README's two commands as a newcomer would: in bare root file systems of Debian releases, with nothing in them but
# Swift and what Swift needs. Needs root, debootstrap, git, and a mirror of Debian.
#
#   Tests/installs.sh [SUITE...]    SUITE: bookworm (Debian 12), trixie (Debian 13); both if none is given
#
# What is tested is the last commit. The bare file systems are kept in .build-installs as archives, so that a second run
# only downloads what the commands install. DIGITD_INSTALLS_COMMANDS=1 leaves the tests, the second command, out.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- bookworm trixie
mirror=${DIGITD_DEBIAN_MIRROR:-http://deb.debian.org/debian}
store=$PWD/.build-installs
# What Swift itself needs to run and to link, as its page for Debian 12 says (without the parts for its debugger).
swift_needs() {
    local packages=binutils,libedit2,libncurses6,libsqlite3-0,libxml2,libz3-4,tzdata,zlib1g,libc6-dev
    if [ "$1" = bookworm ]; then
        echo "$packages,libcurl4,libgcc-12-dev,libstdc++-12-dev"
    else
        echo "$packages,libcurl4t64,libgcc-14-dev,libstdc++-14-dev"
    fi
}
die() { echo "installs: $*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || die "run it as root: it makes root file systems"
command -v debootstrap >/dev/null || die "install debootstrap"
swift=$(readlink -f "$(command -v swift)") || die "install Swift"
toolchain=${swift%/usr/bin/*}
[ -n "$toolchain" ] || die "Swift lies in the system's own folders and cannot be bound in by itself; unpack it below /opt"

# The README's commands, for root. There must be two.
mapfile -t commands < <(sed -n 's/^sudo apt-get update/apt-get update/p' README.md | sed 's/sudo //g')
[ ${#commands[@]} -eq 2 ] || die "the README has ${#commands[@]} commands that begin with apt-get update, and not 2"
commands=("${commands[@]:0:${DIGITD_INSTALLS_COMMANDS:-2}}")

mkdir -p "$store"
failed=0
for suite in "$@"; do
    root=$store/$suite
    rm -rf --one-file-system "$root"
    mkdir "$root"
    if [ ! -e "$store/$suite.tar" ]; then
        debootstrap --variant=minbase --include="$(swift_needs "$suite")" "$suite" "$root" "$mirror" >"$store/$suite.log" 2>&1 ||
            { tail -n 5 "$store/$suite.log" >&2; die "$mirror gives no $suite, see $store/$suite.log"; }
        tar -C "$root" -cf "$store/$suite.tar.part" .
        mv "$store/$suite.tar.part" "$store/$suite.tar"
    else
        tar -C "$root" -xf "$store/$suite.tar"
    fi
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    echo 127.0.0.1 localhost "$(hostname)" >"$root/etc/hosts"
    git clone -q . "$root/root/digitd"

    # Where git takes packages from a folder instead of their home, that folder is needed too.
    folders=("$toolchain")
    while read -r key value; do
        git config --file "$root/etc/gitconfig" --add "$key" "$value"
        folder=${key#url.}
        folder=${folder%.insteadof}
        if [ -d "$folder" ]; then
            # Another user's, seen from inside.
            git config --file "$root/etc/gitconfig" --replace-all safe.directory '*'
            [[ " ${folders[*]} " == *" ${folder%/} "* ]] || folders+=("${folder%/}")
        fi
    done < <(git config --get-regexp '^url\..*\.insteadof$' || true)
    for folder in "${folders[@]}"; do mkdir -p "$root$folder"; done

    for command in "${commands[@]}"; do
        echo "installs: $suite: $command"
        SECONDS=0
        log=$store/$suite.log
        # The mounts go with the name space, however it ends.
        if ! unshare --mount --pid --fork bash -euc '
            root=$1; toolchain=$2; command=$3; shift 3
            mount --make-rprivate /
            for folder; do mount -o bind,ro "$folder" "$root$folder"; done
            mount --rbind /dev "$root/dev"
            mount --rbind /sys "$root/sys"
            mount -t proc proc "$root/proc"
            exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
                PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$toolchain/usr/bin" \
                bash -c "cd /root/digitd && $command"
            ' installs "$root" "$toolchain" "$command" "${folders[@]}" >"$log" 2>&1 </dev/null; then
            tail -n 40 "$log" >&2
            echo "installs: $suite: the command failed, see $log" >&2
            cp "$log" "$store/$suite.failed.log"
            failed=1
            break
        fi
        if [[ $command == *"swift run"* ]]; then
            # The digits of the demo, as the first word of a line.
            diff <(tr -s ' \n' '\n' <Demo/digits.txt) <(sed -n 's/^\([0-9]\)  [0-9.]* %.*/\1/p' "$log") ||
                { echo "installs: $suite: other digits than in Demo/digits.txt, see $log" >&2; failed=1; }
        fi
        tail -n 1 "$log"
        echo "installs: $suite: done in $SECONDS s, with oneDNN $(chroot "$root" dpkg-query -f '${Version}' -W libdnnl-dev)"
    done
    rm -rf --one-file-system "$root"
done
exit $failed
