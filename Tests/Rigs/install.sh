#!/usr/bin/env bash
# What is installed runs by itself: without the build folder, the clone or Swift, from any directory and with an empty
# environment. Installing twice and an edited configuration are safe, and nothing is left afterwards.
#
#   Tests/Rigs/install.sh [DIGITD]
#
# Without DIGITD systemd/install.sh builds it, which takes minutes. As root, with namespaces, what must not be needed is
# hidden while the installed program runs; otherwise its libraries are looked at.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
install=$repository/systemd/install.sh
binary=()
if [ $# -gt 0 ]; then binary=(--binary "$(realpath "$1")"); fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$*"; exit 1; }
# contents: every file and directory under the destination, with its checksum.
contents() { (cd "$work/root" && find . -type f -exec sha256sum {} + -o -type d -print | sort); }

# refused STATUS ARGUMENTS...: with one sentence.
refused() {
    local expected=$1 status=0
    shift
    "$install" "$@" >"$work/out" 2>"$work/error" || status=$?
    [ $status = "$expected" ] && [ "$(wc -l <"$work/error")" = 1 ] && grep -q '^install.sh: .*\.$' "$work/error" \
        || fail "install.sh $* gave $status and: $(cat "$work/error")"
}

for prefix in /usr/local /usr /opt/digitd; do
    export DESTDIR="$work/root"
    rm -rf "$work/root" && mkdir "$work/root"
    "$install" --prefix "$prefix" "${binary[@]}" >"$work/out"
    contents >"$work/first"
    "$install" --prefix "$prefix" "${binary[@]}" >"$work/out"
    diff "$work/first" <(contents) || fail "installing twice gives another result under $prefix"

    units=/etc configuration=$prefix/etc/digitd/digitd.toml
    case $prefix in /usr | /usr/local) units=$prefix/lib ;; esac
    if [ "$prefix" = /usr ]; then configuration=/etc/digitd/digitd.toml; fi
    for file in "$prefix/bin/digitd" "$prefix/share/digitd/digits.safetensors" "$configuration" \
        "$units/systemd/system/digitd.service" "$units/systemd/system/digitd.socket" "$units/systemd/user/digitd.service" \
        "$units/systemd/user/digitd.socket" "$units/sysusers.d/digitd.conf" "$prefix/share/bash-completion/completions/digitd" \
        "$prefix/share/zsh/site-functions/_digitd" "$prefix/share/fish/vendor_completions.d/digitd.fish"; do
        [ -s "$work/root$file" ] || fail "$file is missing under the prefix $prefix"
    done
    grep -qx "ExecStart=$prefix/bin/digitd listen --config $configuration" "$work/root$units/systemd/system/digitd.service" \
        || fail "the unit does not start the program under the prefix $prefix"
    if grep -r '@[A-Z]*@' "$work/root$units"; then fail "a unit was not filled in"; fi

    echo '# edited' >>"$work/root$configuration"
    "$install" --prefix "$prefix" "${binary[@]}" >"$work/out"
    tail -1 "$work/root$configuration" | grep -qx '# edited' || fail "the edited configuration was overwritten"
    cmp -s "$work/root$configuration.new" "$repository/config/digitd.toml" || fail "the new configuration is not beside it"
    "$install" --prefix "$prefix" --uninstall >"$work/out"
    [ "$(cd "$work/root" && find . -type f)" = ".$configuration" ] || fail "left: $(contents)"
    grep -q "Kept .*digitd.toml" "$work/out" || fail "the kept configuration is not mentioned"

    rm -r "$work/root" && mkdir "$work/root"
    "$install" --prefix "$prefix" "${binary[@]}" >"$work/out"
    # Not edited any more: a new default takes its place.
    echo '# the default of another version' >"$work/root$configuration"
    sed -i "s#^configuration [0-9a-f]*#configuration $(sha256sum <"$work/root$configuration" | cut -d' ' -f1)#" \
        "$work/root$prefix/share/digitd/installed"
    "$install" --prefix "$prefix" "${binary[@]}" >"$work/out"
    diff "$work/first" <(contents) || fail "the unedited configuration was not replaced"
    if [ "$prefix" != /opt/digitd ]; then "$install" --prefix "$prefix" --uninstall >"$work/out"; fi
done

