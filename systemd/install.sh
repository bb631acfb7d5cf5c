#!/usr/bin/env bash
# Installs digitd from this clone, or takes it away again. Safe to run twice: an edited configuration is never overwritten.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: systemd/install.sh [--prefix DIR] [--user] [--binary FILE]
       systemd/install.sh --uninstall [--prefix DIR] [--user]

  --prefix DIR   where to install; default /usr/local, with --user ~/.local
  --user         for this user only: a unit for systemctl --user, and nothing outside the home directory
  --binary FILE  install this program, as it is, instead of building one
  --uninstall    remove what was installed; an edited configuration stays

DESTDIR=DIR in the environment puts everything below DIR and leaves the running system alone, for packages.
USAGE
}

# fail STATUS SENTENCE...: the statuses are those of sysexits.h, as digitd's own.
fail() {
    local status=$1
    shift
    echo "install.sh: $*" >&2
    exit "$status"
}

prefix='' user=false binary='' uninstall=false
while [ $# -gt 0 ]; do
    case $1 in
    --prefix | --binary) [ $# -ge 2 ] || fail 64 "$1 needs a value; see --help." ;;&
    --prefix) prefix=$2 && shift ;;
    --prefix=*) prefix=${1#*=} ;;
    --binary) binary=$2 && shift ;;
    --binary=*) binary=${1#*=} ;;
    --user) user=true ;;
    --uninstall) uninstall=true ;;
    -h | --help) usage && exit 0 ;;
    *) fail 64 "$1 is no option; see --help." ;;
    esac
    shift
done
$uninstall && [ -n "$binary" ] && fail 64 "Give --uninstall or --binary, not both."

