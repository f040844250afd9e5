/* SPDX-License-Identifier: MIT */
#include "exit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void complain(const char *format, va_list arguments) {
    fflush(stdout);
    fputs("selfattn: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void usage_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    fputs("Try --help.\n", stderr);
    exit(2);
}

void failure(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    exit(1);
}

void check(sa_status status, const sa_ctx *ctx) {
    if (status != SA_OK) failure("%s", sa_ctx_last_error(ctx));
}

void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory) failure("no memory for %zu elements of %zu bytes", count, size);
    return memory;
}

void *reallocate(void *memory, size_t count, size_t size) {
    void *more = realloc(memory, (count ? count : 1) * size);
    if (!more) failure("no memory for %zu elements of %zu bytes", count, size);
    return more;
}