# A stranger's file is left alone, and nothing is installed beside it; an edited one is kept as a copy; and an installation that
# was interrupted can be taken away.
rm -rf "$work/root"
mkdir -p "$work/root/usr/local/bin"
echo stranger >"$work/root/usr/local/bin/digitd"
refused 73 "${binary[@]}"
[ "$(cd "$work/root" && find . -type f)" = ./usr/local/bin/digitd ] || fail "left beside a stranger's file: $(contents)"
grep -qx stranger "$work/root/usr/local/bin/digitd" || fail "a stranger's program was overwritten"
refused 66 --uninstall
rm -r "$work/root" && mkdir "$work/root"
"$install" "${binary[@]}" >"$work/out"
unit=$work/root/usr/local/lib/systemd/system/digitd.service
echo '# mine' >>"$unit"
"$install" "${binary[@]}" >"$work/out"
tail -1 "$unit.edited" | grep -qx '# mine' || fail "an edited unit was overwritten without a copy"
if grep -qx '# mine' "$unit"; then fail "an edited unit was not replaced"; fi
rm "$unit.edited"
echo '# mine' >>"$unit"
"$install" --uninstall >"$work/out"
[ "$(cd "$work/root" && find . -type f)" = ./usr/local/lib/systemd/system/digitd.service.edited ] || fail "left: $(contents)"
rm -r "$work/root" && mkdir "$work/root" "$work/fake"
cat >"$work/fake/install" <<FAKE
#!/bin/sh
case "\$*" in *digitd.fish*) exit 1 ;; esac
PATH=$PATH exec install "\$@"
FAKE
chmod +x "$work/fake/install"
if PATH=$work/fake:$PATH "$install" "${binary[@]}" >"$work/out" 2>&1; then fail "the installation was not interrupted"; fi
[ -x "$work/root/usr/local/bin/digitd" ] || fail "the installation was interrupted too soon"
"$install" --uninstall >"$work/out"
[ -z "$(cd "$work/root" && find . -type f)" ] || fail "an interrupted installation leaves: $(contents)"
rm -rf "$work/root" && mkdir "$work/root"
"$install" --prefix /opt/digitd "${binary[@]}" >"$work/out"

echo "installed, again, over an edited configuration, and removed: under /usr/local, /usr and /opt/digitd"

installed=$work/root/opt/digitd/bin/digitd
if ldd "$installed" | grep swift; then fail "the program needs Swift's libraries"; fi
cat >"$work/run" <<RUN
set -euo pipefail
cd /
env -i "$installed" listen --input "$work/digits.flac" --format digits >"$work/heard"
RUN
cp "$repository/Demo/digits.flac" "$work"
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
    # The clone and Swift hidden under empty directories; this directory may be under either.
    swift=$(readlink -f "$(command -v swift || echo /nowhere/swift)")
    unshare --mount --propagation private bash -c "
        mkdir '$work/empty'
        for folder in '$repository/.build' '$repository/.build-static' '$repository/Sources' '${swift%/bin/*}/lib/swift'; do
            [ ! -d \"\$folder\" ] || mount --bind '$work/empty' \"\$folder\"
        done
        bash '$work/run'"
else
    bash "$work/run"
fi
diff <(tr -s ' \n' '\n' <"$repository/Demo/digits.txt") "$work/heard" || fail "said (<) and heard (>) differ"
"$install" --prefix /opt/digitd --uninstall >"$work/out"
[ -z "$(find "$work/root" -mindepth 1)" ] || fail "left: $(contents)"
echo "the installed program hears the demo without clone, Swift and environment; nothing is left after it"

# For one user, in a home directory of its own.
export HOME=$work/home XDG_RUNTIME_DIR=$work/nowhere
unset XDG_CONFIG_HOME XDG_DATA_HOME DESTDIR
mkdir "$HOME"
"$install" --user "${binary[@]}" >"$work/out"
[ -s "$HOME/.local/share/systemd/user/digitd.service" ] && [ -s "$HOME/.local/etc/digitd/digitd.toml" ] \
    || fail "--user has installed: $(find "$HOME" -type f)"
"$HOME/.local/bin/digitd" --version >"$work/out"
"$install" --user --uninstall >"$work/out"
[ -z "$(find "$HOME" -mindepth 1)" ] || fail "--user --uninstall has left: $(find "$HOME" -mindepth 1)"
echo "installed and removed for one user"

refused 64 --prefix
refused 64 --prefix relative
refused 64 --prefix "/with space"
refused 64 --prefix /
refused 64 --nonsense
refused 64 --uninstall --binary /bin/true
refused 66 --user --uninstall
refused 66 --user --binary "$work/nowhere"
DESTDIR=relative refused 64
if [ "$(id -u)" = 0 ]; then refused 64 --prefix /home/somebody; else refused 77; fi
echo "wrong usage is refused with one sentence"