source=$(cd "$(dirname "$0")/.." && pwd)
root=${DESTDIR:-}
root=${root%/}
case $root in '' | /*) ;; *) fail 64 "DESTDIR is $root; give an absolute path." ;; esac

if $user; then
    [ -n "${HOME:-}" ] || fail 64 "HOME is not set; --user installs there."
    [ -z "$root" ] && [ -n "${SUDO_USER:-}" ] && fail 64 "With --user, run it without sudo: it installs for one user only."
    prefix=${prefix:-$HOME/.local}
else
    prefix=${prefix:-/usr/local}
    [ -n "$root" ] || [ "$(id -u)" = 0 ] \
        || fail 77 "Run it as root (sudo systemd/install.sh), or with --user to install for yourself only."
fi
while [ "$prefix" != "${prefix%/}" ]; do prefix=${prefix%/}; done
# The units name the prefix, where systemd gives meaning to spaces, quotes, $, % and \.
case $prefix in
*[!A-Za-z0-9/._+@-]*) fail 64 "The prefix \"$prefix\" has other characters than A-Z a-z 0-9 / . _ + @ -; choose another." ;;
/*) ;;
*) fail 64 "The prefix \"$prefix\" is not usable; give an absolute path other than /." ;;
esac
if ! $user && [ -z "$root" ]; then
    case $prefix/ in
    /home/* | /root/* | /run/* | /tmp/* | /var/tmp/*)
        fail 64 "The service may not look into $prefix; choose a prefix such as /usr/local or /opt/digitd, or --user."
        ;;
    esac
fi

# Where systemd looks for what is installed under that prefix: /etc is for those it knows nothing of.
case $prefix in
/usr | /usr/local) units=$prefix/lib ;;
*) units=/etc ;;
esac
sysusers=$units/sysusers.d/digitd.conf
user_units=$units/systemd/user
if $user; then user_units=${XDG_DATA_HOME:-$HOME/.local/share}/systemd/user; fi
configuration=$prefix/etc/digitd/digitd.toml
if [ "$prefix" = /usr ]; then configuration=/etc/digitd/digitd.toml; fi
group=digitd-clients

# What is installed, a line each: "mode system" or "mode user", "file PATH", "sum SHA256 PATH" (of a file as it was installed),
# "directory PATH" (made by this script), "configuration SHA256 PATH" (as it was installed). Paths are without DESTDIR. It is
# written before the first file, so that what an interrupted installation leaves can be removed.
manifest=$prefix/share/digitd/installed
mode=system
if $user; then mode=user; fi

# recorded KIND: the paths or values of that kind in the manifest.
recorded() { if [ -f "$root$manifest" ]; then sed -n "s#^$1 ##p" "$root$manifest"; fi; }
checksum() { sha256sum <"$1" | cut -d' ' -f1; }
# edited PATH: whether a file of the manifest is no longer as it was installed. Older manifests do not say.
edited() {
    local sum
    [ -f "$root$1" ] && sum=$(recorded sum | sed -n "s#^\([0-9a-f]*\) $1\$#\1#p") && [ -n "$sum" ] \
        && [ "$(checksum "$root$1")" != "$sum" ]
}
# keep_copy PATH: of an edited file.
keep_copy() {
    mv -f "$root$1" "$root$1.edited" || fail 77 "$root$1.edited cannot be written; see above."
    echo "Kept the edited $root$1 as $root$1.edited."
}
# running: whether a service manager runs here that has to know.
running() {
    [ -z "$root" ] || return 1
    if $user; then manage show-environment >/dev/null 2>&1; else [ -d /run/systemd/system ]; fi
}
manage() { if $user; then systemctl --user "$@"; else systemctl "$@"; fi; }

if [ -f "$root$manifest" ] && [ "$(recorded mode)" != "$mode" ]; then
    fail 64 "Under $prefix digitd is installed $(if $user; then echo without; else echo with; fi) --user; do the same now."
fi

if $uninstall; then
    [ -f "$root$manifest" ] || fail 66 "digitd is not installed under $root$prefix; give the --prefix it was installed with."
    if running; then manage disable --quiet --now digitd.socket digitd.service 2>/dev/null || true; fi
    recorded file | while read -r path; do
        if edited "$path"; then keep_copy "$path"; else rm -f "$root$path"; fi
    done
    recorded configuration | while read -r sum path; do
        [ -f "$root$path" ] || continue
        if [ "$(checksum "$root$path")" = "$sum" ]; then
            rm -f "$root$path"
        else
            echo "Kept $root$path, because it has been edited."
        fi
    done
    directories=$(recorded directory)
    rm -f "$root$manifest"
    # The deepest first, and only what is empty.
    printf '%s\n' "$directories" | sort -r | while read -r path; do
        if [ -n "$path" ]; then rmdir "$root$path" 2>/dev/null || true; fi
    done
    if running; then manage daemon-reload; fi
    if ! $user && [ -z "$root" ] && entry=$(getent group "$group"); then
        if [ -z "${entry##*:}" ] && groupdel "$group" 2>/dev/null; then :; else
            echo "Kept the group $group, because it has members; groupdel $group removes it."
        fi
    fi
    echo "digitd is removed from $root$prefix."
    exit 0
fi

network=$source/Sources/digitd/Resources/digits.safetensors
for file in "$network" "$source/config/digitd.toml"; do
    [ -f "$file" ] || fail 66 "$file is missing; run this from a complete clone of the repository."
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A folder of its own beside .build, because the option makes everything be built anew.
build='swift build -c release --static-swift-stdlib --product digitd --scratch-path .build-static'
if [ -n "$binary" ]; then
    [ -f "$binary" ] && [ -x "$binary" ] || fail 66 "$binary is no program; give the one that swift build has made."
else
    binary=$source/.build-static/release/digitd
    if [ ! -x "$binary" ] || [ -n "$(cd "$source" && find Package.swift Sources \
        \( -name '*.swift' -o -name '*.h' -o -name '*.modulemap' \) -newer "$binary" -print -quit)" ]; then
        # A build by root would leave files in the clone that its owner cannot remove.
        [ -z "${SUDO_USER:-}" ] || fail 66 "There is no build of these sources;" \
            "make one as yourself with (cd $source && $build) and run this again, or give --binary FILE."
        command -v swift >/dev/null || fail 66 "There is no build of these sources, and swift is not in the PATH;" \
            "make one with (cd $source && $build) and run this again, or give --binary FILE."
        echo "Building digitd; the first time takes some minutes."
        (cd "$source" && $build) || fail 1 "The build failed; see above. It needs the libraries that the README lists."
        touch "$binary"
    fi
    # A third of the file is for debuggers.
    if command -v strip >/dev/null; then
        strip -o "$work/digitd" "$binary"
        binary=$work/digitd
    fi
fi
if ldd "$binary" | grep libswift >/dev/null; then
    echo "Warning: $binary needs Swift's run-time libraries where it is now built; --static-swift-stdlib would not." >&2
fi
"$binary" --version >/dev/null || fail 1 "$binary does not run here; see above."

# make_directory PATH: with its parents; those that are new are recorded.
make_directory() {
    if [ -d "$root$1" ]; then return; fi
    case $1 in /?*/*) make_directory "${1%/*}" ;; esac
    mkdir -m 755 "$root$1" || fail 77 "$root$1 cannot be made; see above."
    echo "directory $1" >>"$work/installed"
}

# place MODE FILE TARGET: replaces a target in one step, so that a program that runs goes on with the old one.
place() {
    make_directory "${3%/*}"
    if edited "$3" && ! cmp -s "$2" "$root$3"; then keep_copy "$3"; fi
    install -m "$1" "$2" "$root$3.digitd-new" && mv -f "$root$3.digitd-new" "$root$3" \
        || fail 77 "$root$3 cannot be written; see above."
    echo "file $3" >>"$work/installed"
    echo "sum $(checksum "$2") $3" >>"$work/installed"
}

