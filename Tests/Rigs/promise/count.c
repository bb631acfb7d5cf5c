// Counts what the capture thread of a digitd does that it has promised not to do: preloaded by ../promise.sh.
//
//   LD_PRELOAD=count.so COUNTS=FILE [BREAK=1] digitd listen ...
//
// The thread is known by its name, a period by a call of snd_pcm_readi that gives frames. FILE, which must be there with 4,096
// bytes, holds `struct counts`. Allocations and locks are counted by standing in front of libc's functions; swift_retain and
// swift_release have a jump written over their beginning, in a program with a static library too as long as it is not stripped. A Mutex of Swift that nobody else holds is one atomic instruction and cannot be seen; one that has
// to wait calls futex(2), which is counted.
//
// With BREAK the thread breaks its promise in every way once in a thousand periods, which the counts must show.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { ALLOCATIONS, FREES, LOCKS, FUTEXES, REFERENCES, KINDS };

/// Periods before these are warm-up: the first use of a function binds it.
enum { WARM_UP = 1000 };

struct counts {
    uint64_t periods;
    uint64_t hooked;            // 1 when reference counts are counted
    uint64_t capture[KINDS];    // by the capture thread since the warm-up, but for what libasound does itself
    uint64_t libasound[KINDS];  // by libasound and its plugins on the capture thread
    uint64_t others[KINDS];     // by all other threads: they show that counting works
    uint64_t caller[KINDS];     // a return address of the first count of each kind, as an offset into the program
};

// Initial-exec, because the general model may allocate.
static __thread int is_capture __attribute__((tls_model("initial-exec")));

static struct counts fallback, *counts = &fallback;
static bool breaks;

static struct range {
    uintptr_t start, end;
} libasound[8], program;
static int libasound_count;
static void *(*retain)(void *);

__attribute__((target("general-regs-only"), noinline)) static void count(enum kind kind, uintptr_t caller)
{
    if (!is_capture) {
        __atomic_fetch_add(&counts->others[kind], 1, __ATOMIC_RELAXED);
        return;
    }
    if (counts->periods < WARM_UP)
        return;
    for (int index = 0; index < libasound_count; index++)
        if (caller >= libasound[index].start && caller < libasound[index].end) {
            counts->libasound[kind]++;
            return;
        }
    if (counts->capture[kind]++ == 0)
        counts->caller[kind] = caller - program.start;
}

#define CALLER ((uintptr_t)__builtin_return_address(0))

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

