# To be read by the scripts that build with the address sanitizer, in the root of the package: all of them build the same, so
# that one build serves them. Sets address_flags.
resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
library=$resources/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
if [ ! -e "$library" ]; then
    echo "There is no libFuzzer at $library; take a Swift toolchain that has it." >&2
    exit 1
fi
export DIGITD_SANITIZER=address
# As built for use: the live rigs have their times, and libFuzzer wants speed; a trap is a trap in either configuration. The C++
# of toml++ gets the same counters as Swift, see Package.swift.
address_flags="-c release --scratch-path $PWD/.build-fuzz --sanitize address -Xswiftc -enable-testing
    -Xcxx -fsanitize=fuzzer-no-link -Xlinker $library -Xlinker -lstdc++"
