// Writes down who could use a socket's file after each step of its making: preloaded by ../security.py.
//
//   LD_PRELOAD=socket.so SOCKET_PATH=PATH SOCKET_LOG=FILE digitd ...
//
// LOG gets a line "STEP MODE UID GID" for each bind, chown, chmod and listen, with what PATH is afterwards.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void note(const char *step)
{
    const char *path = getenv("SOCKET_PATH"), *log = getenv("SOCKET_LOG");
    struct stat status;
    char line[128];
    if (!path || !log || lstat(path, &status) != 0)
        return;
    int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT, 0600);
    int count = snprintf(line, sizeof line, "%s %o %u %u\n", step, status.st_mode & 07777, status.st_uid, status.st_gid);
    syscall(SYS_write, file, line, count);
    syscall(SYS_close, file);
}

#define STEP(name, parameters, arguments)                                    \
    int name parameters                                                      \
    {                                                                        \
        int(*next) parameters = (int(*) parameters)dlsym(RTLD_NEXT, #name);  \
        int result = next arguments;                                         \
        note(#name);                                                         \
        return result;                                                       \
    }
STEP(bind, (int file, const struct sockaddr *address, socklen_t size), (file, address, size))
STEP(listen, (int file, int count), (file, count))
STEP(chown, (const char *path, uid_t user, gid_t group), (path, user, group))
STEP(lchown, (const char *path, uid_t user, gid_t group), (path, user, group))
STEP(fchownat, (int at, const char *path, uid_t user, gid_t group, int flags), (at, path, user, group, flags))
STEP(chmod, (const char *path, mode_t mode), (path, mode))
STEP(fchmodat, (int at, const char *path, mode_t mode, int flags), (at, path, mode, flags))
