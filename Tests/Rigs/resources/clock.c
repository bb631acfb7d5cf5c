// Lets a program see a wall clock that is stepped: preloaded by ../resources.py.
//
//   LD_PRELOAD=clock.so CLOCK_OFFSET=FILE digitd ...
//
// FILE holds an int64_t, which the test may change at any time: the nanoseconds that CLOCK_REALTIME is off by. CLOCK_MONOTONIC
// is left alone, as the kernel does when somebody sets the clock. A wait until a time of that clock ends when it is reached, be
// that earlier or later than was meant: such is sem_timedwait(3), by which libdispatch waits.
#define _GNU_SOURCE
#include <fcntl.h>
#include <errno.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t none, *offset = &none;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("CLOCK_OFFSET");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED)
        offset = page;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t now = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + __atomic_load_n(offset, __ATOMIC_RELAXED);
        *time = (struct timespec){now / 1000000000, now % 1000000000};
    }
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    for (;;) {
        struct timespec now, pause = {0, 20000000};
        if (sem_trywait(semaphore) == 0)
            return 0;
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec)) {
            errno = ETIMEDOUT;
            return -1;
        }
        nanosleep(&pause, NULL);
    }
}
