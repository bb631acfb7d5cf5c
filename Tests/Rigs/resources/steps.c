// Writes down how a program makes files, and ends it at a step of that: preloaded by ../resources.py.
//
//   LD_PRELOAD=steps.so STEPS_UNDER=DIR STEPS_LOG=FILE [STEPS_KEEP=DIR] [STEPS_CRASH=N] digitd ...
//
// LOG gets a line for each step with a file below DIR: "create PATH" (a new file, O_EXCL), "open PATH" (any other opening to
// write), "write PATH", "sync PATH", "rename OLD NEW". What is renamed is kept as STEPS_KEEP/1, 2, 3, ... At step N of writing,
// syncing and renaming the program ends as if killed, in the middle of the write.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *under, *keep;
static int log_file = -1, crash_at, step_count, kept_count;

__attribute__((constructor)) static void begin(void)
{
    under = getenv("STEPS_UNDER");
    keep = getenv("STEPS_KEEP");
    crash_at = atoi(getenv("STEPS_CRASH") ?: "0");
    if (getenv("STEPS_LOG"))
        log_file = (int)syscall(SYS_openat, AT_FDCWD, getenv("STEPS_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
}

static bool is_ours(const char *path)
{
    return under && strncmp(path, under, strlen(under)) == 0;
}

static bool path_of(int file, char path[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, path, PATH_MAX - 1);
    path[count < 0 ? 0 : count] = 0;
    return count > 0 && is_ours(path);
}

static void note(const char *step, const char *path, const char *second)
{
    char line[2 * PATH_MAX + 32];
    int count = snprintf(line, sizeof line, "%s %s%s%s\n", step, path, second ? " " : "", second ? second : "");
    syscall(SYS_write, log_file, line, (size_t)count);
}

static bool is_last(void)
{
    return __atomic_add_fetch(&step_count, 1, __ATOMIC_SEQ_CST) == crash_at;
}

static void note_opening(const char *path, int flags)
{
    char whole[PATH_MAX], directory[PATH_MAX] = "";
    if ((flags & O_ACCMODE) == O_RDONLY)
        return;
    if (path[0] != '/' && getcwd(directory, sizeof directory))
        strcat(directory, "/");
    snprintf(whole, sizeof whole, "%s%s", directory, path);
    if (is_ours(whole))
        note((flags & O_CREAT) && (flags & O_EXCL) ? "create" : "open", whole, NULL);
}

#define OPENING(name)                                                        \
    int name(const char *path, int flags, ...)                               \
    {                                                                        \
        va_list list;                                                        \
        va_start(list, flags);                                               \
        int mode = va_arg(list, int);                                        \
        va_end(list);                                                        \
        note_opening(path, flags);                                           \
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);        \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name)                                                     \
    int name(int directory, const char *path, int flags, ...)                \
    {                                                                        \
        va_list list;                                                        \
        va_start(list, flags);                                               \
        int mode = va_arg(list, int);                                        \
        va_end(list);                                                        \
        note_opening(path, flags);                                           \
        return (int)syscall(SYS_openat, directory, path, flags, mode);       \
    }
OPENING_AT(openat)
OPENING_AT(openat64)

#define STREAM(name)                                                         \
    FILE *name(const char *path, const char *mode)                           \
    {                                                                        \
        FILE *(*next)(const char *, const char *) = (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, #name); \
        note_opening(path, mode[0] == 'r' && !strchr(mode, '+') ? O_RDONLY : O_WRONLY); \
        return next(path, mode);                                             \
    }
STREAM(fopen)
STREAM(fopen64)

ssize_t write(int file, const void *bytes, size_t count)
{
    char path[PATH_MAX];
    if (path_of(file, path)) {
        note("write", path, NULL);
        if (is_last()) {
            syscall(SYS_write, file, bytes, count / 2);
            _exit(137);
        }
    }
    return syscall(SYS_write, file, bytes, count);
}

int fsync(int file)
{
    char path[PATH_MAX];
    if (path_of(file, path)) {
        note("sync", path, NULL);
        if (is_last())
            _exit(137);
    }
    return (int)syscall(SYS_fsync, file);
}

int rename(const char *old, const char *new)
{
    if (is_ours(new) || new[0] != '/') {
        note("rename", old, new);
        if (keep) {
            char copy[PATH_MAX];
            snprintf(copy, sizeof copy, "%s/%d", keep, ++kept_count);
            if (link(old, copy) != 0)
                perror(copy);
        }
        if (is_last())
            _exit(137);
    }
    return (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}