void *malloc(size_t size)
{
    count(ALLOCATIONS, CALLER);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    count(ALLOCATIONS, CALLER);
    return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size)
{
    count(ALLOCATIONS, CALLER);
    return __libc_realloc(pointer, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    count(ALLOCATIONS, CALLER);
    *result = __libc_memalign(alignment, size);
    return *result ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    count(ALLOCATIONS, CALLER);
    return __libc_memalign(alignment, size);
}

void free(void *pointer)
{
    if (pointer)
        count(FREES, CALLER);
    __libc_free(pointer);
}

// The next definition behind this one; dlsym itself takes locks, so the thread is not looked at meanwhile.
#define NEXT(function)                                                      \
    static __typeof__(function) *next;                                      \
    if (!__atomic_load_n(&next, __ATOMIC_ACQUIRE))                          \
        __atomic_store_n(&next, dlsym(RTLD_NEXT, #function), __ATOMIC_RELEASE)

#define LOCK(function, type)                 \
    int function(type *lock)                 \
    {                                        \
        NEXT(function);                      \
        count(LOCKS, CALLER);                \
        return next(lock);                   \
    }

LOCK(pthread_mutex_lock, pthread_mutex_t)
LOCK(pthread_mutex_trylock, pthread_mutex_t)
LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)

long syscall(long number, ...)
{
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long),
         e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    static long (*next)(long, ...);
    if (!next)
        next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    if (number == SYS_futex)
        count(FUTEXES, CALLER);
    return next(number, a, b, c, d, e, f);
}

int pthread_setname_np(pthread_t thread, const char *name)
{
    NEXT(pthread_setname_np);
    if (pthread_equal(thread, pthread_self()) && strcmp(name, "capture") == 0)
        is_capture = 1;
    return next(thread, name);
}

#ifdef __x86_64__
// Swift's functions that count references get a jump to a trampoline over their first instructions, which look whether a profiler
// wants them (the hooks for that lose the tag of strings without an object, as of Swift 6.3). Linked statically, they cannot
// be stood in front of in another way.
static const char *const reference_functions[] = {"swift_retain", "swift_release", "swift_retain_n", "swift_release_n"};
__attribute__((used)) static uint8_t *resume_0, *resume_1, *resume_2, *resume_3;
static uint8_t **const resumes[] = {&resume_0, &resume_1, &resume_2, &resume_3};

__attribute__((used, target("general-regs-only"))) static void count_reference(uintptr_t caller)
{
    count(REFERENCES, caller);
}

// They are called as functions of C are; `replayed` is what the jump has taken the place of.
#define TRAMPOLINE(index, replayed)                                                                          \
    __attribute__((naked)) static void trampoline_##index(void)                                              \
    {                                                                                                        \
        __asm__("push %rdi\n push %rsi\n sub $8, %rsp\n mov 24(%rsp), %rdi\n call count_reference\n"         \
                "add $8, %rsp\n pop %rsi\n pop %rdi\n" replayed "jmp *resume_" #index "(%rip)\n");           \
    }
#define PROLOGUE "push %rbp\n mov %rsp, %rbp\n"
TRAMPOLINE(0, PROLOGUE)
TRAMPOLINE(1, PROLOGUE)
TRAMPOLINE(2, PROLOGUE "mov %esi, %edx\n")
TRAMPOLINE(3, PROLOGUE "mov %esi, %edx\n")
static void (*const trampolines[])(void) = {trampoline_0, trampoline_1, trampoline_2, trampoline_3};

/// The address of a symbol of the program itself, from its table for debuggers; NULL without one.
static void *program_symbol(const char *name)
{
    static char *file;
    if (!file) {
        struct stat status;
        int descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        fstat(descriptor, &status);
        file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        close(descriptor);
    }
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)file;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(file + head->e_shoff);
    for (int index = 0; index < head->e_shnum; index++) {
        if (sections[index].sh_type != SHT_SYMTAB)
            continue;
        const Elf64_Sym *symbols = (const Elf64_Sym *)(file + sections[index].sh_offset);
        const char *names = file + sections[sections[index].sh_link].sh_offset;
        for (size_t symbol = 0; symbol < sections[index].sh_size / sizeof *symbols; symbol++)
            if (symbols[symbol].st_value && strcmp(names + symbols[symbol].st_name, name) == 0)
                return (void *)(program.start + symbols[symbol].st_value);
    }
    return NULL;
}

/// Where a function goes on behind its look for a profiler; NULL when its code is another.
static uint8_t *behind_prologue(uint8_t *code, bool has_count)
{
    static const uint8_t prologue[] = {0x55, 0x48, 0x89, 0xe5}, move[] = {0x89, 0xf2}, load[] = {0x0f, 0xb6, 0x05},
                         compare[] = {0x3c, 0x01, 0x74};
    if (memcmp(code, prologue, sizeof prologue) != 0)
        return NULL;
    code += sizeof prologue;
    if (has_count && memcmp(code, move, sizeof move) != 0)
        return NULL;
    code += has_count ? sizeof move : 0;
    if (memcmp(code, load, sizeof load) != 0 || memcmp(code + 7, compare, sizeof compare) != 0)
        return NULL;
    return code + 7 + sizeof compare + 1;
}

static void hook_references(void)
{
    uint8_t *functions[4];
    for (int index = 0; index < 4; index++) {
        functions[index] = dlsym(RTLD_DEFAULT, reference_functions[index]);
        if (!functions[index])
            functions[index] = program_symbol(reference_functions[index]);
        if (!functions[index] || !(*resumes[index] = behind_prologue(functions[index], index >= 2)))
            return;
    }
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < 4; index++) {
        uintptr_t start = (uintptr_t)functions[index] / page * page;
        if (mprotect((void *)start, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
            return;
        // jmp *0(%rip), and the address behind it.
        static const uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0};
        memcpy(functions[index], jump, sizeof jump);
        memcpy(functions[index] + sizeof jump, &trampolines[index], sizeof trampolines[index]);
        mprotect((void *)start, 2 * page, PROT_READ | PROT_EXEC);
    }
    retain = (void *(*)(void *))functions[0];
    counts->hooked = 1;
}
#else
static void hook_references(void)
{
}
#endif

static int note_range(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size, (void)data;
    uintptr_t end = info->dlpi_addr;
    for (int index = 0; index < info->dlpi_phnum; index++)
        if (info->dlpi_phdr[index].p_type == PT_LOAD)
            end = info->dlpi_addr + info->dlpi_phdr[index].p_vaddr + info->dlpi_phdr[index].p_memsz;
    if (!program.end)
        program = (struct range){info->dlpi_addr, end};
    else if (strstr(info->dlpi_name, "libasound") && libasound_count < 8)
        libasound[libasound_count++] = (struct range){info->dlpi_addr, end};
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("COUNTS");
    breaks = getenv("BREAK") != NULL;
    // Programs that this one starts are not counted.
    unsetenv("LD_PRELOAD");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *pages = file < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (pages != MAP_FAILED)
        counts = pages;
    dl_iterate_phdr(note_range, NULL);
    hook_references();
}

static void break_promise(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static void *volatile block;
    static int word;
    block = malloc(16);
    free(block);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    syscall(SYS_futex, &word, 1 /* FUTEX_WAKE */, 0, NULL, NULL, 0);
    if (retain)
        retain(NULL);
}

long snd_pcm_readi(void *pcm, void *buffer, unsigned long frames)
{
    static long (*next)(void *, void *, unsigned long);
    if (!next)
        next = (long (*)(void *, void *, unsigned long))dlsym(RTLD_NEXT, "snd_pcm_readi");
    long result = next(pcm, buffer, frames);
    if (result > 0 && is_capture) {
        if (counts->periods == 0) {
            // The plugin of the device has been loaded since the beginning.
            libasound_count = 0, program.end = 0;
            dl_iterate_phdr(note_range, NULL);
        }
        __atomic_store_n(&counts->periods, counts->periods + 1, __ATOMIC_RELEASE);
        if (breaks && counts->periods % 1000 == 0)
            break_promise();
    }
    return result;
}