# plan MODE FILE TARGET: what is to be placed. Nothing is while one of the targets is somebody else's.
plans=()
plan() {
    if { [ -e "$root$3" ] || [ -L "$root$3" ]; } && ! recorded file | grep -qxF "$3" && ! cmp -s "$2" "$root$3"; then
        fail 73 "$root$3 is not digitd's own; move it away, or choose another --prefix."
    fi
    plans+=("$1" "$2" "$3")
}

# plan_unit TEMPLATE TARGET
plan_unit() {
    local unit
    unit=$(mktemp "$work/unit.XXXXXX")
    sed -e "s#@PREFIX@#$prefix#g" -e "s#@CONFIG@#$configuration#g" "$source/systemd/$1" >"$unit"
    plan 644 "$unit" "$2"
}

# write_manifest: of what is placed so far, and of all that will be.
write_manifest() {
    local index
    {
        cat "$work/installed"
        recorded file | sed 's/^/file /'
        recorded sum | sed 's/^/sum /'
        recorded configuration | sed 's/^/configuration /'
        for ((index = 2; index < ${#plans[@]}; index += 3)); do echo "file ${plans[index]}"; done
    } | sort -u >"$work/manifest"
    install -m 644 "$work/manifest" "$root$manifest" || fail 77 "$root$manifest cannot be written; see above."
}

# place_configuration: an edited one stays, and the new one goes beside it.
place_configuration() {
    local default=$source/config/digitd.toml installed
    installed=$(recorded configuration | cut -d' ' -f1)
    if [ -f "$root$configuration" ]; then
        local present
        present=$(checksum "$root$configuration")
        if [ "$present" != "$(checksum "$default")" ] && [ "$present" != "$installed" ]; then
            echo "Kept $root$configuration, because it has been edited; the new one is beside it as digitd.toml.new."
            place 644 "$default" "$configuration.new"
            echo "configuration $(checksum "$default") $configuration" >>"$work/installed"
            return
        fi
    fi
    place 644 "$default" "$configuration"
    # Not among the files, because it may be edited.
    sed -i '$d' "$work/installed"
    sed -i '$d' "$work/installed"
    echo "configuration $(checksum "$default") $configuration" >>"$work/installed"
}

umask 022
if [ -n "$root" ]; then mkdir -p "$root"; fi
echo "mode $mode" >"$work/installed"
recorded directory | sed 's/^/directory /' >>"$work/installed"
plan 755 "$binary" "$prefix/bin/digitd"
plan 644 "$network" "$prefix/share/digitd/digits.safetensors"
for shell in bash zsh fish; do
    "$binary" --generate-completion-script $shell >"$work/digitd.$shell"
done
plan 644 "$work/digitd.bash" "$prefix/share/bash-completion/completions/digitd"
plan 644 "$work/digitd.zsh" "$prefix/share/zsh/site-functions/_digitd"
plan 644 "$work/digitd.fish" "$prefix/share/fish/vendor_completions.d/digitd.fish"
for unit in digitd.service digitd.socket; do
    plan_unit "user/$unit" "$user_units/$unit"
    if ! $user; then plan_unit $unit "$units/systemd/system/$unit"; fi
done
if ! $user; then plan 644 "$source/systemd/digitd.sysusers.conf" "$sysusers"; fi

make_directory "${manifest%/*}"
write_manifest
for ((index = 0; index < ${#plans[@]}; index += 3)); do
    place "${plans[index]}" "${plans[index + 1]}" "${plans[index + 2]}"
done
place_configuration

# What an older version installed and this one does not.
recorded file | while read -r path; do
    grep -qxF "file $path" "$work/installed" && continue
    if edited "$path"; then keep_copy "$path"; else rm -f "$root$path"; fi
done
sort -u "$work/installed" >"$work/manifest"
install -m 644 "$work/manifest" "$root$manifest"

if ! $user && [ -z "$root" ]; then
    if command -v systemd-sysusers >/dev/null; then
        systemd-sysusers "$sysusers"
    elif ! getent group "$group" >/dev/null; then
        groupadd --system "$group"
    fi
fi

echo "digitd is installed under $root$prefix; its configuration is $root$configuration."
[ -z "$root" ] || exit 0
active=false
if running; then
    manage daemon-reload
    if manage --quiet is-active digitd.service; then active=true; fi
fi
if $user; then
    if $active; then echo "It runs; start the new version:    systemctl --user restart digitd"; fi
    cat <<NEXT
Start it, now and at each login:   systemctl --user enable --now digitd.socket digitd.service
At boot, without a login:          loginctl enable-linger   (the microphone then needs the group audio)
Watch it:                          systemctl --user status digitd; $prefix/bin/digitd subscribe
NEXT
else
    if $active; then echo "It runs; start the new version:    systemctl restart digitd"; fi
    cat <<NEXT
Start it, now and at each boot:    systemctl enable --now digitd.socket digitd.service
Let a user have its digits:        usermod -aG $group USER   (counts from the next login on)
Watch it:                          systemctl status digitd; $prefix/bin/digitd subscribe
NEXT
fi
