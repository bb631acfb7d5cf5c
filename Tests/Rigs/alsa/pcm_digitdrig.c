// A microphone for tests: an ALSA external I/O plugin that plays a raw file and fails on command.
//
//   file      raw samples in the device's own format; silence when empty
//   rate      frames a second
//   channels  interleaved channels
//   format    S16_LE, S32_LE or FLOAT_LE
//   speed     how many times faster than a clock it runs (1 is real time, 0 as fast as it is read)
//   loop      1 plays the file again and again; otherwise silence follows it
//   script    up to 128 faults by frame since the device was first opened, in order: "8000:xrun 16000:stall:2500 ..."
//               xrun         the buffer runs over (EPIPE)
//               suspend      the system sleeps (ESTRPIPE); resume succeeds at once
//               stubborn     as suspend, but resume says 0 without doing anything, until the device is prepared
//               unplug       the card goes (ENODEV), and its gate file with it
//               eio          one read fails with EIO
//               stall:MS     no frame and no error for MS milliseconds
//   gate      a file that must be there to open the device: absent ENODEV; holding "busy" EBUSY, "perm" EACCES
//   panel     a file that the test maps as well, see struct panel: faults at any moment, and what was captured when
//
// The position in the file goes on where it was when the device is opened again in the same process, as the world does
// not wait for a microphone; what the script has done is not done again.
#define _GNU_SOURCE
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum fault_kind { FAULT_XRUN, FAULT_SUSPEND, FAULT_STUBBORN, FAULT_UNPLUG, FAULT_EIO, FAULT_STALL };

static const char *const fault_names[] = {"xrun", "suspend", "stubborn", "unplug", "eio", "stall"};

enum { FAULTS_MAX = 128, MEMORIES_MAX = 256, NAME_MAX_BYTES = 512, SCRIPT_MAX_BYTES = 4096 };

struct fault {
    long long frame;
    enum fault_kind kind;
    long milliseconds;
};

/// From a start of the device to its stop.
struct panel_run {
    double started;    // CLOCK_MONOTONIC, in seconds
    double stopped;    // 0 while it runs
    int64_t position;  // the frame of the sound at which it began, counted on through loops of the file
    int64_t taken;     // frames that were read; the next run begins behind those that were captured
    int64_t captured;
};

/// The file `panel`: the test writes `milliseconds` and then `command`, the rig everything else.
struct panel {
    uint32_t command;  // 1 and the number of a fault; 0 when it has happened
    uint32_t milliseconds;
    uint64_t run_count;
    struct panel_run runs[];
};

/// What outlives a close: how far the sound and the script have come, by the device's script and files.
struct memory {
    char key[SCRIPT_MAX_BYTES + 2 * NAME_MAX_BYTES];
    long long position;
    int faults_done;
};

static struct memory memories[MEMORIES_MAX];
static int memory_count;

