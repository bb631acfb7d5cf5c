// Swift's CommandLine.arguments looks for them before `environ`, and in /proc/self/cmdline where that has moved: a
// preloaded library may have moved it, and a sandbox may have no /proc. Without them digitd would listen to the default
// microphone, whatever it was told. glibc passes argc and argv to every constructor, which only C can be.
#include "CArguments.h"

static int count;
static char **arguments;

__attribute__((constructor)) static void keep(int argc, char **argv, char **environment) {
    (void)environment;
    count = argc;
    arguments = argv;
}

int cag_count(void) { return count; }

const char *cag_argument(int number) { return number < count ? arguments[number] : 0; }
