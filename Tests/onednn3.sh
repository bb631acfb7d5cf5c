#!/bin/sh
# Builds the network against oneDNN 3.2 and runs its tests; Debian 12 itself has 2.6.
#
# oneDNN comes from PyPI, where Intel publishes its releases (needs python3 with pip). Everything lies in
# .build-onednn3 and is kept there, so that a second run only rebuilds what changed.
#
#   Tests/onednn3.sh [FILTER]    FILTER: which tests to run, as `swift test --filter` takes it
set -eu
cd "$(dirname "$0")/.."
filter=${1:-'^ResNet(Training)?Tests\.'}
scratch=$PWD/.build-onednn3
prefix=$scratch/onednn
version=2023.2.0

if [ ! -e "$prefix/lib/libdnnl.so.3" ]; then
    rm -rf "$prefix" "$scratch/wheels"
    mkdir -p "$prefix" "$scratch/wheels"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$scratch/wheels" \
        "onednn-cpu-gomp==$version" "onednn-devel-cpu-gomp==$version"
    # A wheel is a zip file; the headers and the library lie under *.data/data.
    for wheel in "$scratch"/wheels/*.whl; do
        python3 -m zipfile -e "$wheel" "$scratch/wheels/unpacked"
    done
    cp -R "$scratch"/wheels/unpacked/*.data/data/include "$prefix/"
    mkdir "$prefix/lib"
    cp "$scratch"/wheels/unpacked/*.data/data/lib/libdnnl.so.3 "$prefix/lib/libdnnl.so.3.part"
    ln -s libdnnl.so.3 "$prefix/lib/libdnnl.so"
    mv "$prefix/lib/libdnnl.so.3.part" "$prefix/lib/libdnnl.so.3"
    rm -rf "$scratch/wheels"
fi

# The module map's `-ldnnl` must find this library first. -L can't see to that: the system's own directory comes with
# the other libraries' pkg-config flags, which SwiftPM puts ahead of any flag given here.
linker=$scratch/ld.onednn3
printf '#!/bin/sh\nexec ld.gold "-L%s" "$@"\n' "$prefix/lib" > "$linker"
chmod +x "$linker"

set -- --scratch-path "$scratch" -Xcc "-I$prefix/include" -Xswiftc "-use-ld=$linker" -Xlinker "-rpath=$prefix/lib"
export DIGITD_NETWORK_ONLY=1
swift build --build-tests "$@"
DIGITD_EXPECTED_ONEDNN=3 swift test --skip-build --filter "$filter" "$@"