struct rig {
    snd_pcm_ioplug_t io;
    struct memory *memory;
    int timer;
    int file;
    long long file_frames;
    long frame_bytes;
    double speed;
    bool loop;
    char gate[NAME_MAX_BYTES];
    struct panel *panel;
    size_t panel_bytes;
    struct panel_run *panel_run;
    struct fault faults[FAULTS_MAX];
    int fault_count;
    // Of the current run, from start to stop:
    bool running;
    double started;
    double stalled_for;
    double stalled_until;
    long long captured;  // frames that the "card" has put into its buffer
    long long taken;     // frames of them that were read
    long long resumed;   // frames of the runs before a resume: ALSA's pointers go on from there
    bool read_fails;
    bool stubborn;
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void set_timer(struct rig *rig, double seconds)
{
    long nanoseconds = (long)(seconds * 1e9);
    struct itimerspec times = {
        .it_interval = {nanoseconds / 1000000000, nanoseconds % 1000000000},
        .it_value = {nanoseconds / 1000000000, nanoseconds % 1000000000},
    };
    timerfd_settime(rig->timer, 0, &times, NULL);
}

static void begin_panel_run(struct rig *rig)
{
    rig->panel_run = NULL;
    if (!rig->panel)
        return;
    uint64_t count = rig->panel->run_count;
    if (sizeof *rig->panel + (count + 1) * sizeof(struct panel_run) > rig->panel_bytes)
        return;
    rig->panel_run = &rig->panel->runs[count];
    *rig->panel_run = (struct panel_run){.started = rig->started, .position = rig->memory->position};
    __atomic_store_n(&rig->panel->run_count, count + 1, __ATOMIC_RELEASE);
}

static void end_panel_run(struct rig *rig)
{
    if (!rig->panel_run)
        return;
    rig->panel_run->captured = rig->captured;
    __atomic_store_n(&rig->panel_run->taken, rig->taken, __ATOMIC_RELEASE);
    rig->panel_run->stopped = seconds_now();
    rig->panel_run = NULL;
}

static int rig_start(snd_pcm_ioplug_t *io)
{
    struct rig *rig = io->private_data;
    double speed = rig->speed > 0 ? rig->speed : 1000;
    rig->running = true;
    rig->started = seconds_now();
    rig->stalled_for = rig->stalled_until = 0;
    rig->captured = rig->taken = 0;
    begin_panel_run(rig);
    set_timer(rig, (double)io->period_size / io->rate / speed);
    return 0;
}

static int rig_stop(snd_pcm_ioplug_t *io)
{
    struct rig *rig = io->private_data;
    set_timer(rig, 0);
    // Sound that was in the buffer is lost.
    if (rig->running) {
        end_panel_run(rig);
        rig->memory->position += rig->captured;
    }
    rig->running = false;
    rig->captured = rig->taken = 0;
    return 0;
}

static int rig_prepare(snd_pcm_ioplug_t *io)
{
    struct rig *rig = io->private_data;
    rig_stop(io);
    rig->resumed = 0;
    rig->stubborn = false;
    return 0;
}

static int rig_resume(snd_pcm_ioplug_t *io)
{
    struct rig *rig = io->private_data;
    if (rig->stubborn)
        return 0;
    rig->resumed += rig->captured;
    rig_stop(io);
    rig_start(io);
    snd_pcm_ioplug_set_state(io, SND_PCM_STATE_RUNNING);
    return 0;
}

/// Lets the fault happen that is due; its code, or 0.
static int fail(struct rig *rig, const struct fault *fault)
{
    switch (fault->kind) {
    case FAULT_XRUN:
        return -EPIPE;
    case FAULT_STUBBORN:
        rig->stubborn = true;
        // fallthrough
    case FAULT_SUSPEND:
        snd_pcm_ioplug_set_state(&rig->io, SND_PCM_STATE_SUSPENDED);
        return -ESTRPIPE;
    case FAULT_UNPLUG:
        if (rig->gate[0])
            unlink(rig->gate);
        snd_pcm_ioplug_set_state(&rig->io, SND_PCM_STATE_DISCONNECTED);
        return -ENODEV;
    case FAULT_EIO:
        rig->read_fails = true;
        return 0;
    case FAULT_STALL:
        rig->stalled_for += (double)fault->milliseconds / 1e3;
        rig->stalled_until = seconds_now() + (double)fault->milliseconds / 1e3;
        return 0;
    }
    return 0;
}

/// Moves the "card" on to now, but not past a fault before everything in front of it was read.
static int advance(struct rig *rig)
{
    snd_pcm_ioplug_t *io = &rig->io;
    long long period = (long long)io->period_size;
    long long target = rig->captured;
    if (rig->stalled_until > seconds_now())
        return 0;
    if (rig->panel && __atomic_load_n(&rig->panel->command, __ATOMIC_ACQUIRE) != 0) {
        struct fault fault = {.kind = rig->panel->command - 1, .milliseconds = (long)rig->panel->milliseconds};
        __atomic_store_n(&rig->panel->command, 0, __ATOMIC_RELEASE);
        return fail(rig, &fault);
    }
    if (rig->speed > 0)
        target = (long long)((seconds_now() - rig->started - rig->stalled_for) * io->rate * rig->speed);
    else if (rig->captured - rig->taken < period)
        target = rig->captured + period;
    target -= target % period;
    if (rig->memory->faults_done < rig->fault_count) {
        const struct fault *fault = &rig->faults[rig->memory->faults_done];
        long long due = fault->frame - rig->memory->position;
        if (target >= due) {
            target = due > rig->captured ? due : rig->captured;
            if (rig->taken >= due) {
                rig->memory->faults_done += 1;
                return fail(rig, fault);
            }
        }
    }
    if (target > rig->captured)
        rig->captured = target;
    return rig->captured - rig->taken > (long long)io->buffer_size ? -EPIPE : 0;
}

static snd_pcm_sframes_t rig_pointer(snd_pcm_ioplug_t *io)
{
    struct rig *rig = io->private_data;
    if (!rig->running)
        return 0;
    if (io->state == SND_PCM_STATE_RUNNING) {
        int code = advance(rig);
        if (code == -EPIPE)
            return code;
    }
    return (snd_pcm_sframes_t)((rig->resumed + rig->captured) % (long long)io->buffer_size);
}

/// Fills with the file's frames from a position on, with silence where it has none.
static void play(struct rig *rig, char *output, long long position, snd_pcm_uframes_t frames)
{
    memset(output, 0, frames * (size_t)rig->frame_bytes);
    for (snd_pcm_uframes_t done = 0; done < frames;) {
        long long from = position + (long long)done;
        if (rig->loop && rig->file_frames > 0)
            from %= rig->file_frames;
        long long count = rig->file_frames - from;
        if (count <= 0)
            return;
        if (count > (long long)(frames - done))
            count = (long long)(frames - done);
        size_t bytes = (size_t)(count * rig->frame_bytes);
        if (pread(rig->file, output + done * (size_t)rig->frame_bytes, bytes, from * rig->frame_bytes) != (ssize_t)bytes)
            return;
        done += (snd_pcm_uframes_t)count;
    }
}

static snd_pcm_sframes_t rig_transfer(
    snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t frames)
{
    struct rig *rig = io->private_data;
    if (rig->read_fails) {
        rig->read_fails = false;
        return -EIO;
    }
    char *output = (char *)areas->addr + areas->first / 8 + offset * areas->step / 8;
    play(rig, output, rig->memory->position + rig->taken, frames);
    rig->taken += (long long)frames;
    return (snd_pcm_sframes_t)frames;
}

static int rig_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *entries, unsigned int count, unsigned short *events)
{
    struct rig *rig = io->private_data;
    unsigned long long ticks;
    (void)count;
    if ((entries->revents & POLLIN) && read(rig->timer, &ticks, sizeof ticks) < 0)
        ticks = 0;
    snd_pcm_sframes_t available = snd_pcm_avail_update(io->pcm);
    *events = 0;
    if (available < 0 || io->state != SND_PCM_STATE_RUNNING)
        *events = POLLIN | POLLERR;
    else if ((snd_pcm_uframes_t)available >= io->period_size || available > 0)
        *events = POLLIN;
    return 0;
}

