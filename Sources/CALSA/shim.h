#pragma once
#include <alsa/asoundlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <pthread.h>
// Swift's Glibc module leaves eventfd out, and pthread_setname_np for want of _GNU_SOURCE.
#include <sys/eventfd.h>
int pthread_setname_np(pthread_t thread, const char *name);

/// Takes one line of libasound's: where it was said, and what.
typedef void (*calsa_message_handler)(const char *function, const char *text);

// One definition for the program, however many of its files include this.
__attribute__((weak)) calsa_message_handler calsa_current_message_handler = NULL;

/// A `snd_lib_error_handler_t`; variadic, so it can't be written in Swift.
__attribute__((weak, format(printf, 5, 6))) void calsa_print_message(
    const char *file, int line, const char *function, int code, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (code != 0 && length >= 0 && (size_t)length < sizeof text)
        snprintf(text + length, sizeof text - (size_t)length, ": %s", snd_strerror(code));
    (void)file;
    (void)line;
    calsa_message_handler handler = calsa_current_message_handler;
    if (handler)
        handler(function ? function : "", text);
}

/// Sends all that libasound would print on standard error to `handler`; NULL silences it.
static inline void calsa_redirect_messages(calsa_message_handler handler)
{
    calsa_current_message_handler = handler;
    snd_lib_error_set_handler(calsa_print_message);
}