static int rig_close(snd_pcm_ioplug_t *io)
{
    struct rig *rig = io->private_data;
    rig_stop(io);
    close(rig->timer);
    if (rig->file >= 0)
        close(rig->file);
    if (rig->panel)
        munmap(rig->panel, rig->panel_bytes);
    free(rig);
    return 0;
}

/// Maps the panel where there is one; a code, or 0.
static int open_panel(struct rig *rig, const char *path)
{
    if (!*path)
        return 0;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return -errno;
    off_t size = lseek(file, 0, SEEK_END);
    void *pages = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (pages == MAP_FAILED || size < (off_t)sizeof(struct panel))
        return -EINVAL;
    rig->panel = pages;
    rig->panel_bytes = (size_t)size;
    return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
    .start = rig_start,
    .stop = rig_stop,
    .pointer = rig_pointer,
    .transfer = rig_transfer,
    .prepare = rig_prepare,
    .resume = rig_resume,
    .close = rig_close,
    .poll_revents = rig_poll_revents,
};

static struct memory *recall(const char *file, const char *script, const char *gate)
{
    char key[SCRIPT_MAX_BYTES + 2 * NAME_MAX_BYTES];
    snprintf(key, sizeof key, "%s|%s|%s", file, script, gate);
    for (int index = 0; index < memory_count; index++)
        if (strcmp(memories[index].key, key) == 0)
            return &memories[index];
    struct memory *memory = &memories[memory_count < MEMORIES_MAX - 1 ? memory_count++ : MEMORIES_MAX - 1];
    memset(memory, 0, sizeof *memory);
    strcpy(memory->key, key);
    return memory;
}

static int read_script(struct rig *rig, const char *script)
{
    char copy[SCRIPT_MAX_BYTES];
    // Half a script would be another one.
    if (snprintf(copy, sizeof copy, "%s", script) >= (int)sizeof copy)
        return -EINVAL;
    char *rest = copy, *word;
    while ((word = strsep(&rest, " "))) {
        if (!*word)
            continue;
        struct fault fault = {0};
        char name[16] = "";
        if (rig->fault_count == FAULTS_MAX || sscanf(word, "%lld:%15[a-z]:%ld", &fault.frame, name, &fault.milliseconds) < 2)
            return -EINVAL;
        int kind = 0;
        while (kind <= FAULT_STALL && strcmp(fault_names[kind], name) != 0)
            kind++;
        if (kind > FAULT_STALL)
            return -EINVAL;
        fault.kind = kind;
        rig->faults[rig->fault_count++] = fault;
    }
    return 0;
}

static int check_gate(const char *gate)
{
    char word[8] = "";
    if (!*gate)
        return 0;
    int file = open(gate, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -ENODEV;
    ssize_t count = read(file, word, sizeof word - 1);
    close(file);
    if (count > 0 && strncmp(word, "busy", 4) == 0)
        return -EBUSY;
    return count > 0 && strncmp(word, "perm", 4) == 0 ? -EACCES : 0;
}

static int set_constraints(struct rig *rig, unsigned int rate, unsigned int channels, snd_pcm_format_t format)
{
    unsigned int access = SND_PCM_ACCESS_RW_INTERLEAVED, formats = (unsigned int)format;
    snd_pcm_ioplug_t *io = &rig->io;
    int code = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 1, &access);
    if (code >= 0)
        code = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, &formats);
    if (code >= 0)
        code = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_RATE, 1, &rate);
    if (code >= 0)
        code = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, channels, channels);
    if (code >= 0)
        code = snd_pcm_ioplug_set_param_minmax(
            io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 16 * (unsigned int)rig->frame_bytes, 1 << 18);
    if (code >= 0)
        code = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 64);
    return code;
}

SND_PCM_PLUGIN_DEFINE_FUNC(digitdrig)
{
    const char *file = "", *script = "", *gate = "", *panel = "", *format_name = "S16_LE";
    long rate = 8000, channels = 1, loop = 0;
    double speed = 1;
    snd_config_iterator_t position, following;
    (void)root;
    if (stream != SND_PCM_STREAM_CAPTURE)
        return -ENODEV;
    snd_config_for_each(position, following, conf)
    {
        snd_config_t *entry = snd_config_iterator_entry(position);
        const char *id;
        if (snd_config_get_id(entry, &id) < 0)
            continue;
        if (strcmp(id, "comment") == 0 || strcmp(id, "type") == 0 || strcmp(id, "hint") == 0)
            continue;
        int code = -EINVAL;
        if (strcmp(id, "file") == 0)
            code = snd_config_get_string(entry, &file);
        else if (strcmp(id, "script") == 0)
            code = snd_config_get_string(entry, &script);
        else if (strcmp(id, "gate") == 0)
            code = snd_config_get_string(entry, &gate);
        else if (strcmp(id, "panel") == 0)
            code = snd_config_get_string(entry, &panel);
        else if (strcmp(id, "format") == 0)
            code = snd_config_get_string(entry, &format_name);
        else if (strcmp(id, "rate") == 0)
            code = snd_config_get_integer(entry, &rate);
        else if (strcmp(id, "channels") == 0)
            code = snd_config_get_integer(entry, &channels);
        else if (strcmp(id, "loop") == 0)
            code = snd_config_get_integer(entry, &loop);
        else if (strcmp(id, "speed") == 0)
            code = snd_config_get_ireal(entry, &speed);
        if (code < 0) {
            SNDERR("digitdrig: the field %s is not known or not of its type", id);
            return -EINVAL;
        }
    }
    int code = check_gate(gate);
    if (code < 0)
        return code;
    snd_pcm_format_t format = snd_pcm_format_value(format_name);
    if (format == SND_PCM_FORMAT_UNKNOWN) {
        SNDERR("digitdrig: the format %s is not known", format_name);
        return -EINVAL;
    }
    struct rig *rig = calloc(1, sizeof *rig);
    if (!rig)
        return -ENOMEM;
    rig->file = -1;
    rig->speed = speed;
    rig->loop = loop != 0;
    rig->frame_bytes = channels * snd_pcm_format_physical_width(format) / 8;
    snprintf(rig->gate, sizeof rig->gate, "%s", gate);
    code = read_script(rig, script);
    if (code >= 0 && *file) {
        rig->file = open(file, O_RDONLY | O_CLOEXEC);
        code = rig->file < 0 ? -errno : 0;
        rig->file_frames = code < 0 ? 0 : lseek(rig->file, 0, SEEK_END) / rig->frame_bytes;
    }
    if (code >= 0)
        code = open_panel(rig, panel);
    rig->memory = recall(file, script, gate);
    rig->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    rig->io.version = SND_PCM_IOPLUG_VERSION;
    rig->io.name = "microphone for tests";
    rig->io.poll_fd = rig->timer;
    rig->io.poll_events = POLLIN;
    rig->io.callback = &callbacks;
    rig->io.private_data = rig;
    if (code >= 0)
        code = snd_pcm_ioplug_create(&rig->io, name, stream, mode);
    if (code < 0) {
        close(rig->timer);
        if (rig->file >= 0)
            close(rig->file);
        if (rig->panel)
            munmap(rig->panel, rig->panel_bytes);
        free(rig);
        return code;
    }
    code = set_constraints(rig, (unsigned int)rate, (unsigned int)channels, format);
    if (code < 0) {
        snd_pcm_ioplug_delete(&rig->io);
        return code;
    }
    *pcmp = rig->io.pcm;
    return 0;
}

SND_PCM_PLUGIN_SYMBOL(digitdrig);
